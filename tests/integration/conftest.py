"""One migrated PostgreSQL database for all integration tests, emptied before each of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.db.migrate import upgrade
from bot.db.models import Base
from bot.db.session import make_engine
from tests.databases import new_database


@pytest.fixture(scope="session")
def migrated_postgres(postgres: str) -> Iterator[str]:
    """The URL of a migrated database: making one for each test costs half a second."""
    with new_database(postgres) as database:
        url = database.render_as_string(hide_password=False)
        asyncio.run(upgrade(url))
        yield url


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
