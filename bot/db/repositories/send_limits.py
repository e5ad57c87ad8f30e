"""When the bot may send next, for all processes on one database together."""

from __future__ import annotations

from sqlalchemy import BigInteger, and_, bindparam, case
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.models import SendLimit
from bot.db.repositories.statements import as_text

# No process reserves this far ahead, in microseconds: the clock was set back.
NEVER_AHEAD = 10_000_000

_NOW, _LATEST, _LENGTH, _UNTIL = (
    bindparam(name, type_=BigInteger) for name in ("now", "latest", "length", "until")
)
_AHEAD = and_(SendLimit.free_at > _NOW, SendLimit.free_at < _LATEST)
_RESERVE = as_text(
    sqlite.insert(SendLimit)
    .values(name=bindparam("name"), free_at=_UNTIL)
    .on_conflict_do_update(
        index_elements=["name"],
        set_={"free_at": case((_AHEAD, SendLimit.free_at), else_=_NOW) + _LENGTH},
    )
    .returning(SendLimit.free_at)
)


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
        values = {
            "name": name, "now": now, "latest": now + NEVER_AHEAD, "length": length,
            "until": now + length,
        }  # fmt: skip
        taken_until: int = (await self._session.execute(_RESERVE, values)).scalar_one()
        return taken_until - length
