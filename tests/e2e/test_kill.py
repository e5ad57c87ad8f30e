"""kill -9 in the middle of a burst, twice: nothing is lost and nothing is handled twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from bot.content import Content
from tests.emulator import running_emulator

from .burst import BURST, REPLIES, UPDATES, check_chat, replies_reach
from .person import Person
from .process import BotProcess

CHATS = 10
# Killed when this many replies of the burst had reached people.
KILLED_AT = (20, 50)


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
            await replies_reach(telegram, start, count)
            # The reply is with Telegram and the bot has not heard of it yet.
            bot.kill()
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
            updates = bot.rows(UPDATES.format("?"), person.chat_id, before["id"])
            replies = bot.rows(REPLIES.format("?"), person.chat_id, before["id"])
            doubles += check_chat(person, updates, replies, start, kills, CHATS)
        assert telegram.violations == []
        assert doubles <= len(kills) * CHATS
    with capsys.disabled():
        print(f"\n{burst} messages, killed twice: {doubles} replies came twice")
