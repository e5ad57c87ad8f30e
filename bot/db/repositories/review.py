"""Lines that were not understood, for a person to say what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.encryption import Cipher, DecryptionError
from bot.db.models import ReviewLine, User

# What nobody read by then is forgotten.
REVIEW_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A line and the likeliest meanings; whose it is, is not told."""

    id: int
    text: str
    guesses: tuple[str, ...]


class Review:
    """Who agreed, and what was kept of them; the lines are encrypted."""

    def __init__(self, session: AsyncSession, cipher: Cipher) -> None:
        self._session, self._cipher = session, cipher

    async def agree(self, chat_id: int, since: datetime) -> None:
        """Remember that a person may read what is not understood from now on."""
        await self._session.execute(
            update(User).where(User.chat_id == chat_id).values(review_agreed_at=since)
        )

    async def refuse(self, chat_id: int) -> None:
        """Keep no line any more, and erase those that are there."""
        await self._session.execute(
            update(User).where(User.chat_id == chat_id).values(review_agreed_at=None)
        )
        await self._session.execute(delete(ReviewLine).where(ReviewLine.chat_id == chat_id))

    async def note(self, chat_id: int, text: str, guesses: Sequence[str], now: datetime) -> None:
        """Keep a line."""
        sealed = self._cipher.seal({"text": text, "guesses": list(guesses)})
        self._session.add(ReviewLine(chat_id=chat_id, sealed=sealed, noted_at=now))
        await self._session.flush()

    async def lines(self) -> list[Doubtful]:
        """All lines in the order of their words: those of one person do not stand together.

        What no key of today can read is left out.
        """
        found = []
        for row in (await self._session.scalars(select(ReviewLine))).all():
            try:
                kept = self._cipher.open(row.sealed)
            except DecryptionError:
                continue
            found.append(Doubtful(row.id, kept["text"], tuple(kept["guesses"])))
        return sorted(found, key=lambda line: line.text.casefold())

    async def forget(self, lines: Sequence[Doubtful]) -> None:
        """Erase lines that were read."""
        ids = [line.id for line in lines]
        await self._session.execute(delete(ReviewLine).where(ReviewLine.id.in_(ids)))

    async def sweep(self, now: datetime) -> None:
        """Forget what nobody read in time."""
        await self._session.execute(
            delete(ReviewLine).where(ReviewLine.noted_at < now - REVIEW_KEPT)
        )
