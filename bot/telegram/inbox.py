"""The durable inbox for long polling: stored before Telegram may forget it.

python-telegram-bot acknowledges updates with its next getUpdates, before they are
handled. Here a batch is stored inside getUpdates itself, in one transaction; when
that fails, python-telegram-bot sees a network error, waits, and asks for the same
updates again.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from telegram import Update
from telegram.error import NetworkError, TelegramError
from telegram.ext import ExtBot

from bot.conversation.drain import Conversation
from bot.conversation.inbound import Inbound
from bot.skills.reply import Reply
from bot.telegram.inbound import read_update

logger = logging.getLogger(__name__)

EMERGENCIES_REMEMBERED = 10_000
SendReply = Callable[[int, Reply], Coroutine[Any, Any, int | None]]


class StoringBot(ExtBot[None]):
    """A bot whose updates are stored before they are acknowledged."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._conversation: Conversation | None = None
        self._send_reply: SendReply | None = None
        self._answered_emergencies: OrderedDict[int, None] = OrderedDict()

    def attach(self, conversation: Conversation, send_reply: SendReply) -> None:
        """Say where updates are stored, and how to send without a database.

        Args:
            conversation: stores and handles updates.
            send_reply: sends one reply to a chat, past the outbox.
        """
        self._conversation, self._send_reply = conversation, send_reply

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
        except (SQLAlchemyError, OSError) as error:
            logger.error("updates could not be stored (%s)", type(error).__name__)
            await self._answer_emergencies(read)
            raise NetworkError("the inbox is not available") from None
        return updates

    async def _answer_emergencies(self, read: Sequence[tuple[int, int, Inbound]]) -> None:
        """Explicit danger and /hulp get the help lines even without a database."""
        conversation, send_reply = self._conversation, self._send_reply
        if conversation is None or send_reply is None:
            return
        for update_id, chat_id, inbound in read:
            crisis = conversation.danger(inbound)
            needed = crisis or inbound.asks_for_lines
            if update_id in self._answered_emergencies or not needed:
                continue
            self._answered_emergencies[update_id] = None
            if len(self._answered_emergencies) > EMERGENCIES_REMEMBERED:
                self._answered_emergencies.popitem(last=False)
            try:
                kind = str(crisis.kind) if crisis else None
                await send_reply(chat_id, conversation.emergency(kind))
            except TelegramError as error:
                logger.error("an emergency reply was not sent (%s)", type(error).__name__)
