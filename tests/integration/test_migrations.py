"""Migrations, on both databases: from every revision up to the newest, and back."""

from __future__ import annotations

import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect
from sqlalchemy.ext.asyncio import AsyncEngine

from alembic import command
from bot.db.migrate import alembic_config, upgrade
from bot.db.models import Base
from bot.db.session import make_engine

SCRIPTS = ScriptDirectory.from_config(alembic_config("sqlite+aiosqlite://"))
REVISIONS = [script.revision for script in SCRIPTS.walk_revisions()]


async def downgrade(url: str, revision: str) -> None:
    await asyncio.to_thread(command.downgrade, alembic_config(url), revision)


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names()) - {"alembic_version"}


def differences(connection: Connection) -> list[object]:
    """What a new migration would have to change to get from this database to the models."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, Base.metadata))


async def ask(url: str, question: object) -> object:
    engine: AsyncEngine = make_engine(url)
    async with engine.connect() as connection:
        answer = await connection.run_sync(question)
    await engine.dispose()
    return answer


def test_there_is_one_newest_revision() -> None:
    assert len(SCRIPTS.get_heads()) == 1


async def test_the_migrations_make_what_the_models_say(database_url: str) -> None:
    await upgrade(database_url)
    assert await ask(database_url, differences) == []
    assert await ask(database_url, tables) == set(Base.metadata.tables)


@pytest.mark.parametrize("revision", ["base", *REVISIONS])
async def test_a_database_of_any_revision_comes_to_the_newest(
    database_url: str, revision: str
) -> None:
    if revision != "base":
        await upgrade(database_url, revision)
    await upgrade(database_url)
    await upgrade(database_url)  # a second start changes nothing
    assert await ask(database_url, differences) == []


async def test_a_missing_column_would_be_noticed(database_url: str) -> None:
    await upgrade(database_url)
    engine = make_engine(database_url)
    async with engine.begin() as connection:
        await connection.exec_driver_sql("ALTER TABLE users DROP COLUMN country")
    await engine.dispose()
    assert await ask(database_url, differences) != []


async def test_the_way_back_leaves_nothing_and_can_be_gone_again(database_url: str) -> None:
    await upgrade(database_url)
    await downgrade(database_url, "base")
    assert await ask(database_url, tables) == set()
    await upgrade(database_url)
    assert await ask(database_url, differences) == []


async def test_going_back_step_by_step_works_too(database_url: str) -> None:
    await upgrade(database_url)
    for script in SCRIPTS.walk_revisions():
        await downgrade(database_url, script.down_revision or "base")
    assert await ask(database_url, tables) == set()
