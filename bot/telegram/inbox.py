"""The durable inbox for long polling: stored before Telegram may forget it.

python-telegram-bot acknowledges updates with its next getUpdates, before they are
handled. Here a batch is stored inside getUpdates itself, in one transaction; when
that fails, python-telegram-bot sees a network error, waits, and asks for the same
updates again.
"""

from __future__ import annotations

import logging
from typing import Any

from telegram import Update
from telegram.error import NetworkError
from telegram.ext import ExtBot

from bot.conversation.drain import Conversation
from bot.db.trouble import TROUBLE, reason
from bot.telegram.inbound import read_update

logger = logging.getLogger(__name__)


class StoringBot(ExtBot[None]):
    """A bot whose updates are stored before they are acknowledged."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._conversation: Conversation | None = None

    def attach(self, conversation: Conversation) -> None:
        """Say where updates are stored and handled."""
        self._conversation = conversation

    async def get_updates(self, *args: Any, **kwargs: Any) -> tuple[Update, ...]:
        """Fetch updates and store them.

        Raises:
            telegram.error.NetworkError: the database refused; nothing was acknowledged.
        """
        updates = await super().get_updates(*args, **kwargs)
        if self._conversation is None or not updates:
            return updates
        read = [(u.update_id, *found) for u in updates if (found := read_update(u))]
        try:
            await self._conversation.store(read)
        except TROUBLE as error:
            logger.error("updates could not be stored, the database fails: %s", reason(error))
            for update_id, chat_id, inbound in read:
                await self._conversation.emergency.answer(update_id, chat_id, inbound)
            raise NetworkError("the inbox is not available") from None
        return updates
