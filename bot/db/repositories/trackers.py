"""Rasa's trackers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.encryption import Cipher
from bot.db.models import TrackerRow
from bot.db.repositories.statements import insert, rows_changed

# Run in each turn, built once: building a statement takes longer than running it.
_LOAD = select(TrackerRow.version, TrackerRow.sealed).where(TrackerRow.chat_id == bindparam("chat"))
_SAVE = (
    update(TrackerRow)
    .where(TrackerRow.chat_id == bindparam("chat"), TrackerRow.version == bindparam("read"))
    .values(
        version=TrackerRow.version + 1, sealed=bindparam("content"), updated_at=bindparam("moment")
    )
    .execution_options(synchronize_session=False)
)


class Trackers:
    """Rasa's tracker, one encrypted row a chat."""

    def __init__(self, session: AsyncSession, cipher: Cipher) -> None:
        self._session, self._cipher = session, cipher

    async def load(self, chat_id: int) -> tuple[int, Any]:
        """Version and content; (0, None) for a chat without one."""
        row = (await self._session.execute(_LOAD, {"chat": chat_id})).one_or_none()
        return (row.version, self._cipher.open(row.sealed)) if row else (0, None)

    async def save(self, chat_id: int, version: int, content: Any, now: datetime) -> bool:
        """Write the tracker when nobody else did since it was read.

        Args:
            chat_id: the chat.
            version: the version that was read, 0 when there was none.
            content: the tracker as a JSON value.
            now: the moment of the turn.

        Returns:
            False when the version moved on meanwhile.
        """
        sealed = self._cipher.seal(content)
        if version == 0:
            statement = insert(self._session, TrackerRow).on_conflict_do_nothing(
                index_elements=["chat_id"]
            )
            values = {"chat_id": chat_id, "version": 1, "sealed": sealed, "updated_at": now}
            return await rows_changed(self._session, statement.values(values)) == 1
        values = {"chat": chat_id, "read": version, "content": sealed, "moment": now}
        return await rows_changed(self._session, _SAVE, values) == 1
