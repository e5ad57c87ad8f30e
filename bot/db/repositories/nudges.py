"""Nudges in the outbox: queued in bulk, marked before they go."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, func, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.encryption import Cipher
from bot.db.models import OutboxItem, SafetyHold
from bot.db.repositories.outbox import NUDGE
from bot.db.repositories.statements import insert


@dataclass(frozen=True, slots=True)
class Nudge:
    """Something to send unasked: for whom, of which schedule, and the moment it was due."""

    chat_id: int
    schedule_id: int
    due_at: datetime
    payload: Any


class NudgeQueue:
    """The nudges of the outbox; what was sent or failed is marked there like any reply."""

    def __init__(self, session: AsyncSession, cipher: Cipher) -> None:
        self._session, self._cipher = session, cipher

    async def add(self, nudges: Sequence[Nudge], now: datetime) -> None:
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

    async def waiting(self, at_most: int) -> int:
        """How many nudges wait to be sent; counting ends at a number."""
        some = (
            select(OutboxItem.id)
            .where(OutboxItem.status == "new", OutboxItem.kind == NUDGE)
            .limit(at_most)
        )
        query = select(func.count()).select_from(some.subquery())
        return int(await self._session.scalar(query) or 0)

    async def begin(self, item_ids: Collection[int], not_older_than: datetime) -> set[int]:
        """Mark nudges as being sent, before they are: better lost than twice.

        Args:
            item_ids: the rows.
            not_older_than: a nudge that was queued before this is not sent any more.

        Returns:
            Those that may be sent; the others are another's, too old, or of a chat on hold.
        """
        held = exists().where(SafetyHold.chat_id == OutboxItem.chat_id)
        waiting = update(OutboxItem).where(
            OutboxItem.id.in_(item_ids), OutboxItem.status == "new", OutboxItem.kind == NUDGE
        )
        found = await self._session.scalars(
            waiting.where(~held, OutboxItem.created_at >= not_older_than)
            .values(status="sending")
            .returning(OutboxItem.id)
        )
        begun = set(found)
        if len(begun) < len(item_ids):
            await self._session.execute(
                waiting.values(status="failed", sealed=None, error="withheld")
            )
        return begun

    async def put_back(self, item_id: int, error: str, not_before: datetime) -> None:
        """Telegram refused a nudge for now, so it was not sent: it may be tried again."""
        await self._session.execute(
            update(OutboxItem)
            .where(OutboxItem.id == item_id, OutboxItem.status == "sending")
            .values(
                status="new",
                attempts=OutboxItem.attempts + 1,
                error=error,
                not_before=not_before,
            )
        )
