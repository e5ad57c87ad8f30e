"""All handlers of python-telegram-bot, in one place.

What an update means was settled and stored before any handler runs (inbox.py): it wakes its
chat, and Telegram is shown that it arrived.
"""

from __future__ import annotations

import logging
from typing import Any

from telegram import Update
from telegram.ext import Application, ContextTypes, TypeHandler

from bot.conversation.drain import Conversation
from bot.telegram.presence import Presence

logger = logging.getLogger(__name__)

AnyApplication = Application[Any, Any, Any, Any, Any, Any]


def register(application: AnyApplication, conversation: Conversation) -> None:
    """Register every handler.

    Args:
        application: python-telegram-bot's application.
        conversation: where the stored updates are handled.
    """
    presence = Presence(application.bot)

    async def wake(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        if update.effective_chat:
            conversation.wake(update.effective_chat.id)
        presence.show(update)

    application.add_handler(TypeHandler(Update, wake))
    application.add_error_handler(_log_error)


async def _log_error(update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
    # The type only: an error of Telegram may quote a message.
    logger.error("telegram: %s", type(context.error).__name__)
