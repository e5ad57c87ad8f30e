"""The durable inbox: stored before Telegram may forget it, by polling and by webhook.

python-telegram-bot acknowledges updates with its next getUpdates, before they are
handled. Here a batch is stored inside getUpdates itself, in one transaction; when
that fails, python-telegram-bot sees a network error, waits, and asks for the same
updates again. A webhook (webhook.py) is answered only after the same storing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from telegram import Update
from telegram.error import NetworkError
from telegram.ext import ExtBot

from bot.conversation.arrivals import Arrivals
from bot.db.trouble import TROUBLE, reason
from bot.telegram.inbound import read_update

logger = logging.getLogger(__name__)

# What the bot wants to hear of.
ALLOWED_UPDATES = [
    Update.MESSAGE, Update.EDITED_MESSAGE, Update.CALLBACK_QUERY, Update.MY_CHAT_MEMBER,
]  # fmt: skip


class NotStoredError(Exception):
    """The database refused: Telegram has to send the same again."""


class Intake:
    """Stores what Telegram sends; danger gets help lines even when that fails.

    Args:
        arrivals: stores updates and sees danger.
    """

    def __init__(self, arrivals: Arrivals) -> None:
        self._arrivals = arrivals

    async def store(self, updates: Sequence[Update]) -> None:
        """Store updates, all of them or none; one that is there already stays as it is.

        Raises:
            NotStoredError: the database refused; nothing is stored.
        """
        read = [(u.update_id, *found) for u in updates if (found := read_update(u))]
        try:
            await self._arrivals.store(read)
        except TROUBLE as error:
            logger.error("updates could not be stored, the database fails: %s", reason(error))
            for update_id, chat_id, inbound in read:
                await self._arrivals.emergency.answer(update_id, chat_id, inbound)
            raise NotStoredError from None


class StoringBot(ExtBot[None]):
    """A bot whose updates are stored before they are acknowledged."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._intake: Intake | None = None

    def attach(self, intake: Intake) -> None:
        """Say where updates are stored."""
        self._intake = intake

    async def get_updates(self, *args: Any, **kwargs: Any) -> tuple[Update, ...]:
        """Fetch updates and store them.

        Raises:
            telegram.error.NetworkError: the database refused; nothing was acknowledged.
        """
        updates = await super().get_updates(*args, **kwargs)
        if self._intake is None or not updates:
            return updates
        try:
            await self._intake.store(updates)
        except NotStoredError:
            raise NetworkError("the inbox is not available") from None
        return updates
