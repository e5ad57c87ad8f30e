"""Each fault that the proxy can cause, as a real python-telegram-bot bot meets it."""

from __future__ import annotations

import asyncio
import time

import pytest
from telegram import Bot
from telegram.error import BadRequest, Conflict, Forbidden, NetworkError, RetryAfter, TimedOut

from . import (
    Emulator,
    TelegramUser,
    blocked,
    chat_not_found,
    dropped,
    duplicated,
    held,
    redelivered,
    server_error,
    slow,
    too_many_requests,
)
from .faults import Fault
from .tiny_bot import TinyBot, polling, until

pytestmark = pytest.mark.asyncio
CHAT = 1001


async def test_each_error_answer(emulator: Emulator, bot: TinyBot) -> None:
    telegram, add = bot.app.bot, emulator.faults.add
    add(too_many_requests(7), method="sendMessage", chat_id=CHAT)
    add(blocked(), method="sendMessage", chat_id=CHAT)
    add(chat_not_found(), method="sendMessage", chat_id=CHAT)
    add(server_error(), method="sendMessage", chat_id=CHAT)
    with pytest.raises(RetryAfter, match="Retry in 7"):
        await telegram.send_message(CHAT, "a")
    for error in (Forbidden, BadRequest, NetworkError):
        with pytest.raises(error):
            await telegram.send_message(CHAT, "a")
    await telegram.send_message(CHAT + 1, "a")  # another chat is not touched
    await telegram.send_message(CHAT, "a")
    assert [call.delivered for call in emulator.log.of("sendMessage")] == [False] * 4 + [True] * 2
    assert emulator.log.failures() == []


async def test_nth_call_and_repetition(emulator: Emulator, bot: TinyBot) -> None:
    rule = emulator.faults.add(server_error(502), method="sendMessage", nth=2, times=2)
    outcomes = []
    for _ in range(4):
        try:
            await bot.app.bot.send_message(CHAT, "a")
            outcomes.append(True)
        except NetworkError:
            outcomes.append(False)
    assert outcomes == [True, False, False, True] and rule.hits == 2


@pytest.mark.parametrize("sent", [False, True])
async def test_connection_drops(
    emulator: Emulator, bot: TinyBot, sam: TelegramUser, sent: bool
) -> None:
    emulator.faults.add(dropped(sent=sent), method="sendMessage")
    with pytest.raises(NetworkError):
        await bot.app.bot.send_message(CHAT, "a")
    [call] = await emulator.log.wait_for("sendMessage")
    assert call.status is None and call.delivered is sent
    assert len(sam.received()) == int(sent)


@pytest.mark.parametrize("sent", [False, True])
async def test_timeouts(emulator: Emulator, bot: TinyBot, sam: TelegramUser, sent: bool) -> None:
    emulator.faults.add(held(30, sent=sent), method="sendMessage")
    with pytest.raises(TimedOut):
        await bot.app.bot.send_message(CHAT, "a", read_timeout=0.2)
    assert len(sam.received()) == int(sent)


async def test_slow_answer(emulator: Emulator, bot: TinyBot, sam: TelegramUser) -> None:
    emulator.faults.add(slow(0.2), method="sendMessage")
    started = time.monotonic()
    await bot.app.bot.send_message(CHAT, "a")
    assert time.monotonic() - started >= 0.2 and len(sam.received()) == 1


@pytest.mark.parametrize("fault", [duplicated(), redelivered()], ids=["batch", "next"])
async def test_updates_come_twice(
    emulator: Emulator, bot: TinyBot, sam: TelegramUser, fault: Fault
) -> None:
    emulator.faults.add(fault)
    await sam.says("hoi")
    await sam.replies(count=2)
    assert len(bot.seen) == 2 and len(set(bot.seen)) == 1
    await sam.says("nog eens")
    await sam.replies(count=1)
    assert len(bot.seen) == 3


async def test_failing_polls_lose_nothing(
    emulator: Emulator, bot: TinyBot, sam: TelegramUser
) -> None:
    emulator.faults.add(dropped(sent=True), method="getUpdates", nth=2)
    await sam.says("een")
    assert (await sam.replies(count=1))[0].text == "Je zei: een"
    await sam.says("twee")
    assert (await sam.replies(count=1))[0].text == "Je zei: twee"


async def test_a_restarted_bot_takes_over(emulator: Emulator, sam: TelegramUser) -> None:
    async with polling(TinyBot(emulator)):
        await sam.says("een")
        await sam.replies(count=1)
    await sam.says("twee")
    async with polling(TinyBot(emulator)) as second:
        assert (await sam.replies(count=1))[0].text == "Je zei: twee"
        assert len(second.seen) == 1
    assert {call.status for call in emulator.log.of("getUpdates")} <= {200, None}


async def test_only_the_newest_poll_lives(emulator: Emulator) -> None:
    base = f"{emulator.api_url}/bot"
    async with Bot(emulator.token, base) as older, Bot(emulator.token, base) as newer:
        first = asyncio.create_task(older.get_updates(timeout=5))
        await until(lambda: len(emulator.log.of("getUpdates")) == 1)
        assert await newer.get_updates(timeout=0) == ()
        with pytest.raises(Conflict, match="terminated by other getUpdates"):
            await first


async def test_flood_limits(emulator: Emulator, bot: TinyBot) -> None:
    limit = emulator.limit_flood()
    # Time stands still, so that a slow machine refills nothing.
    limit.clock = lambda: 0.0
    for _ in range(3):
        await bot.app.bot.send_message(CHAT, "a")
    with pytest.raises(RetryAfter):
        await bot.app.bot.send_message(CHAT, "a")
    sends = (bot.app.bot.send_message(chat, "a") for chat in range(1, 41))
    outcomes = await asyncio.gather(*sends, return_exceptions=True)
    refused = sum(isinstance(outcome, RetryAfter) for outcome in outcomes)
    assert (refused, limit.refused) == (13, 14)
    assert emulator.log.failures() == []
