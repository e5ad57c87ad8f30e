"""Every row about a chat, whatever table it stands in."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.encryption import Cipher
from bot.db.models import Base

SEALED, OPENED = "sealed", "content"


class Everything:
    """What is kept about a chat, read from the tables themselves: a new one cannot be forgotten."""

    def __init__(self, session: AsyncSession, cipher: Cipher) -> None:
        self._session, self._cipher = session, cipher

    async def of_chat(self, chat_id: int) -> dict[str, list[dict[str, Any]]]:
        """The rows of a chat by table, in the order of their keys.

        Args:
            chat_id: the chat.

        Returns:
            Tables without a row are left out. What was sealed stands opened under "content".
        """
        found: dict[str, list[dict[str, Any]]] = {}
        for table in Base.metadata.sorted_tables:
            if "chat_id" not in table.c:
                continue
            query = select(table).where(table.c.chat_id == chat_id)
            rows = await self._session.execute(query.order_by(*table.primary_key.columns))
            if opened := [self._opened(dict(row)) for row in rows.mappings()]:
                found[table.name] = opened
        return found

    def _opened(self, row: dict[str, Any]) -> dict[str, Any]:
        row.pop("chat_id")
        if SEALED in row:
            sealed = row.pop(SEALED)
            row[OPENED] = self._cipher.open(sealed) if sealed else None
        return row
