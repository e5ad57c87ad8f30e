"""Agreements that somebody keeps track of, and how they went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.encryption import Cipher
from bot.db.models import AgreementEvent, AgreementRow

MADE, KEPT, MISSED, CHANGED, ENDED = "made", "kept", "missed", "changed", "ended"
EVENTS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class KeptAgreement:
    """An agreement of a chat; `words` are what was agreed, by part."""

    id: int
    words: dict[str, str]
    review_on: date | None
    ended: bool


class Agreements:
    """The agreements of chats; their words are encrypted."""

    def __init__(self, session: AsyncSession, cipher: Cipher) -> None:
        self._session, self._cipher = session, cipher

    async def get(self, chat_id: int, row_id: int) -> KeptAgreement | None:
        """One agreement of a chat; None when it is not there, or another chat's."""
        return await self._one(chat_id, AgreementRow.id == row_id)

    async def worked_out_in(self, chat_id: int, exercise_row: int) -> KeptAgreement | None:
        """The agreement that an exercise is about."""
        return await self._one(chat_id, AgreementRow.exercise_row == exercise_row)

    async def _one(self, chat_id: int, which: Any) -> KeptAgreement | None:
        row = await self._session.scalar(
            select(AgreementRow).where(which, AgreementRow.chat_id == chat_id)
        )
        return self._opened(row) if row else None

    async def listed(self, chat_id: int, offset: int, limit: int) -> list[KeptAgreement]:
        """Agreements of a chat: those that hold first, then the newest.

        Args:
            chat_id: the chat.
            offset: how many to leave out.
            limit: the most to return.
        """
        rows = await self._session.scalars(
            select(AgreementRow)
            .where(AgreementRow.chat_id == chat_id)
            .order_by(AgreementRow.ended_at.is_not(None), AgreementRow.id.desc())
            .offset(offset)
            .limit(limit)
        )
        return [self._opened(row) for row in rows]

    async def add(
        self, chat_id: int, exercise_row: int, words: dict[str, str], review_on: date, now: datetime
    ) -> int:
        """Keep track of an agreement.

        Args:
            chat_id: the chat.
            exercise_row: the exercise in which it was worked out.
            words: what was agreed, by part.
            review_on: the day to look back on it.
            now: the moment of the turn.

        Returns:
            The id of its row.
        """
        row = AgreementRow(
            chat_id=chat_id,
            exercise_row=exercise_row,
            sealed=self._cipher.seal(words),
            review_on=review_on,
            made_at=now,
            ended_at=None,
        )
        self._session.add(row)
        await self._session.flush()
        await self.happened(chat_id, row.id, MADE, now)
        return row.id

    async def rework(self, chat_id: int, row_id: int, exercise_row: int) -> None:
        """From now on it is worked out in another exercise."""
        await self._change(chat_id, row_id, exercise_row=exercise_row)

    async def change(
        self, chat_id: int, row_id: int, words: dict[str, str], review_on: date, now: datetime
    ) -> None:
        """Other words, and another day to look back."""
        sealed = self._cipher.seal(words)
        await self._change(chat_id, row_id, sealed=sealed, review_on=review_on)
        await self.happened(chat_id, row_id, CHANGED, now)

    async def end(self, chat_id: int, row_id: int, now: datetime) -> None:
        """It holds no longer; its history stays."""
        await self._change(chat_id, row_id, review_on=None, ended_at=now)
        await self.happened(chat_id, row_id, ENDED, now)

    async def _change(self, chat_id: int, row_id: int, **values: Any) -> None:
        await self._session.execute(
            update(AgreementRow)
            .where(AgreementRow.id == row_id, AgreementRow.chat_id == chat_id)
            .values(**values)
        )

    async def happened(self, chat_id: int, row_id: int, kind: str, now: datetime) -> None:
        """Add to the history of an agreement."""
        self._session.add(
            AgreementEvent(agreement_id=row_id, chat_id=chat_id, kind=kind, happened_at=now)
        )
        await self._session.flush()

    async def history(self, chat_id: int, row_id: int) -> list[tuple[datetime, str]]:
        """What happened last, oldest first."""
        rows = await self._session.execute(
            select(AgreementEvent.happened_at, AgreementEvent.kind)
            .where(AgreementEvent.agreement_id == row_id, AgreementEvent.chat_id == chat_id)
            .order_by(AgreementEvent.id.desc())
            .limit(EVENTS_SHOWN)
        )
        return [(moment, kind) for moment, kind in reversed(rows.all())]

    async def kept_since(self, chat_id: int, since: datetime) -> list[datetime]:
        """When a chat's agreements went as agreed, from a moment on, in order."""
        moments = await self._session.scalars(
            select(AgreementEvent.happened_at)
            .where(
                AgreementEvent.chat_id == chat_id,
                AgreementEvent.kind == KEPT,
                AgreementEvent.happened_at >= since,
            )
            .order_by(AgreementEvent.id)
        )
        return list(moments)

    async def erase(self, chat_id: int, row_id: int) -> None:
        """Erase an agreement with its history."""
        for table, which in (
            (AgreementEvent, AgreementEvent.agreement_id),
            (AgreementRow, AgreementRow.id),
        ):
            await self._session.execute(
                delete(table).where(which == row_id, table.chat_id == chat_id)
            )

    def _opened(self, row: AgreementRow) -> KeptAgreement:
        words = self._cipher.open(row.sealed)
        return KeptAgreement(row.id, words, row.review_on, row.ended_at is not None)
