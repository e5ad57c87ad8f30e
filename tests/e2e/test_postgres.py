"""The bot as docker-compose.yml runs it: the same process, on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import pytest_asyncio
import yaml
from sqlalchemy import URL, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.settings import ROOT
from tests.databases import new_database
from tests.emulator import Emulator, running_emulator

from .person import ANSWER, Person
from .process import BotProcess
from .wording import Wording


@pytest.fixture(scope="module")
def database(postgres: str) -> Iterator[URL]:
    """An empty database; the bot makes the tables itself."""
    with new_database(postgres) as url:
        yield url


def as_compose_writes_it(url: URL) -> str:
    """A URL with the driver name of the compose file's DATABASE_URL."""
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    written = make_url(compose["services"]["bot"]["environment"]["DATABASE_URL"])
    return url.set(drivername=written.drivername).render_as_string(hide_password=False)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def on_postgres(
    make_bot: Callable[..., BotProcess], database: URL
) -> AsyncIterator[tuple[Emulator, BotProcess]]:
    """A bot on PostgreSQL, with a Telegram of its own."""
    async with running_emulator() as telegram:
        bot = make_bot(telegram, database_url=as_compose_writes_it(database))
        await bot.start()
        yield telegram, bot
        bot.kill()
        assert telegram.violations == []
        assert telegram.log.failures() == []


async def test_a_talk_goes_on_after_a_kill_and_erasing_ends_it(
    on_postgres: tuple[Emulator, BotProcess], database: URL, wording: Wording
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
    engine = create_async_engine(database)
    async with engine.connect() as connection:
        for table in ("users", "trackers", "given_tips", "said_lines"):
            assert await connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0
    await engine.dispose()
