"""Workers on a real PostgreSQL: each chat is handled by one at a time, and by one in the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job
from procrastinate.manager import JobManager
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.bootstrap import App, now, receiving, running
from bot.content import Content
from bot.conversation.inbound import read_text
from bot.db.models import InboxItem, ScheduleRow
from bot.db.repositories import CHECKIN, Chats, Checkup, Outbox, Schedules
from bot.db.session import make_engine, reading, writing
from bot.db.trouble import DatabaseError
from bot.settings import Settings, SettingsError
from bot.workers import jobs as module
from bot.workers.jobs import SCHEMA, Jobs, opened
from bot.workers.leader import EVERY, Leader
from bot.workers.worker import Worker
from nlu.schedule import WEEK
from tests.integration.fake_dialogue import FakeDialogue

NOOR, GOVERT = 42, 43
DANGER = "ik wil dood"
PATIENCE = 30.0
Stored = Callable[..., Awaitable[None]]


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await condition():  # noqa: ASYNC110 (another process may have done it)
            await asyncio.sleep(0.02)


@pytest.fixture
def stored_at(migrated_postgres: str) -> str:
    """Workers share a PostgreSQL."""
    return migrated_postgres


@pytest.fixture
async def jobs(engine: AsyncEngine, stored_at: str) -> AsyncIterator[Jobs]:
    async with opened(stored_at) as jobs:
        await emptied(engine)
        yield jobs


@pytest.fixture
def on_postgres(settings: Settings, stored_at: str) -> Settings:
    return settings.model_copy(update={"database_url": stored_at})


@pytest.fixture
async def app(on_postgres: Settings, engine: AsyncEngine, content: Content) -> AsyncIterator[App]:
    async with one_app(on_postgres, content) as app:
        yield app


@asynccontextmanager
async def one_app(settings: Settings, content: Content) -> AsyncIterator[App]:
    """TeVoet as one worker has it, with a dialogue to be told what to do."""
    glance = timedelta(seconds=0.05)
    dialogue = FakeDialogue()
    async with running(settings, now, dialogue, content, glance) as app:  # type: ignore[arg-type]
        yield app


@asynccontextmanager
async def at_work(settings: Settings, app: App) -> AsyncIterator[asyncio.Task[None]]:
    """A worker that takes jobs."""
    stop = asyncio.Event()
    async with opened(settings.database) as jobs:
        working = asyncio.create_task(Worker(jobs, app).run(stop))
        try:
            yield working
        finally:
            stop.set()
            async with asyncio.timeout(PATIENCE):
                await working


async def emptied(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("TRUNCATE jobs.procrastinate_jobs CASCADE"))


async def told(jobs: Jobs) -> list[Job]:
    """The jobs about chats that wait to be taken."""
    found = await jobs.app.job_manager.list_jobs_async(task="drain", status="todo")
    return sorted(found, key=lambda job: (-job.priority, job.id or 0))


async def onboard(app: App, *chats: int) -> None:
    async with writing(app.engine) as session:
        for chat in chats:
            user = await Chats(session, app.cipher).ensure_user(chat, app.clock())
            user.consented_at = app.clock()


async def stores(app: App, number: int, said: str, chat: int = NOOR, *, ago: float = 0) -> None:
    """Store an update without telling anybody."""
    await app.conversation.store([(number, chat, read_text(said))])
    if ago:
        async with writing(app.engine) as session:
            [row] = await session.scalars(select(InboxItem).where(InboxItem.update_id == number))
            row.received_at -= timedelta(seconds=ago)


def heard(app: App) -> list[list[str]]:
    dialogue = app.turns._dialogue
    assert isinstance(dialogue, FakeDialogue)
    return dialogue.heard


async def all_handled(engine: AsyncEngine) -> bool:
    async with reading(engine) as session:
        return set(await session.scalars(select(InboxItem.status))) == {"handled"}


# --- jobs --------------------------------------------------------------------------


async def test_a_chat_that_is_told_of_twice_has_one_job(jobs: Jobs) -> None:
    await jobs.drain([NOOR])
    await jobs.drain([GOVERT, NOOR])
    assert module.chats_of(await told(jobs)) == [NOOR, GOVERT]


async def test_danger_goes_before_all_others_and_before_its_own_chat(jobs: Jobs) -> None:
    await jobs.drain([NOOR, GOVERT])
    await jobs.drain([GOVERT], urgent=[GOVERT])
    assert module.chats_of(await told(jobs)) == [GOVERT, NOOR, GOVERT]


async def test_a_job_holds_the_id_of_a_chat_and_nothing_else(jobs: Jobs) -> None:
    await jobs.drain([NOOR])
    [job] = await told(jobs)
    assert job.task_kwargs == {"chat_id": NOOR}


async def test_workers_that_cannot_be_told_stop_nothing(
    jobs: Jobs, caplog: pytest.LogCaptureFixture
) -> None:
    await jobs.app.close_async()
    async with opened_and_gone(jobs):
        await jobs.drain([NOOR])
    assert "workers could not be told" in caplog.text


@asynccontextmanager
async def opened_and_gone(jobs: Jobs) -> AsyncIterator[None]:
    """The tables of jobs are away for a while."""
    await jobs.app.open_async()
    rename = "ALTER TABLE procrastinate_jobs RENAME TO {}"
    await jobs.app.connector.execute_query_async(rename.format("gone"))  # type: ignore[arg-type]
    yield
    back = "ALTER TABLE gone RENAME TO procrastinate_jobs"
    await jobs.app.connector.execute_query_async(back)


async def test_tables_of_another_version_are_made_anew(jobs: Jobs, stored_at: str) -> None:
    await jobs.drain([NOOR])
    async with opened(stored_at) as same:
        assert module.chats_of(await told(same)) == [NOOR]
    address = stored_at.replace("+asyncpg", "")
    async with await psycopg.AsyncConnection.connect(address) as connection:
        await connection.execute("COMMENT ON SCHEMA jobs IS 'of before'")
    async with opened(stored_at) as other:
        assert await told(other) == []
        await other.drain([NOOR])
        assert module.chats_of(await told(other)) == [NOOR]


async def test_processes_that_start_together_make_the_tables_once(stored_at: str) -> None:
    async with AsyncExitStack() as stack:
        entered = [stack.enter_async_context(opened(stored_at)) for _ in range(4)]
        assert len(await asyncio.gather(*entered)) == 4


async def test_workers_that_live_are_counted(jobs: Jobs, on_postgres: Settings, app: App) -> None:
    async def live(silent: timedelta = timedelta(hours=1)) -> int:
        async with reading(app.engine) as session:
            return await Checkup(session).workers(SCHEMA, silent) or 0

    before = await live()
    async with at_work(on_postgres, app):
        await until(lambda: _is(live(), before + 1))
        assert await live(silent=timedelta(0)) == 0
    assert await live() == before


async def _is(count: Awaitable[int], expected: int) -> bool:
    return await count == expected


async def test_sqlite_is_for_one_process(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="DATABASE_URL: workers need PostgreSQL"):
        async with opened(f"sqlite+aiosqlite:///{tmp_path}/db"):
            pass


async def test_a_database_that_is_away_is_told_of_in_one_line() -> None:
    with pytest.raises(DatabaseError, match="there is no connection to it"):
        async with opened("postgresql+asyncpg://nobody:secret@127.0.0.1:1/none"):
            pass


# --- receiver ----------------------------------------------------------------------


async def test_what_a_receiver_stores_workers_are_told_of(
    on_postgres: Settings, jobs: Jobs
) -> None:
    async with receiving(on_postgres) as arrivals:
        await arrivals.store([(1, NOOR, read_text("hoi")), (2, NOOR, read_text("ben je daar?"))])
        await arrivals.store([(3, GOVERT, read_text(DANGER))])
        await arrivals.store([])
    assert module.chats_of(await told(jobs)) == [GOVERT, NOOR]


# --- workers -----------------------------------------------------------------------


async def test_a_worker_handles_what_it_is_told_of(
    app: App, jobs: Jobs, on_postgres: Settings
) -> None:
    await onboard(app, NOOR)
    async with at_work(on_postgres, app):
        for number in range(3):
            await stores(app, number, f"bericht {number}")
            await jobs.drain([NOOR])
        await until(lambda: all_handled(app.engine))

        async def all_taken() -> bool:
            return not await told(jobs)

        await until(all_taken)
    assert [text for turn in heard(app) for text in turn] == ["bericht 0", "bericht 1", "bericht 2"]


async def test_no_two_workers_have_the_same_chat(
    app: App, jobs: Jobs, on_postgres: Settings, content: Content
) -> None:
    await onboard(app, NOOR)
    async with one_app(on_postgres, content) as other, AsyncExitStack() as stack:
        apps, held = [app, other], asyncio.Event()
        for one in apps:
            one.turns._dialogue.held["wacht"] = held  # type: ignore[union-attr]
            await stack.enter_async_context(at_work(on_postgres, one))
        await stores(app, 1, "wacht")
        await jobs.drain([NOOR])

        async def begun() -> bool:
            return bool(heard(app) + heard(other))

        await until(begun)
        await stores(app, 2, "en toen")
        await jobs.drain([NOOR])
        await asyncio.sleep(0.3)
        assert heard(app) + heard(other) == [["wacht"]]
        held.set()
        await until(lambda: all_handled(app.engine))
    assert sorted(heard(app) + heard(other)) == [["en toen"], ["wacht"]]


async def test_what_nobody_was_told_of_is_found(
    app: App, jobs: Jobs, on_postgres: Settings
) -> None:
    """The receiver was killed between storing and telling."""
    await onboard(app, NOOR, GOVERT)
    await stores(app, 1, "ben je daar?", ago=11)
    await stores(app, 2, "net binnen", GOVERT)
    Worker(jobs, app)
    await jobs.app.tasks["untold"](timestamp=0)
    assert module.chats_of(await told(jobs)) == [NOOR]


async def test_of_what_nobody_was_told_of_danger_comes_first(
    app: App, jobs: Jobs, on_postgres: Settings
) -> None:
    await onboard(app, NOOR, GOVERT)
    await stores(app, 1, "ben je daar?", ago=20)
    await stores(app, 2, DANGER, GOVERT, ago=11)
    Worker(jobs, app)
    await jobs.app.tasks["untold"](timestamp=0)
    assert module.chats_of(await told(jobs)) == [GOVERT, NOOR]


async def test_a_start_looks_for_all_that_waits(
    app: App, jobs: Jobs, on_postgres: Settings
) -> None:
    await onboard(app, NOOR)
    await stores(app, 1, "net binnen")
    async with at_work(on_postgres, app):
        await until(lambda: all_handled(app.engine))


async def test_the_chats_of_a_worker_that_died_are_taken_over(
    app: App, jobs: Jobs, on_postgres: Settings
) -> None:
    await onboard(app, NOOR)
    manager = jobs.app.job_manager
    dead, alive = await manager.register_worker(), await manager.register_worker()
    await jobs.drain([NOOR, GOVERT])
    held = [await manager.fetch_job(None, worker_id) for worker_id in (dead, alive)]
    assert module.chats_of(job for job in held if job) == [NOOR, GOVERT]
    await jobs.app.connector.execute_query_async(
        "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '11 s'"
        " WHERE id = %(id)s",
        id=dead,
    )
    Worker(jobs, app)
    await jobs.app.tasks["orphans"](timestamp=0)
    assert module.chats_of(await told(jobs)) == [NOOR]


async def test_danger_ends_the_wait_of_its_chat_also_when_another_process_stored_it(
    app: App, jobs: Jobs, on_postgres: Settings, content: Content
) -> None:
    slowly = on_postgres.model_copy(update={"merge_seconds": 60.0})
    async with one_app(slowly, content) as patient, at_work(slowly, patient):
        await onboard(patient, NOOR)
        await stores(app, 1, "ik weet het niet meer")
        await jobs.drain([NOOR])
        await asyncio.sleep(0.3)
        assert heard(patient) == []
        await stores(app, 2, DANGER)
        await until(lambda: all_handled(app.engine))


async def test_a_stop_finishes_the_turn_and_leaves_the_rest_to_others(
    app: App, jobs: Jobs, on_postgres: Settings, content: Content
) -> None:
    await onboard(app, NOOR)
    held = asyncio.Event()
    async with one_app(on_postgres, content) as first:
        first.turns._dialogue.held["wacht"] = held  # type: ignore[union-attr]
        async with at_work(on_postgres, first):
            await stores(app, 1, "wacht")
            await jobs.drain([NOOR])

            async def begun() -> bool:
                return heard(first) == [["wacht"]]

            await until(begun)
            await stores(app, 2, "en toen")
            asyncio.get_running_loop().call_later(0.3, held.set)
        assert heard(first) == [["wacht"]]
    assert module.chats_of(await told(jobs)) == [NOOR]
    async with at_work(on_postgres, app):
        await until(lambda: all_handled(app.engine))
    assert heard(app) == [["en toen"]]


async def test_a_connection_that_breaks_is_made_anew(
    app: App, jobs: Jobs, on_postgres: Settings, engine: AsyncEngine
) -> None:
    await onboard(app, NOOR)
    async with at_work(on_postgres, app):
        await stores(app, 1, "hoi")
        await jobs.drain([NOOR])
        await until(lambda: all_handled(app.engine))
        async with engine.begin() as connection:
            await connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE pid <> pg_backend_pid() AND datname = current_database()"
                )
            )
        await stores(app, 2, "ben je er nog?")
        await jobs.drain([NOOR])
        await until(lambda: all_handled(app.engine))


async def test_a_job_whose_end_could_not_be_written_holds_its_chat_no_longer(
    app: App, jobs: Jobs, on_postgres: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection broke just then; the worker itself lives on."""
    monkeypatch.setattr("bot.workers.worker.LET_GO_EVERY", 0.2)
    finish = JobManager.finish_job
    failed: list[Job] = []

    async def fails_once(self: JobManager, job: Job, *args: Any, **named: Any) -> None:
        if job.task_name == module.DRAIN and not failed:
            failed.append(job)
            raise ConnectorException
        await finish(self, job, *args, **named)

    monkeypatch.setattr(JobManager, "finish_job", fails_once)
    await onboard(app, NOOR)
    async with at_work(on_postgres, app):
        await stores(app, 1, "hoi")
        await jobs.drain([NOOR])
        await until(lambda: all_handled(app.engine))
        await stores(app, 2, "ben je er nog?")
        await jobs.drain([NOOR])
        await until(lambda: all_handled(app.engine))
    assert failed
    assert heard(app) == [["hoi"], ["ben je er nog?"]]


