"""When something is sent unasked, and whose turn it is now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Exists, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.models import CheckinEntry, SafetyHold, ScheduleRow, User
from bot.db.repositories.statements import rows_changed

CHECKIN, SUMMARY = "checkin", "summary"
# What somebody wants to come back to once.
TIP, EXERCISE, AGREEMENT = "tip", "exercise", "agreement"
# Who checked in so shortly before needs no nudge; without a check-in in a week there is none to
# sum up.
FRESH, A_WEEK = timedelta(hours=6), timedelta(days=7)


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
    told: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """What becomes of a due schedule: its next moment, and how often nobody answered."""

    id: int
    was: datetime
    next_at: datetime | None
    unanswered: int
    nudged_at: datetime | None
    enabled: bool = True


class ClaimError(Exception):
    """A schedule that was locked here was moved by somebody else; nothing was done."""


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
        # First which, then what there is to know of each: what PostgreSQL is to find out about all
        # that is due, it looks up in all check-ins of everybody.
        first = (
            select(ScheduleRow.id)
            .where(ScheduleRow.enabled, ScheduleRow.next_at <= now)
            .order_by(ScheduleRow.next_at, ScheduleRow.id)
            .limit(limit)
            .with_for_update(of=ScheduleRow, skip_locked=True)
            .cte("first_due")
        )

        def checked_in(since: datetime) -> Exists:
            return exists().where(
                CheckinEntry.chat_id == ScheduleRow.chat_id,
                CheckinEntry.score.is_not(None),
                CheckinEntry.started_at > since,
            )

        query = (
            select(
                ScheduleRow.id, ScheduleRow.chat_id, ScheduleRow.kind, ScheduleRow.about,
                ScheduleRow.local_time, ScheduleRow.days, ScheduleRow.zone, ScheduleRow.next_at,
                ScheduleRow.paused_from, ScheduleRow.paused_until, ScheduleRow.unanswered,
                User.consented_at.is_not(None), User.unreachable_at.is_(None),
                SafetyHold.chat_id.is_not(None),
                checked_in(now - FRESH), checked_in(now - A_WEEK),
            )
            .join(first, first.c.id == ScheduleRow.id)
            .join(User, User.chat_id == ScheduleRow.chat_id)
            .outerjoin(SafetyHold, SafetyHold.chat_id == ScheduleRow.chat_id)
            .order_by(ScheduleRow.next_at, ScheduleRow.id)
        )  # fmt: skip
        return [Due(*row) for row in (await self._session.execute(query)).tuples()]

    async def claim(self, claims: Sequence[Claim]) -> None:
        """Move schedules to their next moment, each only when nobody else did.

        Those that move alike go in one statement: of a hundred thousand people who are due in the
        same minute, most do.

        Raises:
            ClaimError: somebody else moved one of them, in spite of the locks of `due`.
        """
        alike: dict[tuple[object, ...], list[Claim]] = {}
        for claim in claims:
            move = (claim.was, claim.next_at, claim.unanswered, claim.nudged_at, claim.enabled)
            alike.setdefault(move, []).append(claim)
        for same in alike.values():
            one = same[0]
            changed = await rows_changed(
                self._session,
                update(ScheduleRow)
                .where(
                    ScheduleRow.id.in_([claim.id for claim in same]),
                    ScheduleRow.next_at == one.was,
                )
                .values(
                    next_at=one.next_at,
                    unanswered=one.unanswered,
                    nudged_at=one.nudged_at or ScheduleRow.nudged_at,
                    enabled=one.enabled,
                )
                .execution_options(synchronize_session=False),
            )
            if changed != len(same):
                raise ClaimError(f"{changed} of {len(same)}")

    async def next_due(self) -> datetime | None:
        """The next moment of all, None when nothing is planned."""
        moment: datetime | None = await self._session.scalar(
            select(func.min(ScheduleRow.next_at)).where(ScheduleRow.enabled)
        )
        return moment
