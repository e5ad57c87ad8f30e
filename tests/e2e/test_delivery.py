"""Replies reach people through Telegram's limits, errors and lost connections."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest_asyncio

from tests.emulator import (
    Emulator,
    blocked,
    chat_not_found,
    dropped,
    duplicated,
    held,
    redelivered,
    server_error,
    too_many_requests,
)
from tests.emulator.calls import Call
from tests.emulator.faults import Fault

from .person import Person
from .process import BotProcess
from .wording import Wording

Resident = Callable[[], Person]
WAIT = 3
# The bot gives up on an answer after twenty seconds.
NEVER = 30


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def hanging(telegram: Emulator, residents: list[Person]) -> tuple[Person, int]:
    """Somebody whose reply gets no answer from Telegram; begun early, as it takes so long."""
    person = residents.pop()
    start = person.position
    telegram.faults.add(held(NEVER), method="sendMessage", chat_id=person.chat_id)
    await person.says("/hulp")
    return person, start


def _sends(telegram: Emulator, person: Person) -> list[Call]:
    return [call for call in telegram.log.of("sendMessage", person.chat_id) if call.ended]


async def test_a_429_is_obeyed_and_only_that_chat_waits(
    resident: Resident, telegram: Emulator
) -> None:
    slow, quick = resident(), resident()
    known = len(_sends(telegram, slow))
    telegram.faults.add(too_many_requests(WAIT), method="sendMessage", chat_id=slow.chat_id)
    await slow.says("/hulp")
    await telegram.log.wait_for("sendMessage", chat_id=slow.chat_id, count=known + 1)
    await quick.tells("/hulp")
    await quick.tells("/privacy")
    assert len(_sends(telegram, slow)) == known + 1  # it still waits
    await slow.reply()
    refused, delivered = _sends(telegram, slow)[known:]
    assert refused.ended is not None
    assert WAIT <= delivered.started - refused.ended < WAIT + 2


async def test_errors_and_drops_are_tried_again_until_delivered(
    resident: Resident, telegram: Emulator, wording: Wording, bot: BotProcess
) -> None:
    async def asks(fault: Fault, times: int) -> tuple[int, float]:
        person = resident()
        start = person.position
        telegram.faults.add(fault, method="sendMessage", chat_id=person.chat_id, times=times)
        began = asyncio.get_running_loop().time()
        wording.expect(await person.tells("/hulp"), "help_lines")
        took = asyncio.get_running_loop().time() - began
        await bot.all_sent(person.chat_id)
        return len(person.received(start)), took

    results = await asyncio.gather(
        asks(server_error(500), 2),
        asks(server_error(502), 1),
        asks(dropped(), 2),
        asks(dropped(sent=True), 1),
    )
    # Telegram took it and the bot never knew: better twice than lost.
    assert [received for received, _ in results] == [1, 1, 1, 2]
    # It waits a second before the second try and two before the third.
    for (_, took), waits in zip(results[:3], (3, 1, 3), strict=True):
        assert waits < took < waits + 4


async def test_who_cannot_be_reached_is_left_alone_until_they_come_back(
    resident: Resident, telegram: Emulator, wording: Wording, bot: BotProcess
) -> None:
    async def goes(fault: Fault) -> None:
        person = resident()
        known = len(_sends(telegram, person))
        late = replace(fault, seconds=1)
        telegram.faults.add(late, method="sendMessage", chat_id=person.chat_id)
        for command in ("/hulp", "/privacy"):  # the second waits behind the first
            await person.says(command)
        gone = "SELECT 1 FROM users WHERE chat_id = ? AND unreachable_at IS NOT NULL"
        await bot.eventually(gone, person.chat_id)
        await bot.all_sent(person.chat_id)

        await person.blocks()
        await person.unblocks()
        await bot.eventually(f"SELECT 1 WHERE NOT EXISTS ({gone})", person.chat_id)
        assert len(_sends(telegram, person)) == known + 1  # nothing was tried again
        wording.expect(await person.tells("/hulp"), "help_lines")

    await asyncio.gather(goes(blocked()), goes(chat_not_found()))


async def test_blocking_and_unblocking_is_noticed_without_a_send(
    resident: Resident, wording: Wording, bot: BotProcess
) -> None:
    person = resident()
    gone = "SELECT 1 FROM users WHERE chat_id = ? AND unreachable_at IS NOT NULL"
    await person.blocks()
    await bot.eventually(gone, person.chat_id)
    await person.unblocks()
    await bot.eventually(f"SELECT 1 WHERE NOT EXISTS ({gone})", person.chat_id)
    wording.a_tip(await person.gets_tip())


async def test_an_update_that_comes_twice_is_answered_once(
    resident: Resident, telegram: Emulator, bot: BotProcess
) -> None:
    for fault in (duplicated(), redelivered()):
        person = resident()
        rule = telegram.faults.add(fault)
        start = person.position
        await person.says("geef me een tip")
        await person.reply()
        await asyncio.sleep(1.5)
        assert rule.hits == 1
        assert len(person.received(start)) == 1
        given = bot.rows("SELECT 1 FROM given_tips WHERE chat_id = ?", person.chat_id)
        assert len(given) == 1


async def test_replies_keep_the_order_of_the_messages_through_errors(
    resident: Resident, telegram: Emulator, wording: Wording
) -> None:
    person = resident()
    telegram.faults.add(server_error(), method="sendMessage", chat_id=person.chat_id)
    telegram.faults.add(dropped(), method="sendMessage", chat_id=person.chat_id, nth=3)
    start = person.position
    for command in ("/help", "/privacy", "/hulp", "/wis"):
        await person.says(command)
    answers = await person.replies(after=start, count=4, timeout=20)
    for key, answer in zip(
        ("help", "privacy", "help_lines", "confirm_erase"), answers, strict=True
    ):
        assert wording.says(answer, key)


async def test_a_reply_that_cannot_be_read_does_not_hold_up_the_next(
    resident: Resident, telegram: Emulator, wording: Wording, bot: BotProcess
) -> None:
    person = resident()
    telegram.faults.add(too_many_requests(2), method="sendMessage", chat_id=person.chat_id)
    await person.says("/help")
    waiting = "SELECT 1 FROM outbox WHERE chat_id = ? AND status = 'new' AND error IS NOT NULL"
    await bot.eventually(waiting, person.chat_id)
    damaged = "UPDATE outbox SET sealed = x'00' WHERE chat_id = ? AND status = 'new'"
    bot.change(damaged, person.chat_id)
    wording.expect(await person.tells("/hulp"), "help_lines")


async def test_a_call_without_an_answer_is_given_up_and_made_again(
    hanging: tuple[Person, int], wording: Wording
) -> None:
    person, start = hanging
    [answer] = await person.replies(after=start, count=1, timeout=40)
    wording.expect(answer, "help_lines")
