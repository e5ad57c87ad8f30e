"""Connections to the database: SQLite by default, PostgreSQL by URL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from bot.db.sqlite import InlineConnection, empty_log, write_anew

BUSY_SECONDS = 15
# Who is in danger waits no longer than this for a server that does not answer.
CONNECT_SECONDS = 5
# Seconds between the tries to empty SQLite's log: a reader is in the way for milliseconds.
LOG_TRIES = (0.0, 0.02, 0.1, 0.5)
# Bytes of a file that is written anew in half a second: other chats wait no longer.
QUICKLY_WRITTEN = 64_000_000
_writers: WeakKeyDictionary[AsyncEngine, asyncio.Lock] = WeakKeyDictionary()


def make_engine(url: str) -> AsyncEngine:
    """Open a pool of connections.

    Args:
        url: a SQLAlchemy URL with an async driver.

    Returns:
        The engine; SQLite in WAL mode with foreign keys on, and every write transaction
        begun as one (BEGIN IMMEDIATE), so that two writers queue up and none is refused.
    """
    if not url.startswith("sqlite"):
        return create_async_engine(
            url, pool_pre_ping=True, pool_size=10, max_overflow=10, hide_parameters=True,
            connect_args={"timeout": CONNECT_SECONDS},
        )  # fmt: skip
    path = make_url(url).database or ":memory:"

    async def connect() -> InlineConnection:
        return InlineConnection(path, BUSY_SECONDS)

    engine = create_async_engine(url, async_creator=connect, hide_parameters=True)

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
            f"busy_timeout={BUSY_SECONDS * 1000}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get("tevoet_read_only")
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


@asynccontextmanager
async def reading(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """A session that only reads and takes no write lock."""
    async with engine.connect() as connection:
        await connection.execution_options(tevoet_read_only=True)
        async with AsyncSession(connection, expire_on_commit=False) as session:
            yield session


@asynccontextmanager
async def snapshot(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """A session that reads everything as of one moment; others write meanwhile."""
    options: dict[str, Any] = {"tevoet_read_only": True}
    # SQLite's transactions see one moment anyway (WAL).
    if engine.dialect.name == "postgresql":
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    async with engine.connect() as connection:
        await connection.execution_options(**options)
        async with AsyncSession(connection, expire_on_commit=False) as session:
            yield session


@asynccontextmanager
async def writing(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """A session in one write transaction: commits at the end, rolls back on any error."""
    async with (
        _turn_to_write(engine),
        AsyncSession(engine, expire_on_commit=False) as session,
        session.begin(),
    ):
        yield session


async def forget_for_good(engine: AsyncEngine, largest: int | None = QUICKLY_WRITTEN) -> bool:
    """Leave no copy of what was erased in SQLite's files; PostgreSQL cleans up by itself.

    It runs in a thread. Writers of this process wait for it here, and SQLite for nobody, so that
    the loop goes on.

    Args:
        engine: the database.
        largest: bytes; a larger file is not written anew, only its log is emptied.

    Returns:
        False when somebody was in the way each time.
    """
    if engine.dialect.name != "sqlite":
        return True
    path = engine.url.database or ":memory:"
    written = False
    for pause in LOG_TRIES:
        await asyncio.sleep(pause)
        async with _turn_to_write(engine):
            written = written or await asyncio.to_thread(write_anew, path, largest)
            if written and await asyncio.to_thread(empty_log, path):
                return True
    return False


def _turn_to_write(engine: AsyncEngine) -> AbstractAsyncContextManager[object]:
    """SQLite has one writer at a time: those of this process wait here, the loop goes on."""
    if engine.dialect.name != "sqlite":
        return nullcontext()
    return _writers.setdefault(engine, asyncio.Lock())
