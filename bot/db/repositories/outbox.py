"""Replies on their way to the user."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Select,
    bindparam,
    delete,
    exists,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.encryption import Cipher
from bot.db.models import (
    OutboxItem,
    SafetyHold,
)
from bot.db.repositories.inbox import IDS_KEPT
from bot.db.repositories.statements import insert, rows_changed

REPLY, NUDGE = "reply", "nudge"
# A nudge that was on its way for so long was killed between sending and marking.
LOST_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Nudge:
    """Something to send unasked: for whom, of which schedule, and the moment it was due."""

    chat_id: int
    schedule_id: int
    due_at: datetime
    payload: Any


class Outbox:
    """Replies on their way to the user."""

    def __init__(self, session: AsyncSession, cipher: Cipher) -> None:
        self._session, self._cipher = session, cipher

    async def add(self, chat_id: int, turn_id: int, payloads: Sequence[Any], now: datetime) -> None:
        """Queue the replies of a turn, in their order; a second call for a turn adds nothing."""
        if not payloads:
            return
        statement = insert(self._session, OutboxItem).on_conflict_do_nothing(
            index_elements=["chat_id", "turn_id", "ordinal"]
        )
        await self._session.execute(
            statement,
            [
                {
                    "chat_id": chat_id,
                    "turn_id": turn_id,
                    "ordinal": ordinal,
                    "sealed": self._cipher.seal(payload),
                    "status": "new",
                    "attempts": 0,
                    "not_before": now,
                    "created_at": now,
                }
                for ordinal, payload in enumerate(payloads)
            ],
        )

    async def due(self, now: datetime, limit: int, busy: Iterable[int]) -> list[OutboxItem]:
        """The first waiting reply of each chat that may be sent now.

        Args:
            now: the moment.
            limit: the most rows to return.
            busy: chats for which a send is under way.
        """
        query = (
            select(OutboxItem)
            .where(
                OutboxItem.id.in_(self._first()),
                OutboxItem.not_before <= now,
                OutboxItem.chat_id.not_in(list(busy)),
            )
            # Who waits for an answer goes before who is only reminded.
            .order_by(OutboxItem.kind.desc(), OutboxItem.id)
            .limit(limit)
        )
        return list((await self._session.scalars(query)).all())

    @staticmethod
    def _first() -> Select[tuple[int]]:
        """The first waiting reply of each chat: the others wait for it."""
        return (
            select(func.min(OutboxItem.id))
            .where(OutboxItem.status == "new")
            .group_by(OutboxItem.chat_id)
        )

    async def next_moment(self, busy: Iterable[int]) -> datetime | None:
        """When the next waiting reply may go, None when nothing waits.

        Args:
            busy: chats for which a send is under way.
        """
        query = select(func.min(OutboxItem.not_before)).where(
            OutboxItem.id.in_(self._first()), OutboxItem.chat_id.not_in(list(busy))
        )
        moment: datetime | None = await self._session.scalar(query)
        return moment

    async def mark_sent(self, item_id: int, message_id: int | None) -> None:
        """Keep only the ids of a reply that was sent."""
        await self._session.execute(
            update(OutboxItem)
            .where(OutboxItem.id == item_id)
            .values(status="sent", sealed=None, error=None, message_id=message_id)
        )

    async def mark_failed(self, item_id: int, error: str) -> None:
        """Give up on a reply that Telegram will never take."""
        await self._session.execute(
            update(OutboxItem)
            .where(OutboxItem.id == item_id)
            .values(status="failed", sealed=None, error=error)
        )

    async def retry(self, item_id: int, error: str, not_before: datetime) -> None:
        """Keep a reply for another try."""
        await self._session.execute(
            update(OutboxItem)
            .where(OutboxItem.id == item_id)
            .values(attempts=OutboxItem.attempts + 1, error=error, not_before=not_before)
        )

    async def drop_chat(self, chat_id: int, error: str) -> None:
        """Give up on all replies to a chat that cannot be reached."""
        await self._session.execute(
            update(OutboxItem)
            .where(OutboxItem.chat_id == chat_id, OutboxItem.status == "new")
            .values(status="failed", sealed=None, error=error)
        )

    async def replies(self, chat_id: int) -> list[tuple[int, Any]]:
        """Row id and content of a chat's waiting replies, in order (for the terminal)."""
        query = (
            select(OutboxItem)
            .where(OutboxItem.chat_id == chat_id, OutboxItem.status == "new")
            .order_by(OutboxItem.id)
        )
        return [
            (item.id, self._cipher.open(item.sealed or b""))
            for item in await self._session.scalars(query)
        ]

    async def add_nudges(self, nudges: Sequence[Nudge], now: datetime) -> None:
        """Queue nudges; one for a schedule and moment that had one adds nothing."""
        if not nudges:
            return
        # One wording goes to many: it is encrypted once.
        sealed = {id(nudge.payload): b"" for nudge in nudges}
        for nudge in nudges:
            sealed[id(nudge.payload)] = sealed[id(nudge.payload)] or self._cipher.seal(
                nudge.payload
            )

        # What is the same for all stands in the statement, not in every row's parameters.
        statement = (
            insert(self._session, OutboxItem.__table__)
            .values(
                chat_id=bindparam("chat_id"),
                turn_id=bindparam("turn_id"),
                ordinal=bindparam("ordinal"),
                sealed=bindparam("sealed"),
                kind=literal_column(f"'{NUDGE}'"),
                status=literal_column("'new'"),
                attempts=literal_column("0"),
                not_before=bindparam("now"),
                created_at=bindparam("now"),
            )
            .on_conflict_do_nothing(index_elements=["chat_id", "turn_id", "ordinal"])
        )
        # Past the ORM, which would look at each row.
        connection = await self._session.connection()
        await connection.execute(
            statement,
            [
                {
                    "chat_id": nudge.chat_id,
                    "turn_id": int(nudge.due_at.timestamp()),
                    "ordinal": -nudge.schedule_id,
                    "sealed": sealed[id(nudge.payload)],
                    "now": now,
                }
                for nudge in nudges
            ],
        )

    async def nudges_waiting(self, at_most: int) -> int:
        """How many nudges wait to be sent; counting ends at a number."""
        some = (
            select(OutboxItem.id)
            .where(OutboxItem.status == "new", OutboxItem.kind == NUDGE)
            .limit(at_most)
        )
        query = select(func.count()).select_from(some.subquery())
        return int(await self._session.scalar(query) or 0)

    async def begin_nudge(self, item_id: int, not_older_than: datetime) -> bool:
        """Mark a nudge as being sent, before it is: better lost than twice.

        Args:
            item_id: the row.
            not_older_than: a nudge that was queued before this is not sent any more.

        Returns:
            False when it may not be sent: another has it, it is too old, or the chat is on hold.
        """
        held = exists().where(SafetyHold.chat_id == OutboxItem.chat_id)
        statement = update(OutboxItem).where(
            OutboxItem.id == item_id, OutboxItem.status == "new", OutboxItem.kind == NUDGE
        )
        begun = await rows_changed(
            self._session,
            statement.where(~held, OutboxItem.created_at >= not_older_than).values(
                status="sending"
            ),
        )
        if not begun:
            await self._session.execute(
                statement.values(status="failed", sealed=None, error="withheld")
            )
        return begun == 1

    async def put_back(self, item_id: int, error: str, not_before: datetime) -> None:
        """Telegram refused a nudge for now, so it was not sent: it may be tried again."""
        await self._session.execute(
            update(OutboxItem)
            .where(OutboxItem.id == item_id, OutboxItem.status == "sending")
            .values(status="new", error=error, not_before=not_before)
        )

    async def sweep(self, now: datetime) -> None:
        """Forget replies that are done, and nudges that were lost on their way."""
        await self._session.execute(
            update(OutboxItem)
            .where(OutboxItem.status == "sending", OutboxItem.created_at < now - LOST_AFTER)
            .values(status="failed", sealed=None, error="lost")
        )
        await self._session.execute(
            delete(OutboxItem).where(
                OutboxItem.created_at < now - IDS_KEPT, OutboxItem.status.in_(["sent", "failed"])
            )
        )
