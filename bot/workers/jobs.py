"""Which chats have something to handle, for any number of workers: procrastinate on PostgreSQL.

A job holds the id of a chat and nothing else; what is to be handled stands in the inbox. So jobs
may get lost and be made anew, and procrastinate's tables, in a schema of their own, are thrown
away when its next version wants others.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import cast

import psycopg
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job
from procrastinate.schema import SchemaManager
from psycopg import sql
from sqlalchemy import make_url

from bot.db.session import CONNECT_SECONDS
from bot.db.trouble import DatabaseError, reason
from bot.settings import SettingsError

SCHEMA = "jobs"
# Any number, the same in all processes: one of them at a time makes the schema.
SCHEMA_LOCK = 7_005_001
DRAIN = "drain"
QUEUE = "tevoet"
URGENT = 10
CONNECTIONS = 8
AT_ONCE = 100
JOBS_TROUBLE = (ConnectorException,)

logger = logging.getLogger(__name__)


class Jobs:
    """Tells workers which chats to handle.

    Args:
        app: procrastinate, open.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def drain(self, chats: Collection[int], urgent: Collection[int] = ()) -> None:
        """Let a worker handle what waits for chats; one that is told of already is no error.

        A failure is only logged: the workers look themselves for what was not told.

        Args:
            chats: their ids.
            urgent: those of them that go before all others.
        """
        jobs = [_drain(chat, urgent=chat in urgent) for chat in chats]
        try:
            for start in range(0, len(jobs), AT_ONCE):
                await self._defer(jobs[start : start + AT_ONCE])
        except JOBS_TROUBLE as error:
            logger.error("workers could not be told: %s", reason(error.__cause__ or error))

    async def _defer(self, jobs: Sequence[Job]) -> None:
        manager = self.app.job_manager
        try:
            await manager.batch_defer_jobs_async(list(jobs))
        except AlreadyEnqueued:
            # One stands in the way of all.
            if len(jobs) > 1:
                for job in jobs:
                    await self._defer([job])


def _drain(chat_id: int, *, urgent: bool) -> Job:
    """A job for a chat; one that is urgent does not wait behind another of the same chat."""
    return Job(
        queue=QUEUE,
        task_name=DRAIN,
        lock=str(chat_id),
        queueing_lock=f"{chat_id} urgent" if urgent else str(chat_id),
        priority=URGENT if urgent else 0,
        task_kwargs={"chat_id": chat_id},
    )


def chats_of(jobs: Iterable[Job]) -> list[int]:
    """The chats that jobs are about, in their order."""
    return [cast(int, job.task_kwargs["chat_id"]) for job in jobs if job.task_name == DRAIN]


@asynccontextmanager
async def opened(database: str) -> AsyncIterator[Jobs]:
    """Jobs on the bot's own database.

    Args:
        database: a SQLAlchemy URL.

    Raises:
        SettingsError: it is not PostgreSQL.
        DatabaseError: it cannot be used.
    """
    url = make_url(database)
    if url.get_backend_name() != "postgresql":
        raise SettingsError("DATABASE_URL: workers need PostgreSQL")
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    options = {"options": f"-c search_path={SCHEMA}", "connect_timeout": CONNECT_SECONDS}
    connector = PsycopgConnector(
        conninfo=address, kwargs=options, min_size=1, max_size=CONNECTIONS, timeout=CONNECT_SECONDS
    )
    app = App(connector=connector)
    try:
        await _make_schema(address)
        await app.open_async()
    except (psycopg.Error, *JOBS_TROUBLE) as error:
        raise DatabaseError(f"the jobs' tables cannot be used: {reason(error)}") from error
    try:
        yield Jobs(app)
    finally:
        await app.close_async()


async def _make_schema(address: str) -> None:
    """Make procrastinate's tables, unless they are there and as this version wants them."""
    statements = SchemaManager.get_schema()
    version = hashlib.sha256(statements.encode()).hexdigest()[:16]
    connection = await psycopg.AsyncConnection.connect(address, connect_timeout=CONNECT_SECONDS)
    async with connection:
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", [SCHEMA_LOCK])
        found = await connection.execute(
            "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %s",
            [SCHEMA],
        )
        if await found.fetchone() == (version,):
            return
        schema = sql.Identifier(SCHEMA)
        for statement in (
            sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(schema),
            sql.SQL("CREATE SCHEMA {}").format(schema),
            sql.SQL("COMMENT ON SCHEMA {} IS {}").format(schema, version),
            sql.SQL("SET LOCAL search_path = {}").format(schema),
            sql.SQL(statements),
        ):
            await connection.execute(statement)
