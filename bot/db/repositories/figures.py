"""What happened over all users: for counting, with the number of the chat so that people count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.encryption import Cipher
from bot.db.models import CheckinEntry, GivenTipRow, RoleplayResult


@dataclass(frozen=True, slots=True)
class TipGiven:
    """A tip that a chat was given for a concern (None without one), and what it said of it."""

    chat_id: int
    concern: str | None
    helped: bool | None


class Figures:
    """What happened over all users."""

    def __init__(self, session: AsyncSession, cipher: Cipher) -> None:
        self._session, self._cipher = session, cipher

    async def tips(self, since: datetime, until: datetime) -> list[TipGiven]:
        """The tips that were given from a moment up to another."""
        rows = await self._session.execute(
            select(GivenTipRow.chat_id, GivenTipRow.sealed, GivenTipRow.helped).where(
                GivenTipRow.given_at >= since, GivenTipRow.given_at < until
            )
        )
        return [
            TipGiven(chat, self._cipher.open(sealed)["concern"], helped)
            for chat, sealed, helped in rows
        ]

    async def checkins(self, first: date, last: date) -> list[tuple[int, date]]:
        """Chat and day of every check-in with a score, first and last day included."""
        rows = await self._session.execute(
            select(CheckinEntry.chat_id, CheckinEntry.day).where(
                CheckinEntry.day.between(first, last), CheckinEntry.score.is_not(None)
            )
        )
        return [(chat, day) for chat, day in rows]

    async def plays(self, since: datetime, until: datetime) -> list[tuple[int, str]]:
        """Chat and case of every role-play that was played to an end."""
        rows = await self._session.execute(
            select(RoleplayResult.chat_id, RoleplayResult.sealed).where(
                RoleplayResult.finished_at >= since, RoleplayResult.finished_at < until
            )
        )
        opened = [(chat, self._cipher.open(sealed)) for chat, sealed in rows]
        return [(chat, result["scenario"]) for chat, result in opened if result["ending"]]
