"""What comes in is stored first; whoever only stores needs neither model nor skills."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.conversation.emergency import Emergency
from bot.conversation.inbound import Inbound
from bot.db.encryption import Cipher
from bot.db.repositories import Inbox, Incoming
from bot.db.session import writing

if TYPE_CHECKING:
    from bot.conversation.turn import Clock

Tell = Callable[[Collection[int], Collection[int]], Awaitable[None]]


class Arrivals:
    """The way in, whatever the channel.

    Args:
        engine: the database.
        cipher: encrypts what users wrote.
        emergency: answers danger when nothing can be stored.
        clock: tells the time.
        tell: hears of the chats for which something was stored, and which of them are in danger
            or call for help; None when nobody else handles them.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        cipher: Cipher,
        emergency: Emergency,
        clock: Clock,
        tell: Tell | None = None,
    ) -> None:
        self._engine, self._cipher, self._clock = engine, cipher, clock
        self.emergency, self._tell = emergency, tell

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
        if self._tell and batch:
            urgent = {
                chat
                for _, chat, inbound in batch
                if inbound.asks_for_lines or self.emergency.danger(inbound)
            }
            await self._tell({chat for _, chat, _ in batch}, urgent)
