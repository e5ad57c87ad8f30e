"""The tips that a user wants to find again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.models import SavedTip
from bot.db.repositories.statements import insert


class SavedTips:
    """Saved, listed and let go again, by the tip's id."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of_chat(self, chat_id: int) -> list[str]:
        """The ids of a chat's saved tips, the newest first."""
        query = (
            select(SavedTip.tip_id)
            .where(SavedTip.chat_id == chat_id)
            .order_by(SavedTip.saved_at.desc(), SavedTip.tip_id)
        )
        return list((await self._session.scalars(query)).all())

    async def save(self, chat_id: int, tip_id: str, now: datetime) -> None:
        """Save a tip; one that is saved already stays where it is."""
        statement = insert(self._session, SavedTip).on_conflict_do_nothing(
            index_elements=["chat_id", "tip_id"]
        )
        await self._session.execute(statement.values(chat_id=chat_id, tip_id=tip_id, saved_at=now))

    async def let_go(self, chat_id: int, tip_id: str) -> None:
        """Save a tip no longer."""
        await self._session.execute(
            delete(SavedTip).where(SavedTip.chat_id == chat_id, SavedTip.tip_id == tip_id)
        )
