"""What the sender writes down, many messages in one transaction."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, event, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.db.encryption import Cipher
from bot.db.models import OutboxItem
from bot.db.repositories import Nudge, NudgeQueue
from bot.db.session import make_engine, reading, writing
from bot.telegram.marks import Marks

NOW = datetime(2026, 11, 22, 20, 30, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=1)
COUNT = 50


async def queue(engine: AsyncEngine, cipher: Cipher) -> list[int]:
    """Nudges of so many chats; the ids of their rows."""
    async with writing(engine) as session:
        await NudgeQueue(session, cipher).add(
            [Nudge(chat, chat, NOW, {"text": "Hoi"}) for chat in range(1, COUNT + 1)], NOW
        )
    async with reading(engine) as session:
        return list(await session.scalars(select(OutboxItem.id).order_by(OutboxItem.id)))


async def statuses(engine: AsyncEngine) -> set[str]:
    async with reading(engine) as session:
        return set(await session.scalars(select(OutboxItem.status)))


async def test_who_comes_meanwhile_goes_with_the_next_transaction(
    engine: AsyncEngine, cipher: Cipher
) -> None:
    ids = await queue(engine, cipher)
    marks, commits = Marks(engine, cipher), []
    event.listen(engine.sync_engine, "commit", commits.append)
    begun = await asyncio.gather(*(marks.begin(item, LONG_AGO) for item in ids))
    assert all(begun)
    assert await statuses(engine) == {"sending"}
    await asyncio.gather(*(marks.sent(item, 1000 + item) for item in ids))
    assert await statuses(engine) == {"sent"}
    assert len(commits) < 6


async def test_of_two_processes_one_may_send_a_nudge(engine: AsyncEngine, cipher: Cipher) -> None:
    ids = await queue(engine, cipher)
    one, other = Marks(engine, cipher), Marks(engine, cipher)
    answers = await asyncio.gather(
        *(marks.begin(item, LONG_AGO) for item in ids for marks in (one, other))
    )
    assert sum(answers) == COUNT
    assert await statuses(engine) == {"sending"}


async def test_a_nudge_that_is_too_old_is_withheld_and_the_others_go(
    engine: AsyncEngine, cipher: Cipher
) -> None:
    ids = await queue(engine, cipher)
    marks = Marks(engine, cipher)
    assert not await marks.begin(ids[0], NOW + timedelta(hours=1))
    assert await marks.begin(ids[1], LONG_AGO)
    assert await statuses(engine) == {"new", "failed", "sending"}


async def test_a_row_that_was_erased_meanwhile_leaves_the_others_of_its_group_marked(
    engine: AsyncEngine, cipher: Cipher
) -> None:
    """Else they would be sent again."""
    ids = await queue(engine, cipher)
    async with writing(engine) as session:
        await session.execute(delete(OutboxItem).where(OutboxItem.id == ids[0]))
    marks = Marks(engine, cipher)
    await asyncio.gather(*(marks.sent(item, 1000 + item) for item in ids))
    assert await statuses(engine) == {"sent"}


async def test_each_hears_of_a_failure_and_the_next_try_is_made(
    engine: AsyncEngine, cipher: Cipher
) -> None:
    gone = Marks(make_engine("sqlite+aiosqlite:////nowhere/at/all.db"), cipher)
    answers = await asyncio.gather(gone.begin(1, LONG_AGO), gone.sent(2, 3), return_exceptions=True)
    assert all(isinstance(answer, SQLAlchemyError) for answer in answers)
    with pytest.raises(SQLAlchemyError):
        await gone.begin(1, LONG_AGO)
