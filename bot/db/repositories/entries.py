"""What people told in their check-ins."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.encryption import Cipher
from bot.db.models import CheckinEntry


class Entries:
    """The check-ins of a chat; the note is encrypted."""

    def __init__(self, session: AsyncSession, cipher: Cipher) -> None:
        self._session, self._cipher = session, cipher

    async def start(self, chat_id: int, day: date, now: datetime) -> CheckinEntry:
        """A new check-in, which asks for the score first."""
        entry = CheckinEntry(chat_id=chat_id, day=day, stage="score", started_at=now)
        self._session.add(entry)
        await self._session.flush()
        return entry

    async def get(self, chat_id: int, entry_id: int) -> CheckinEntry | None:
        """A check-in of this chat."""
        entry = await self._session.get(CheckinEntry, entry_id)
        return entry if entry is not None and entry.chat_id == chat_id else None

    async def latest(
        self, chat_id: int, limit: int, before: int | None = None
    ) -> list[CheckinEntry]:
        """The newest check-ins with a score, newest first.

        Args:
            chat_id: the chat.
            limit: the most to return.
            before: only those older than this check-in.
        """
        query = select(CheckinEntry).where(
            CheckinEntry.chat_id == chat_id, CheckinEntry.score.is_not(None)
        )
        if before is not None:
            query = query.where(CheckinEntry.id < before)
        query = query.order_by(CheckinEntry.id.desc()).limit(limit)
        return list((await self._session.scalars(query)).all())

    async def since(self, chat_id: int, day: date) -> list[CheckinEntry]:
        """Check-ins with a score from a day on, oldest first."""
        query = (
            select(CheckinEntry)
            .where(
                CheckinEntry.chat_id == chat_id,
                CheckinEntry.score.is_not(None),
                CheckinEntry.day >= day,
            )
            .order_by(CheckinEntry.id)
        )
        return list((await self._session.scalars(query)).all())

    def write_note(self, entry: CheckinEntry, note: str) -> None:
        """Keep what was told, encrypted."""
        entry.sealed = self._cipher.seal(note)

    def note(self, entry: CheckinEntry) -> str | None:
        """What was told."""
        return str(self._cipher.open(entry.sealed)) if entry.sealed else None

    async def drop_unscored(self, chat_id: int) -> None:
        """Forget check-ins that were started and never got a score."""
        await self._session.execute(
            delete(CheckinEntry).where(
                CheckinEntry.chat_id == chat_id, CheckinEntry.score.is_(None)
            )
        )

    async def remove(self, entry: CheckinEntry) -> None:
        """Erase a check-in."""
        await self._session.delete(entry)
        await self._session.flush()
