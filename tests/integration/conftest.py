"""One migrated PostgreSQL database for all integration tests, emptied before each of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.db.migrate import upgrade
from bot.db.models import Base
from bot.db.session import make_engine


@pytest.fixture(scope="session")
def migrated_postgres(postgres: str) -> str:
    """The URL of a migrated database: making one for each test costs half a second."""
    server = make_url(postgres).set(drivername="postgresql+asyncpg")
    url = server.set(database="migrated").render_as_string(hide_password=False)

    async def make() -> None:
        engine = create_async_engine(server, isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            await connection.exec_driver_sql("CREATE DATABASE migrated")
        await engine.dispose()
        await upgrade(url)

    asyncio.run(make())
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def stored_at(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a migrated database of each kind is."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("migrated_postgres"))
    url = f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"
    asyncio.run(upgrade(url))
    return url


@pytest.fixture
async def engine(stored_at: str) -> AsyncIterator[AsyncEngine]:
    """A migrated, empty database of each kind."""
    engine = make_engine(stored_at)
    if engine.dialect.name == "postgresql":
        async with engine.begin() as connection:
            tables = ", ".join(Base.metadata.tables)
            await connection.exec_driver_sql(f"TRUNCATE {tables} RESTART IDENTITY")
    yield engine
    await engine.dispose()
