"""No query that runs all day reads all of a table: on both databases, by their own EXPLAIN."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks import chats
from benchmarks.life import HandSetClock, Installation, Instant
from benchmarks.queries import PARTIAL, Access, Query, plan, recorded
from bot.bootstrap import App, running
from bot.content import Content
from bot.db.models import Base
from bot.settings import Settings

# So many that a database prefers an index that there is. In real life one chat in two is not in
# danger, but then those tables would be so small here that they are read whole.
CHATS, DANGER = 4000, 2
# What must have been asked, or the test looks at nothing.
HOT = {
    "Inbox.store", "Inbox.waiting", "Inbox.mark_handled", "Inbox.open_chats", "Inbox.sweep",
    "Outbox.add", "Outbox.waiting", "Outbox.due", "Outbox.next_moment", "Outbox.mark_all_sent",
    "Outbox.depth", "Outbox.sweep", "Chats.facts", "Chats.remember_said", "Chats.add_given_tip",
    "Chats.erase", "Trackers.load", "Trackers.save", "Silences.heard_from", "Silences.ask",
    "Silences.overdue", "Silences.still_overdue", "Silences.sweep", "Schedules.due",
    "Schedules.claim", "NudgeQueue.waiting", "NudgeQueue.add", "NudgeQueue.begin",
    "Roleplays.sweep", "SendLimits.reserve",
}  # fmt: skip


@pytest.fixture
async def app(
    settings: Settings, stored_at: str, engine: AsyncEngine, content: Content
) -> AsyncIterator[tuple[App, HandSetClock, Instant]]:
    """A TeVoet on a database with chats."""
    settings = settings.model_copy(update={"database_url": stored_at})
    clock, instant = HandSetClock(), Instant(content)
    async with running(settings, clock, instant, content) as app:  # type: ignore[arg-type]
        await chats.store(app.engine, app.cipher, content, CHATS, DANGER)
        yield app, clock, instant


async def lived(app: App, clock: HandSetClock, instant: Instant) -> list[Query]:
    """All that an installation asks its database in a day."""
    installation = Installation(app, CHATS, active=4, danger=DANGER)
    with recorded(app.engine) as queries:
        for _ in instant.talk:
            for chat_id in installation.chats:
                await installation.turn(chat_id)
        await installation.send()
        instant.next = iter(instant.rest)
        for _ in instant.rest:
            await installation.turn(installation.chats[0])
        clock.set_to_checkins()
        assert await installation.nudge(2)
        await installation.send()
        await installation.keep_house()
    return list(queries.values())


async def accesses(engine: AsyncEngine, queries: list[Query]) -> list[tuple[str, Access]]:
    """How each query comes at its rows."""
    async with engine.connect() as connection:
        await connection.execution_options(tevoet_read_only=True)
        return [
            (query.name, access) for query in queries for access in await plan(connection, query)
        ]


async def test_no_query_of_the_day_scans(app: tuple[App, HandSetClock, Instant]) -> None:
    queries = await lived(*app)
    assert HOT - {query.name for query in queries} == set()
    found = await accesses(app[0].engine, queries)
    assert [f"{name} {access}" for name, access in found if access.scans] == []
    # What only waits is found by the indexes that hold nothing else.
    assert PARTIAL & {access.index for _, access in found}


MISSED = ("ix_users_seen_at", "ix_inbox_chat_id", "ix_trackers_updated_at", "ix_schedules_due")


@pytest.mark.parametrize("name", MISSED)
async def test_a_missing_index_would_be_noticed(
    app: tuple[App, HandSetClock, Instant], name: str
) -> None:
    queries = await lived(*app)
    [index] = [
        index for table in Base.metadata.sorted_tables for index in table.indexes
        if index.name == name
    ]  # fmt: skip
    async with app[0].engine.begin() as connection:
        await connection.run_sync(index.drop)
    try:
        found = await accesses(app[0].engine, queries)
        assert index.table.name in {access.table for _, access in found if access.scans}
    finally:
        # The database is the next test's too.
        async with app[0].engine.begin() as connection:
            await connection.run_sync(index.create)
