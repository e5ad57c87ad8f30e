"""When something is sent unasked, and whose turn it is now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import bindparam, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.models import CheckinEntry, SafetyHold, ScheduleRow, User

CHECKIN, SUMMARY, TIP = "checkin", "summary", "tip"
# Who checked in so shortly before needs no nudge.
FRESH = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Due:
    """A schedule whose moment has come, with what decides whether it may be sent."""

    id: int
    chat_id: int
    kind: str
    about: str
    local_time: str
    days: str
    zone: str
    next_at: datetime
    paused_from: date | None
    paused_until: date | None
    unanswered: int
    consented: bool
    reachable: bool
    held: bool
    fresh: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """What becomes of a due schedule: its next moment, and how often nobody answered."""

    id: int
    was: datetime
    next_at: datetime | None
    unanswered: int
    nudged_at: datetime | None
    enabled: bool = True


class Schedules:
    """When something is sent unasked."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, chat_id: int, kind: str, about: str = "") -> ScheduleRow | None:
        """A chat's schedule of a kind."""
        row: ScheduleRow | None = await self._session.scalar(
            select(ScheduleRow).where(
                ScheduleRow.chat_id == chat_id,
                ScheduleRow.kind == kind,
                ScheduleRow.about == about,
            )
        )
        return row

    async def of_chat(self, chat_id: int) -> list[ScheduleRow]:
        """All schedules of a chat."""
        query = select(ScheduleRow).where(ScheduleRow.chat_id == chat_id).order_by(ScheduleRow.id)
        return list((await self._session.scalars(query)).all())

    async def add(
        self,
        chat_id: int,
        kind: str,
        about: str,
        time: str,
        days: Sequence[str],
        zone: str,
    ) -> ScheduleRow:
        """A new schedule; it is off until it has a next moment."""
        row = ScheduleRow(
            chat_id=chat_id, kind=kind, about=about, local_time=time, days=",".join(days),
            zone=zone, next_at=None, paused_from=None, paused_until=None, enabled=False,
            unanswered=0, nudged_at=None,
        )  # fmt: skip
        self._session.add(row)
        await self._session.flush()
        return row

    async def remove(self, chat_id: int, kind: str, about: str = "") -> None:
        """Forget a schedule."""
        await self._session.execute(
            delete(ScheduleRow).where(
                ScheduleRow.chat_id == chat_id,
                ScheduleRow.kind == kind,
                ScheduleRow.about == about,
            )
        )

    async def due(self, now: datetime, limit: int) -> list[Due]:
        """Schedules whose moment has come, the longest due first; locked until the commit.

        On PostgreSQL another process skips what is locked here; SQLite has one writer at a time.

        Args:
            now: the moment.
            limit: the most rows to return.
        """
        held = exists().where(SafetyHold.chat_id == ScheduleRow.chat_id)
        fresh = exists().where(
            CheckinEntry.chat_id == ScheduleRow.chat_id,
            CheckinEntry.score.is_not(None),
            CheckinEntry.started_at > now - FRESH,
        )
        query = (
            select(
                ScheduleRow.id, ScheduleRow.chat_id, ScheduleRow.kind, ScheduleRow.about,
                ScheduleRow.local_time, ScheduleRow.days, ScheduleRow.zone, ScheduleRow.next_at,
                ScheduleRow.paused_from, ScheduleRow.paused_until, ScheduleRow.unanswered,
                User.consented_at.is_not(None), User.unreachable_at.is_(None), held, fresh,
            )
            .join(User, User.chat_id == ScheduleRow.chat_id)
            .where(ScheduleRow.enabled, ScheduleRow.next_at <= now)
            .order_by(ScheduleRow.next_at, ScheduleRow.id)
            .limit(limit)
            .with_for_update(of=ScheduleRow, skip_locked=True)
        )  # fmt: skip
        return [Due(*row) for row in (await self._session.execute(query)).tuples()]

    async def claim(self, claims: Sequence[Claim]) -> None:
        """Move schedules to their next moment, each only when nobody else did.

        The caller holds the locks of `due`; the condition on the old moment is there all the same.
        """
        if not claims:
            return
        table = ScheduleRow.__table__
        statement = (
            update(ScheduleRow.__table__)  # type: ignore[arg-type]
            .where(table.c.id == bindparam("row"), table.c.next_at == bindparam("was"))
            .values(
                next_at=bindparam("next"),
                unanswered=bindparam("missed"),
                nudged_at=func.coalesce(bindparam("nudged", type_=table.c.nudged_at.type),
                                        table.c.nudged_at),
                enabled=bindparam("on"),
            )
        )  # fmt: skip
        connection = await self._session.connection()
        await connection.execute(
            statement,
            [
                {
                    "row": claim.id,
                    "was": claim.was,
                    "next": claim.next_at,
                    "missed": claim.unanswered,
                    "nudged": claim.nudged_at,
                    "on": claim.enabled,
                }
                for claim in claims
            ],
        )

    async def next_due(self) -> datetime | None:
        """The next moment of all, None when nothing is planned."""
        moment: datetime | None = await self._session.scalar(
            select(func.min(ScheduleRow.next_at)).where(ScheduleRow.enabled)
        )
        return moment
