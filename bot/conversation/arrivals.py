"""What comes in is stored first; whoever only stores needs neither model nor skills."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.conversation.emergency import Emergency
from bot.conversation.inbound import Inbound
from bot.db.encryption import Cipher
from bot.db.repositories import Inbox, Incoming
from bot.db.session import writing

if TYPE_CHECKING:
    from bot.conversation.turn import Clock


class Arrivals:
    """The way in, whatever the channel.

    Args:
        engine: the database.
        cipher: encrypts what users wrote.
        emergency: answers danger when nothing can be stored.
        clock: tells the time.
    """

    def __init__(
        self, engine: AsyncEngine, cipher: Cipher, emergency: Emergency, clock: Clock
    ) -> None:
        self._engine, self._cipher, self._clock = engine, cipher, clock
        self.emergency = emergency

    async def store(self, batch: Sequence[tuple[int, int, Inbound]]) -> None:
        """Store what came in, all of it or nothing.

        Args:
            batch: (update id, chat id, what was done), in order.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database refused; nothing is stored.
        """
        async with writing(self._engine) as session:
            incoming = [
                Incoming(uid, chat, inbound.as_json(), inbound.message_id)
                for uid, chat, inbound in batch
            ]
            await Inbox(session, self._cipher).store(incoming, self._clock())