async def test_a_nudge_that_is_due_goes_out_once_whoever_looks(
    app: App, jobs: Jobs, on_postgres: Settings
) -> None:
    await onboard(app, NOOR)
    async with writing(app.engine) as session:
        row = await Schedules(session).add(NOOR, CHECKIN, "", "20:30", WEEK, "Europe/Amsterdam")
        row.enabled, row.next_at = True, now() - timedelta(minutes=1)
    Worker(jobs, app)
    await asyncio.gather(*(jobs.app.tasks["nudges"](timestamp=n) for n in range(3)))
    async with reading(app.engine) as session:
        assert len(await Outbox(session, app.cipher).replies(NOOR)) == 1
        [schedule] = await session.scalars(select(ScheduleRow))
    assert schedule.next_at is not None and schedule.next_at > now()


async def test_a_failing_database_ends_no_task_with_a_stack_of_words(
    app: App, jobs: Jobs, caplog: pytest.LogCaptureFixture
) -> None:
    Worker(jobs, app)
    async with app.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE inbox RENAME TO inbox_gone"))
    try:
        await jobs.app.tasks["untold"](timestamp=0)
    finally:
        async with app.engine.begin() as connection:
            await connection.execute(text("ALTER TABLE inbox_gone RENAME TO inbox"))
    assert "untold failed" in caplog.text


