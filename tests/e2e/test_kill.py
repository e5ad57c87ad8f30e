"""kill -9 in the middle of a burst, twice: nothing is lost and nothing is handled twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from bot.content import Content
from tests.emulator import Emulator, running_emulator
from tests.emulator.payloads import bot_messages

from .person import ANSWER, Person
from .process import BotProcess

CHATS = 10
# Killed when this many replies of the burst had reached people.
KILLED_AT = (20, 50)
BURST = (
    "ik voel wantrouwen",
    ANSWER,
    "geef me een tip",
    "/hulp",
    "hoi",
    "er is tegen me gelogen",
    "vorige week nog",
    "/tips",
    "ben je een robot?",
    "/privacy",
)


async def test_killed_twice_in_a_burst_every_message_is_answered_once_and_in_order(
    make_bot: Callable[..., BotProcess], content: Content, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running_emulator() as telegram:
        bot = make_bot(telegram, merge_seconds=0)
        await bot.start()
        people = [Person(telegram) for _ in range(CHATS)]
        await asyncio.gather(*(person.onboards() for person in people))
        for person in people:
            await bot.all_sent(person.chat_id)
        start = people[0].position
        [before] = bot.rows("SELECT max(update_id) AS id FROM inbox")

        for text in BURST:
            for person in people:
                await person.says(text)
        kills = []
        for count in KILLED_AT:
            await _replies_reach(telegram, start, count)
            # The reply is with Telegram and the bot has not heard of it yet.
            bot.kill()
            await asyncio.sleep(0.3)  # what was on the wire still arrives
            kills.append(people[0].position)
            await bot.start()
        burst = CHATS * len(BURST)
        done = "SELECT 1 WHERE (SELECT count(*) FROM outbox WHERE turn_id > ? AND status = 'sent')"
        await bot.eventually(f"{done} >= ?", before["id"], burst, within=60)
        bot.kill()

        inbox = bot.rows("SELECT * FROM inbox WHERE update_id > ?", before["id"])
        assert len(inbox) == burst
        assert {row["status"] for row in inbox} == {"handled"}
        doubles = 0
        for person in people:
            doubles += _check_chat(bot, person, start, kills, before["id"])
        assert telegram.violations == []
        assert doubles <= len(kills) * CHATS
    with capsys.disabled():
        print(f"\n{burst} messages, killed twice: {doubles} replies came twice")


async def _replies_reach(telegram: Emulator, start: int, count: int) -> None:
    def reached() -> bool | None:
        calls = telegram.log.deliveries[start:]
        return sum(call.method == "sendMessage" for call in calls) >= count or None

    assert await telegram.log.until(reached, 30)


def _check_chat(bot: BotProcess, person: Person, start: int, kills: list[int], before: int) -> int:
    """One chat's replies against its messages; gives how many replies came twice."""
    updates = bot.rows(
        "SELECT update_id FROM inbox WHERE chat_id = ? AND update_id > ? ORDER BY update_id",
        person.chat_id,
        before,
    )
    replies = bot.rows(
        "SELECT * FROM outbox WHERE chat_id = ? AND turn_id > ? ORDER BY id",
        person.chat_id,
        before,
    )
    # One turn for each message, one reply for each turn, in the order of the messages.
    assert [row["turn_id"] for row in replies] == [row["update_id"] for row in updates]
    assert {row["status"] for row in replies} == {"sent"}

    arrived = [
        (place, message)
        for place, call in enumerate(person.emulator.log.deliveries)
        if place >= start and call.chat_id == person.chat_id and call.method == "sendMessage"
        for message in bot_messages(call)
    ]
    noted = [row["message_id"] for row in replies]
    # Every reply arrived, in order; what arrived besides is the first copy of one in flight.
    assert [message.message_id for _, message in arrived if message.message_id in noted] == noted
    doubles = 0
    for (place, message), following in zip(arrived, [*arrived[1:], None], strict=True):
        if message.message_id in noted:
            continue
        doubles += 1
        assert following is not None
        assert following[1].text == message.text, "only the very same reply may come again"
        assert any(place < kill <= following[0] for kill in kills), "no kill lies between"
    return doubles
