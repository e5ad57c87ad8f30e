"""Databases of a test's own, on the tests' PostgreSQL server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from sqlalchemy import URL, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine


@contextmanager
def new_database(postgres: str) -> Iterator[URL]:
    """An empty database on the tests' server, dropped at the end.

    Args:
        postgres: the address of the server.
    """
    server = make_url(postgres).set(drivername="postgresql+asyncpg")
    name = f"test_{uuid4().hex}"

    async def run(statement: str) -> None:
        engine = create_async_engine(server, isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            await connection.execute(text(statement))
        await engine.dispose()

    asyncio.run(run(f"CREATE DATABASE {name}"))
    yield server.set(database=name)
    asyncio.run(run(f"DROP DATABASE {name} WITH (FORCE)"))