# --- leader ------------------------------------------------------------------------


class Post:
    """What only one may do, and who does it."""

    def __init__(self, name: str, at_post: list[str]) -> None:
        self.name, self.at_post, self._ended = name, at_post, asyncio.Event()

    async def work(self) -> None:
        self._ended.clear()
        self.at_post.append(self.name)
        await self._ended.wait()
        self.at_post.remove(self.name)

    async def end(self) -> None:
        self._ended.set()


async def test_one_leads_and_another_follows_when_it_is_gone(
    engine: AsyncEngine, stored_at: str
) -> None:
    at_post: list[str] = []
    engines = [make_engine(stored_at) for _ in range(2)]
    stops = [asyncio.Event() for _ in engines]
    tasks = []
    for name, one, stop in zip("ab", engines, stops, strict=True):
        post = Post(name, at_post)
        tasks.append(asyncio.create_task(Leader(one, post.work, post.end).run(stop)))
        await asyncio.sleep(0.3)
    assert at_post == ["a"]

    stops[0].set()
    await tasks[0]
    await asyncio.sleep(EVERY + 0.5)
    assert at_post == ["b"]

    # The connection of the one who leads breaks: it ends, and begins again when it may.
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        )
    await asyncio.sleep(2 * EVERY + 0.5)
    assert at_post == ["b"]
    stops[1].set()
    await tasks[1]
    assert at_post == []
    for one in engines:
        await one.dispose()
