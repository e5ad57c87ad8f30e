"""Exercises: the one under way, those that stand still, and what came out of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.encryption import Cipher
from bot.db.models import ExerciseRow

OPEN, PAUSED, DONE = "open", "paused", "done"


@dataclass(frozen=True, slots=True)
class KeptExercise:
    """An exercise of a chat, with what was written in it as a JSON value."""

    id: int
    exercise_id: str
    state: str
    sitting: Any
    touched_at: datetime
    finished_at: datetime | None


class Exercises:
    """The exercises of chats; what users wrote in them is encrypted."""

    def __init__(self, session: AsyncSession, cipher: Cipher) -> None:
        self._session, self._cipher = session, cipher

    async def get(self, chat_id: int, row_id: int) -> KeptExercise | None:
        """One exercise of a chat; None when it is not there, or another chat's."""
        row = await self._session.scalar(
            select(ExerciseRow).where(ExerciseRow.id == row_id, ExerciseRow.chat_id == chat_id)
        )
        return self._opened(row) if row else None

    async def open(self, chat_id: int) -> KeptExercise | None:
        """The exercise that waits for an answer."""
        row = await self._session.scalar(
            select(ExerciseRow).where(ExerciseRow.chat_id == chat_id, ExerciseRow.state == OPEN)
        )
        return self._opened(row) if row else None

    async def unfinished(self, chat_id: int, exercise_id: str | None = None) -> KeptExercise | None:
        """The last exercise of a chat that was not finished.

        Args:
            chat_id: the chat.
            exercise_id: only this exercise.
        """
        query = select(ExerciseRow).where(
            ExerciseRow.chat_id == chat_id, ExerciseRow.finished_at.is_(None)
        )
        if exercise_id is not None:
            query = query.where(ExerciseRow.exercise_id == exercise_id)
        row = await self._session.scalar(query.order_by(ExerciseRow.touched_at.desc()).limit(1))
        return self._opened(row) if row else None

    async def listed(self, chat_id: int, offset: int, limit: int) -> list[KeptExercise]:
        """Exercises of a chat: those not finished first, then the newest.

        Args:
            chat_id: the chat.
            offset: how many to leave out.
            limit: the most to return.
        """
        rows = await self._session.scalars(
            select(ExerciseRow)
            .where(ExerciseRow.chat_id == chat_id)
            .order_by(case((ExerciseRow.finished_at.is_(None), 0), else_=1), ExerciseRow.id.desc())
            .offset(offset)
            .limit(limit)
        )
        return [self._opened(row) for row in rows]

    async def add(self, chat_id: int, exercise_id: str, sitting: Any, now: datetime) -> int:
        """Begin an exercise; it waits for an answer, and another one that did stands still.

        Returns:
            The id of its row.
        """
        await self.set_aside(chat_id)
        row = ExerciseRow(
            chat_id=chat_id,
            exercise_id=exercise_id,
            state=OPEN,
            sealed=self._cipher.seal(sitting),
            touched_at=now,
            finished_at=None,
        )
        self._session.add(row)
        await self._session.flush()
        return row.id

    async def save(
        self,
        chat_id: int,
        row_id: int,
        state: str,
        sitting: Any,
        now: datetime,
        finished_at: datetime | None = None,
    ) -> None:
        """Write where somebody is.

        Args:
            chat_id: the chat.
            row_id: the exercise's row.
            state: open, paused or done; when open, another one that was open stands still.
            sitting: what is to be stored, encrypted.
            now: the moment of the turn.
            finished_at: when it was finished first.
        """
        if state == OPEN:
            await self.set_aside(chat_id, but=row_id)
        await self._session.execute(
            update(ExerciseRow)
            .where(ExerciseRow.id == row_id, ExerciseRow.chat_id == chat_id)
            .values(
                state=state,
                sealed=self._cipher.seal(sitting),
                touched_at=now,
                finished_at=finished_at,
            )
        )

    async def set_aside(self, chat_id: int, but: int | None = None) -> None:
        """Let what waits for an answer stand still.

        Args:
            chat_id: the chat.
            but: a row to leave as it is.
        """
        await self._session.execute(
            update(ExerciseRow)
            .where(
                ExerciseRow.chat_id == chat_id,
                ExerciseRow.state == OPEN,
                ExerciseRow.id != (but or 0),
            )
            .values(state=case((ExerciseRow.finished_at.is_(None), PAUSED), else_=DONE))
        )

    async def erase(self, chat_id: int, row_id: int) -> None:
        """Erase one exercise with all that was written in it."""
        await self._session.execute(
            delete(ExerciseRow).where(ExerciseRow.id == row_id, ExerciseRow.chat_id == chat_id)
        )

    def _opened(self, row: ExerciseRow) -> KeptExercise:
        return KeptExercise(
            row.id,
            row.exercise_id,
            row.state,
            self._cipher.open(row.sealed),
            row.touched_at,
            row.finished_at,
        )
