"""A stop and a start: nothing is forgotten, nothing is lost, and the stop is quick."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest_asyncio

from tests.emulator import Emulator, running_emulator, server_error

from .person import ANSWER, Person
from .process import BotProcess
from .wording import Wording


@dataclass
class Restart:
    """What happened before, during and after it.

    Args:
        emulator: Telegram, which was there all the time.
        exit_code: of the first run.
        seconds: between SIGTERM and its end.
        position: in Telegram's record, when the first run had ended.
        asked: got a question before and answered while the bot was off.
        unsent: a reply to them could not be sent before.
        failing: their turn had failed and waited for another try.
        typing: had just sent the first part of a message.
    """

    emulator: Emulator
    exit_code: int
    seconds: float
    position: int
    asked: Person
    unsent: Person
    failing: Person
    typing: Person


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def restart(make_bot: Callable[..., BotProcess]) -> AsyncIterator[Restart]:
    """One restart for all these tests; its log says everything that it can say."""
    async with running_emulator() as telegram:
        bot = make_bot(telegram, merge_seconds=1.0, log_level="DEBUG")
        await bot.start()
        asked, unsent, failing, typing = people = [Person(telegram) for _ in range(4)]
        await asyncio.gather(*(person.onboards() for person in people))
        await asyncio.gather(*(p.tells("ik voel wantrouwen") for p in (asked, failing)))

        telegram.faults.add(
            server_error(), method="sendMessage", chat_id=unsent.chat_id, times=None
        )
        await unsent.says("geef me een tip")
        waiting = "SELECT 1 FROM outbox WHERE chat_id = ? AND status = 'new'"
        await bot.eventually(waiting, unsent.chat_id)
        [whole] = bot.rows("SELECT sealed FROM trackers WHERE chat_id = ?", failing.chat_id)
        seal = "UPDATE trackers SET sealed = ? WHERE chat_id = ?"
        bot.change(seal, b"damaged", failing.chat_id)
        await failing.tells(ANSWER)
        await typing.says("geef me een tip")
        known = "SELECT 1 FROM inbox WHERE chat_id = ? AND status = 'new'"
        await bot.eventually(known, typing.chat_id)

        started = time.monotonic()
        exit_code = await bot.stop()
        seconds = time.monotonic() - started
        position = asked.position
        telegram.faults.clear()
        bot.change(seal, whole["sealed"], failing.chat_id)
        await asked.says(ANSWER)
        await bot.start()
        yield Restart(telegram, exit_code, seconds, position, asked, unsent, failing, typing)
        bot.kill()
        assert telegram.violations == []


async def test_sigterm_ends_it_cleanly_within_a_few_seconds(restart: Restart) -> None:
    assert restart.exit_code == 0
    assert restart.seconds < 5


async def test_the_answer_to_a_question_of_before_gets_a_tip(
    restart: Restart, wording: Wording
) -> None:
    [tip] = await restart.asked.replies(after=restart.position, count=1)
    wording.a_tip(tip)


async def test_a_reply_that_was_not_sent_is_sent_at_the_next_start(
    restart: Restart, wording: Wording
) -> None:
    [tip] = await restart.unsent.replies(after=restart.position, count=1)
    wording.a_tip(tip)


async def test_a_turn_that_had_failed_is_tried_again(restart: Restart, wording: Wording) -> None:
    [tip] = await restart.failing.replies(after=restart.position, count=1)
    wording.a_tip(tip)


async def test_what_was_being_typed_is_answered_once(restart: Restart, wording: Wording) -> None:
    person = restart.typing
    [tip] = await person.replies(count=1)
    wording.a_tip(tip)
    assert len(person.received()) == 4  # three of the first minutes, and the tip
