"""All handlers of python-telegram-bot, in one place.

What an update means was settled and stored before any handler runs (inbox.py):
handlers only answer the press of a button and wake the chat.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import Any

from telegram import Update
from telegram.constants import ChatAction, ChatType
from telegram.error import TelegramError
from telegram.ext import Application, CallbackQueryHandler, ContextTypes, TypeHandler

from bot.conversation.drain import Conversation

logger = logging.getLogger(__name__)

# Telegram shows the sign of typing for five seconds.
TYPING_SHOWN = 4.0
# In a flood of presses the spinners of the others stop by themselves.
PRESSES_AT_ONCE = 5

AnyApplication = Application[Any, Any, Any, Any, Any, Any]


def register(application: AnyApplication, conversation: Conversation) -> None:
    """Register every handler.

    Args:
        application: python-telegram-bot's application.
        conversation: where the stored updates are handled.
    """
    typing: set[int] = set()
    pressing: Counter[int] = Counter()

    async def answer_press(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        # Telegram shows a spinner on the button until it is answered.
        query = update.callback_query
        if query is None or pressing[query.from_user.id] >= PRESSES_AT_ONCE:
            return
        pressing[query.from_user.id] += 1
        try:
            await query.answer()
        except TelegramError as error:
            logger.warning("a press was not answered (%s)", type(error).__name__)
        finally:
            pressing[query.from_user.id] -= 1
            if not pressing[query.from_user.id]:
                del pressing[query.from_user.id]

    async def wake(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        chat = update.effective_chat
        if chat is None:
            return
        conversation.wake(chat.id)
        # In a group most of what is said gets no answer.
        spoken = update.message or update.callback_query
        if spoken and chat.type == ChatType.PRIVATE and chat.id not in typing:
            typing.add(chat.id)
            asyncio.get_running_loop().call_later(TYPING_SHOWN, typing.discard, chat.id)
            context.application.create_task(_show_typing(context, chat.id))

    # Groups run one after the other: first the message is on its way, then the spinner stops.
    application.add_handler(TypeHandler(Update, wake), group=0)
    application.add_handler(CallbackQueryHandler(answer_press, block=False), group=1)
    application.add_error_handler(_log_error)


async def _show_typing(context: ContextTypes.DEFAULT_TYPE, chat_id: int) -> None:
    try:
        await context.bot.send_chat_action(chat_id, ChatAction.TYPING)
    except TelegramError as error:
        logger.debug("no typing sign (%s)", type(error).__name__)


async def _log_error(update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
    # The type only: an error of Telegram may quote a message.
    logger.error("telegram: %s", type(context.error).__name__)
