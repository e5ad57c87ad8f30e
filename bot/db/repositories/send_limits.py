"""When the bot may send next, for all processes on one database together."""

from __future__ import annotations

from sqlalchemy import and_, case, literal
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.models import SendLimit
from bot.db.repositories.statements import insert

# No process reserves this far ahead, in microseconds: the clock was set back.
NEVER_AHEAD = 10_000_000


class SendLimits:
    """Reserves stretches of time, one after another.

    The generic cell rate algorithm (ATM Forum 1996, "Traffic Management Specification") in one
    row: it says until when all time is taken.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def reserve(self, name: str, now: int, length: int) -> int:
        """Take the next free stretch.

        Args:
            name: of what is limited.
            now: microseconds since 1970.
            length: of the stretch, in microseconds.

        Returns:
            When it begins, now or later, in microseconds since 1970.
        """
        free = SendLimit.free_at
        ahead = and_(free > now, free < now + NEVER_AHEAD)
        statement = (
            insert(self._session, SendLimit)
            .values(name=name, free_at=now + length)
            .on_conflict_do_update(
                index_elements=["name"],
                set_={"free_at": case((ahead, free), else_=literal(now)) + length},
            )
            .returning(free)
        )
        taken_until: int = (await self._session.execute(statement)).scalar_one()
        return taken_until - length
