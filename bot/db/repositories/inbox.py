"""What came in and is not handled yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.encryption import Cipher
from bot.db.models import InboxItem
from bot.db.repositories.statements import as_text, rows_changed

# Telegram keeps undelivered updates for a day; after two no double can come.
IDS_KEPT = timedelta(days=2)
# What could not be handled stays readable for a fortnight, so that its cause can be mended.
PARKED_KEPT = timedelta(days=14)

# Built once: building a statement takes longer than running it.
_STORE = as_text(
    sqlite.insert(InboxItem).on_conflict_do_nothing(index_elements=["update_id"]),
    ["update_id", "chat_id", "sealed", "status", "attempts", "not_before", "received_at",
     "message_id"],
)  # fmt: skip
_HANDLED = (
    update(InboxItem)
    .where(InboxItem.id.in_(bindparam("ids", expanding=True)), InboxItem.status == "new")
    .values(status="handled", sealed=None, error=None)
    .execution_options(synchronize_session=False)
)
_WAITING = (
    select(InboxItem)
    .where(InboxItem.chat_id == bindparam("chat_id"), InboxItem.status == "new")
    .order_by(InboxItem.id)
    .limit(bindparam("most"))
)
# More of a chat is not read at once: a flood of one may not hold up the others.
MOST_WAITING = 200


@dataclass(frozen=True, slots=True)
class Incoming:
    """One update to store: its id, its chat, its content as a JSON value, its message's id."""

    update_id: int
    chat_id: int
    payload: Any
    message_id: int | None = None


class Inbox:
    """What came in and is not handled yet."""

    def __init__(self, session: AsyncSession, cipher: Cipher) -> None:
        self._session, self._cipher = session, cipher

    async def store(self, batch: Sequence[Incoming], now: datetime) -> None:
        """Store updates; one that is there already stays as it is."""
        if not batch:
            return
        await self._session.execute(
            _STORE,
            [
                {
                    "update_id": item.update_id,
                    "chat_id": item.chat_id,
                    "sealed": self._cipher.seal(item.payload),
                    "status": "new",
                    "attempts": 0,
                    "not_before": now,
                    "received_at": now,
                    "message_id": item.message_id,
                }
                for item in batch
            ],
        )

    async def open_chats(
        self, before: datetime | None = None, at_most: int | None = None
    ) -> list[int]:
        """Chats with something to handle, the longest waiting first.

        Args:
            before: only what was received before this.
            at_most: the most chats; None for all.
        """
        query = (
            select(InboxItem.chat_id)
            .where(InboxItem.status == "new")
            .group_by(InboxItem.chat_id)
            .order_by(func.min(InboxItem.id))
            .limit(at_most)
        )
        if before is not None:
            query = query.where(InboxItem.received_at <= before)
        return list((await self._session.scalars(query)).all())

    async def waiting(self, chat_id: int) -> list[InboxItem]:
        """The first of a chat's unhandled updates, MOST_WAITING at most, in order of arrival."""
        values = {"chat_id": chat_id, "most": MOST_WAITING}
        return list((await self._session.scalars(_WAITING, values)).all())

    def payload(self, item: InboxItem) -> Any:
        """What an update says."""
        return self._cipher.open(item.sealed or b"")

    async def mark_handled(self, ids: Sequence[int]) -> bool:
        """Claim updates as handled and forget what they said.

        Returns:
            False when any of them was handled before: then nothing may be done.
        """
        changed = await rows_changed(
            self._session,
            _HANDLED,
            {"ids": ids},
        )
        return changed == len(ids)

    async def mark_failed(
        self, ids: Sequence[int], error: str, not_before: datetime, park: bool
    ) -> None:
        """Keep updates for another try, or park them with their error."""
        await self._session.execute(
            update(InboxItem)
            .where(InboxItem.id.in_(ids), InboxItem.status == "new")
            .values(
                status="parked" if park else "new",
                attempts=InboxItem.attempts + 1,
                error=error,
                not_before=not_before,
            )
        )

    async def sweep(self, now: datetime) -> None:
        """Forget the ids of what was handled, and what was parked, when they are old enough."""
        for status, kept in (("handled", IDS_KEPT), ("parked", PARKED_KEPT)):
            await self._session.execute(
                delete(InboxItem).where(
                    InboxItem.received_at < now - kept, InboxItem.status == status
                )
            )
