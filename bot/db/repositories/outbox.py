"""Replies on their way to the user."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, bindparam, delete, func, or_, select, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.encryption import Cipher
from bot.db.models import Moment, OutboxItem
from bot.db.repositories.inbox import IDS_KEPT
from bot.db.repositories.statements import as_text

REPLY, NUDGE = "reply", "nudge"
# A nudge that was on its way for so long was killed between sending and marking.
LOST_AFTER = timedelta(minutes=10)

# Asked in each turn, built once: building a statement takes longer than running it.
_WAITING = select(func.count()).where(
    OutboxItem.chat_id == bindparam("chat_id"),
    OutboxItem.status == "new",
    OutboxItem.kind == REPLY,
)
_ADD = as_text(
    sqlite.insert(OutboxItem).on_conflict_do_nothing(
        index_elements=["chat_id", "turn_id", "ordinal"]
    ),
    ["chat_id", "turn_id", "ordinal", "sealed", "status", "attempts", "not_before", "created_at"],
)
# The first waiting reply of each chat: the others wait for it.
_FIRST = (
    select(func.min(OutboxItem.id)).where(OutboxItem.status == "new").group_by(OutboxItem.chat_id)
)
_OF_OTHERS = OutboxItem.chat_id.not_in(bindparam("busy", expanding=True))
_DUE = (
    select(OutboxItem)
    .where(
        OutboxItem.id.in_(_FIRST),
        # What was never tried waits for nothing, also when the clock was set back.
        or_(OutboxItem.attempts == 0, OutboxItem.not_before <= bindparam("now", type_=Moment)),
        _OF_OTHERS,
    )
    # Who waits for an answer goes before who is only reminded.
    .order_by(OutboxItem.kind.desc(), OutboxItem.id)
    .limit(bindparam("most", type_=Integer))
)
_NEXT_MOMENT = select(func.min(OutboxItem.not_before)).where(OutboxItem.id.in_(_FIRST), _OF_OTHERS)


class Outbox:
    """Replies on their way to the user."""

    def __init__(self, session: AsyncSession, cipher: Cipher) -> None:
        self._session, self._cipher = session, cipher

    async def add(self, chat_id: int, turn_id: int, payloads: Sequence[Any], now: datetime) -> None:
        """Queue the replies of a turn, in their order; a second call for a turn adds nothing."""
        if not payloads:
            return
        await self._session.execute(
            _ADD,
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
        values = {"now": now, "most": limit, "busy": list(busy)}
        return list((await self._session.scalars(_DUE, values)).all())

    async def next_moment(self, busy: Iterable[int]) -> datetime | None:
        """When the next waiting reply may go, None when nothing waits.

        Args:
            busy: chats for which a send is under way.
        """
        moment: datetime | None = await self._session.scalar(_NEXT_MOMENT, {"busy": list(busy)})
        return moment

    async def mark_sent(self, item_id: int, message_id: int | None) -> None:
        """Keep only the ids of a reply that was sent."""
        await self.mark_all_sent({item_id: message_id})

    async def mark_all_sent(self, message_ids: Mapping[int, int | None]) -> None:
        """Keep only the ids of replies that were sent; one that was erased meanwhile is no error.

        Args:
            message_ids: Telegram's id of each row's message.
        """
        statement = (
            update(OutboxItem)
            .where(OutboxItem.id == bindparam("row"))
            .values(status="sent", sealed=None, error=None, message_id=bindparam("message"))
        )
        # Past the ORM, which would refuse all of them for one that is gone.
        connection = await self._session.connection()
        await connection.execute(
            statement, [{"row": row, "message": number} for row, number in message_ids.items()]
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

    async def waiting(self, chat_id: int) -> int:
        """How many replies to a chat were not sent yet."""
        count = await self._session.scalar(_WAITING, {"chat_id": chat_id})
        return count or 0

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

    async def depth(self) -> int:
        """How many messages wait to be sent, of all chats."""
        query = select(func.count()).where(OutboxItem.status == "new")
        return await self._session.scalar(query) or 0

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
