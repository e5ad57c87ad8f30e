"""Who has not been heard from for long, and what is erased then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, bindparam, delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.models import InboxItem, Moment, SafetyGate, SafetyHold, TrackerRow, User

# What a talk was about is forgotten so long after its last message.
TRACKER_KEPT = timedelta(days=30)
# Who is silent for so long is asked once whether to keep what there is ...
SILENT = timedelta(days=365)
# ... and has so long to answer.
TIME_TO_ANSWER = timedelta(days=30)
# Being seen is written down once a day, not with every message.
SEEN_EVERY = timedelta(days=1)

_HELD = exists().where(SafetyHold.chat_id == User.chat_id)
_UNREAD = exists().where(InboxItem.chat_id == User.chat_id, InboxItem.status == "new")
# Nothing is sent unasked without consent, during a hold, or to who cannot be reached.
_ASKABLE = and_(User.consented_at.is_not(None), User.unreachable_at.is_(None), ~_HELD)

# Run in each turn, built once: building a statement takes longer than running it.
_HEARD_FROM = (
    update(User)
    .where(
        User.chat_id == bindparam("chat"),
        or_(
            User.seen_at.is_(None),
            User.seen_at < bindparam("long_ago", type_=Moment),
            User.asked_to_stay_at.is_not(None),
        ),
    )
    .values(seen_at=bindparam("moment", type_=Moment), asked_to_stay_at=None)
    .execution_options(synchronize_session=False)
)


class Silences:
    """When chats were last heard from."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def heard_from(self, chat_id: int, now: datetime) -> None:
        """The user did something: whatever was asked, all stays."""
        values = {"chat": chat_id, "moment": now, "long_ago": now - SEEN_EVERY}
        await self._session.execute(_HEARD_FROM, values)

    async def ask(self, now: datetime, limit: int) -> Sequence[int]:
        """Mark chats that are silent for a year as asked; each is marked once, by one process.

        Args:
            now: the moment.
            limit: the most to mark.

        Returns:
            Whom to ask.
        """
        silent = (
            select(User.chat_id)
            .where(User.seen_at < now - SILENT, User.asked_to_stay_at.is_(None), _ASKABLE, ~_UNREAD)
            .order_by(User.seen_at)
            .limit(limit)
            .with_for_update(of=User, skip_locked=True)
        )
        chats = (await self._session.scalars(silent)).all()
        await self._session.execute(
            update(User)
            .where(User.chat_id.in_(chats))
            .values(asked_to_stay_at=now)
            .execution_options(synchronize_session=False)
        )
        return chats

    async def overdue(self, now: datetime, limit: int) -> Sequence[int]:
        """Chats to erase: asked and still silent, or silent as long and not to be asked."""
        query = select(User.chat_id).where(_overdue(now)).order_by(User.seen_at).limit(limit)
        return (await self._session.scalars(query)).all()

    async def still_overdue(self, chat_id: int, now: datetime) -> bool:
        """Whether a chat is to be erased, with its row locked until the commit."""
        found = await self._session.scalar(
            select(User.chat_id)
            .where(User.chat_id == chat_id, _overdue(now))
            .with_for_update(of=User)
        )
        return found is not None

    async def sweep(self, now: datetime) -> None:
        """Forget old talks, and what safety kept of chats that have no account."""
        await self._session.execute(
            delete(TrackerRow).where(TrackerRow.updated_at < now - TRACKER_KEPT)
        )
        long_ago = now - SILENT - TIME_TO_ANSWER
        for table, moment in ((SafetyHold, SafetyHold.seen_at), (SafetyGate, SafetyGate.since)):
            account = exists().where(User.chat_id == table.chat_id)
            await self._session.execute(delete(table).where(moment < long_ago, ~account))


def _overdue(now: datetime) -> ColumnElement[bool]:
    # Who was asked was silent for a year then: nobody is overdue who was seen since.
    answered_by = now - TIME_TO_ANSWER
    return and_(
        User.seen_at < answered_by - SILENT,
        or_(User.asked_to_stay_at < answered_by, ~_ASKABLE),
        ~_UNREAD,
    )
