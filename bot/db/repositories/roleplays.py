"""Role-plays: the one under way, and how earlier ones ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.encryption import Cipher
from bot.db.models import RoleplayResult, RoleplayRow
from bot.db.repositories.statements import insert

OVER = "over"
# The user's own lines are kept to look back and to try again, and no longer.
LINES_KEPT = timedelta(days=30)
RESULTS_SHOWN = 20


class Roleplays:
    """The role-plays of chats; what the user said in them is encrypted."""

    def __init__(self, session: AsyncSession, cipher: Cipher) -> None:
        self._session, self._cipher = session, cipher

    async def load(self, chat_id: int) -> tuple[str, Any] | None:
        """Stage and play, None when there is none."""
        row = await self._session.get(RoleplayRow, chat_id)
        return (row.stage, self._cipher.open(row.sealed)) if row else None

    async def save(self, chat_id: int, stage: str, play: Any, now: datetime) -> None:
        """Write the role-play of a chat; what it was asked before does not count any more.

        Args:
            chat_id: the chat.
            stage: issue, playing, paused or over.
            play: the play as a JSON value.
            now: the moment of the turn.
        """
        values = {"stage": stage, "asked": False, "sealed": self._cipher.seal(play)}
        values["touched_at"] = now
        statement = insert(self._session, RoleplayRow).values(chat_id=chat_id, **values)
        await self._session.execute(
            statement.on_conflict_do_update(index_elements=["chat_id"], set_=values)
        )

    async def pause(self, chat_id: int, *, asked: bool = False) -> None:
        """Let it stand still where it is.

        Args:
            chat_id: the chat.
            asked: the user is being asked whether to go on.
        """
        await self._session.execute(
            update(RoleplayRow)
            .where(RoleplayRow.chat_id == chat_id, RoleplayRow.stage != OVER)
            .values(stage="paused", asked=asked)
        )

    async def drop(self, chat_id: int) -> None:
        """Forget the role-play of a chat."""
        await self._session.execute(delete(RoleplayRow).where(RoleplayRow.chat_id == chat_id))

    async def add_result(self, chat_id: int, result: Any, now: datetime) -> None:
        """Remember how one ended."""
        self._session.add(
            RoleplayResult(chat_id=chat_id, sealed=self._cipher.seal(result), finished_at=now)
        )
        await self._session.flush()

    async def results(self, chat_id: int) -> list[tuple[datetime, Any]]:
        """How the last ones ended, oldest first."""
        rows = await self._session.scalars(
            select(RoleplayResult)
            .where(RoleplayResult.chat_id == chat_id)
            .order_by(RoleplayResult.id.desc())
            .limit(RESULTS_SHOWN)
        )
        return [(row.finished_at, self._cipher.open(row.sealed)) for row in reversed(rows.all())]

    async def sweep(self, now: datetime) -> None:
        """Forget what users said in role-plays of long ago."""
        await self._session.execute(
            delete(RoleplayRow).where(RoleplayRow.touched_at < now - LINES_KEPT)
        )
