"""One bot for all talks: starting it costs ten seconds, so only restarts and kills have their own.

Each test has chats of its own. After every test nothing may have been refused by Telegram,
no limit passed and no button left spinning.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio

from bot.content import Content
from tests.emulator import Emulator, running_emulator

from .person import Person
from .process import BotProcess
from .secrets import leaks
from .wording import Wording

HERE = Path(__file__).parent
# Long enough for the parts of a long message, short enough to wait for.
MERGE_SECONDS = 0.3
# People who have been through the first minutes before the tests begin; more can follow.
RESIDENTS = 115


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All on one event loop, where the emulator lives; who shares the bot shares a process.

    The look into the logs comes last.
    """
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            if "running_bot" in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.xdist_group("shared_bot"))
    items.sort(key=lambda item: item.path == HERE / "test_secrets.py")


@dataclass
class Runs:
    """Every bot process of these tests, for the look into their logs."""

    bots: list[BotProcess] = field(default_factory=list)


@pytest.fixture(scope="session")
def runs() -> Runs:
    """Filled by whoever makes a bot."""
    return Runs()


@pytest.fixture(scope="session")
def make_bot(
    runs: Runs, model: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., BotProcess]]:
    """Makes a bot that is not started yet; see BotProcess for the options.

    In the end none of them may have told in a log or file what was said.
    """

    def make(emulator: Emulator, **options: object) -> BotProcess:
        bot = BotProcess(tmp_path_factory.mktemp("bot"), emulator, model, **options)  # type: ignore[arg-type]
        runs.bots.append(bot)
        return bot

    yield make
    for bot in runs.bots:
        assert leaks(bot) == []


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def telegram() -> AsyncIterator[Emulator]:
    """Telegram, with its flood limits on."""
    async with running_emulator() as emulator:
        emulator.limit_flood()
        yield emulator


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running_bot(
    telegram: Emulator, make_bot: Callable[..., BotProcess]
) -> AsyncIterator[BotProcess]:
    """The shared bot."""
    bot = make_bot(telegram, merge_seconds=MERGE_SECONDS)
    await bot.start()
    yield bot
    bot.kill()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def residents(telegram: Emulator, running_bot: BotProcess) -> list[Person]:
    """People who gave consent, all at once: one after the other would take minutes."""
    people = [Person(telegram) for _ in range(RESIDENTS)]
    await asyncio.gather(*(person.onboards() for person in people))
    return people


@pytest_asyncio.fixture(loop_scope="session")
async def bot(telegram: Emulator, running_bot: BotProcess) -> AsyncIterator[BotProcess]:
    """The shared bot, before and after a test in good health."""
    assert running_bot.alive, running_bot.log
    yield running_bot
    assert running_bot.alive, running_bot.log
    await telegram.log.until(lambda: not telegram.chats.queries or None, 5)
    assert telegram.chats.queries == {}, "a button was left spinning"
    assert telegram.violations == []
    assert telegram.log.failures() == []
    assert telegram.proxy.flood is not None
    assert telegram.proxy.flood.refused == 0


@pytest.fixture
def newcomer(telegram: Emulator, bot: BotProcess) -> Callable[[], Person]:
    """Makes somebody who has never spoken to the bot."""
    return lambda: Person(telegram)


@pytest_asyncio.fixture(loop_scope="session")
async def resident(bot: BotProcess, residents: list[Person]) -> Callable[[], Person]:
    """Gives somebody who gave consent and has said nothing yet."""
    return residents.pop


@pytest.fixture
def wording(content: Content) -> Wording:
    """Recognises content."""
    return Wording(content)
