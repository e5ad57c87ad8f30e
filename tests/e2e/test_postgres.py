"""The bot as docker-compose.yml runs it: the same process, on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest_asyncio
import yaml
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.settings import ROOT
from tests.emulator import Emulator, running_emulator

from .person import ANSWER, Person
from .process import BotProcess
from .wording import Wording


def compose_url(postgres: str, database: str) -> str:
    """The DATABASE_URL of the compose file, pointed at the tests' own server."""
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    written = make_url(compose["services"]["bot"]["environment"]["DATABASE_URL"])
    server = make_url(postgres)
    return server.set(drivername=written.drivername, database=database).render_as_string(
        hide_password=False
    )


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def database(postgres: str) -> AsyncIterator[str]:
    """The URL of an empty database; the bot makes the tables itself."""
    server = make_url(postgres).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(server, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text("CREATE DATABASE whole_bot"))
    yield compose_url(postgres, "whole_bot")
    async with engine.connect() as connection:
        await connection.execute(text("DROP DATABASE whole_bot WITH (FORCE)"))
    await engine.dispose()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def on_postgres(
    make_bot: Callable[..., BotProcess], database: str
) -> AsyncIterator[tuple[Emulator, BotProcess]]:
    """A bot on PostgreSQL, with a Telegram of its own."""
    async with running_emulator() as telegram:
        bot = make_bot(telegram, database_url=database)
        await bot.start()
        yield telegram, bot
        bot.kill()
        assert telegram.violations == []
        assert telegram.log.failures() == []


async def test_a_talk_goes_on_after_a_kill_and_erasing_ends_it(
    on_postgres: tuple[Emulator, BotProcess], database: str, wording: Wording
) -> None:
    telegram, bot = on_postgres
    person = await Person(telegram).onboards()
    assert wording.asks(await person.tells("ik voel wantrouwen"))

    bot.kill()
    await bot.start()

    wording.a_tip(await person.tells(ANSWER))
    await person.tells("/wis")
    wording.expect(await person.taps("Ja, wis alles"), "erased")
    assert not (bot.data_dir / "tevoet.db").exists()  # PostgreSQL it was
    engine = create_async_engine(make_url(database).set(drivername="postgresql+asyncpg"))
    async with engine.connect() as connection:
        for table in ("users", "trackers", "given_tips", "said_lines"):
            assert await connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0
    await engine.dispose()
