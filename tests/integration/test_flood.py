"""One chat sends far too much: the others do not notice, and no danger is lost in it."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.bootstrap import now
from bot.content import Content
from bot.conversation import drain
from bot.conversation.crowd import IN_A_ROW, READ_AT_ONCE, UPDATES_WAITING, readable
from bot.conversation.inbound import Inbound, InboundKind
from bot.conversation.queue import ANSWERS_WAITING
from bot.db.encryption import Cipher
from bot.db.repositories import Outbox
from bot.db.session import writing
from tests.clock import Clock
from tests.integration.test_drain import DANGER, GOVERT, NOOR, Bench, lexicon, until

FLOOD = 500
FETCHED = 100  # updates that Telegram gives at once
QUICK = timedelta(milliseconds=20)
PRESS = Inbound(InboundKind.PRESS, "coach:tip")


@pytest.fixture
async def bench(engine: AsyncEngine, cipher: Cipher, content: Content, clock: Clock) -> Bench:
    """Two users with consent, no merging, nobody who sends what is answered."""
    bench = Bench(engine, cipher, content, clock)
    await bench.onboard(NOOR, GOVERT)
    return bench


@pytest.fixture(autouse=True)
def little_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full chat is looked at again soon: tests have no second."""
    monkeypatch.setattr(drain, "ROOM_AGAIN", QUICK)


async def floods(bench: Bench, said: Sequence[str | Inbound], chat: int = NOOR) -> None:
    """Fetch updates a hundred at a time, as Telegram gives them, and wait for no answer."""
    for first in range(0, len(said), FETCHED):
        await bench.store(*said[first : first + FETCHED], chat=chat)
        bench.conversation.wake(chat)
        await asyncio.sleep(0)


async def sends_all(bench: Bench, chat: int = NOOR) -> list[str]:
    """Send what waits to a chat; the first content key of each."""
    async with writing(bench.engine) as session:
        outbox = Outbox(session, bench.cipher)
        replies = await outbox.replies(chat)
        if replies:
            await outbox.mark_all_sent({row: None for row, _ in replies})
    return [reply["keys"][0] for _, reply in replies]


async def all_answered(bench: Bench, chat: int = NOOR) -> list[str]:
    """Send until nothing waits any more; the keys of all that was sent, in order."""
    keys: list[str] = []

    async def nothing_waits() -> bool:
        keys.extend(await sends_all(bench, chat))
        return all(row.status != "new" for row in await bench.inbox())

    await until(nothing_waits)
    return keys + await sends_all(bench, chat)


async def test_no_more_answers_wait_than_the_chat_can_be_sent(bench: Bench) -> None:
    await floods(bench, [f"bericht {n}" for n in range(40)])
    await until(lambda: len(bench.dialogue.heard) == ANSWERS_WAITING)
    await asyncio.sleep(0.1)
    assert len(bench.dialogue.heard) == ANSWERS_WAITING
    await all_answered(bench)
    assert [text for heard in bench.dialogue.heard for text in heard] == [
        f"bericht {n}" for n in range(40)
    ]


async def test_a_flood_is_told_once_and_its_newest_messages_are_read(bench: Bench) -> None:
    await floods(bench, [f"bericht {n}" for n in range(FLOOD)])
    keys = await all_answered(bench)
    assert keys.count("too_fast") == 1
    heard = [text for texts in bench.dialogue.heard for text in texts]
    assert heard[-UPDATES_WAITING:] == [
        f"bericht {n}" for n in range(FLOOD - UPDATES_WAITING, FLOOD)
    ]
    assert len(heard) < FLOOD / 2
    assert {(row.status, row.sealed) for row in await bench.inbox()} == {("handled", None)}


async def test_the_next_flood_is_told_of_again(bench: Bench) -> None:
    for _ in range(2):
        await floods(bench, ["hoi"] * 2 * FETCHED)
        assert (await all_answered(bench)).count("too_fast") == 1
        await bench.settle()


@pytest.mark.parametrize("place", [0, 7, 130, 321, 498, 499])
async def test_danger_anywhere_in_a_flood_is_read_while_nothing_is_sent(
    bench: Bench, place: int
) -> None:
    flood = [f"bericht {n}" for n in range(FLOOD)]
    flood[place] = DANGER
    await floods(bench, flood)
    await until(lambda: any(DANGER in texts for texts in bench.dialogue.heard))
    await all_answered(bench)


def read_together(bench: Bench) -> bool:
    """Whether danger that no single message held was seen in a turn of several."""
    return any(lexicon().check(texts).level == "act" for texts in bench.dialogue.heard)


# 20: the chat has room for answers still; 198, 199: a look at what waits ends amid the sentence.
@pytest.mark.parametrize("place", [20, 198, 199, 203, 395])
async def test_danger_cut_into_many_messages_is_read_together(bench: Bench, place: int) -> None:
    flood = [f"bericht {n}" for n in range(FLOOD)]
    flood[place : place + 3] = ["ik wil", "niet meer", "leven"]
    await bench.store(*flood)
    bench.conversation.wake(NOOR)
    await until(lambda: read_together(bench))
    await all_answered(bench)


async def test_danger_cut_into_messages_of_a_flood_that_goes_on_is_read_together(
    bench: Bench,
) -> None:
    flood = [f"bericht {n}" for n in range(FLOOD)]
    flood[203:206] = ["ik wil", "niet meer", "leven"]
    await floods(bench, flood)
    await until(lambda: read_together(bench))
    await all_answered(bench)


async def test_danger_between_presses_is_read_at_once(bench: Bench) -> None:
    await floods(bench, [*[PRESS] * 150, DANGER, *[PRESS] * 150])
    await until(lambda: [DANGER] in bench.dialogue.heard)
    await all_answered(bench)


async def test_help_is_given_in_a_flood_while_nothing_is_sent(bench: Bench) -> None:
    await floods(bench, ["hoi"] * 150)

    async def is_full() -> bool:
        return len(await bench.keys()) >= ANSWERS_WAITING

    await until(is_full)
    await floods(bench, [*["hoi"] * 150, "/hulp", *["hoi"] * 150])

    async def lines() -> bool:
        return "help_lines" in await bench.keys()

    await until(lines)
    await all_answered(bench)


async def test_a_flood_of_danger_is_answered_and_ends(bench: Bench) -> None:
    await floods(bench, [DANGER] * FLOOD)
    await all_answered(bench)
    assert [DANGER] in bench.dialogue.heard
    assert len(bench.dialogue.heard) < FLOOD / 5


async def test_every_sort_of_danger_of_a_flood_is_read(bench: Bench) -> None:
    sorts = [DANGER, "hij slaat me elke dag", "mijn vader slaat mij en ik ben twaalf"]
    flood = ["hoi"] * FLOOD
    for at, text in enumerate(sorts):
        flood[120 + 90 * at] = text
    await floods(bench, flood)
    await until(lambda: {t for texts in bench.dialogue.heard for t in texts} >= set(sorts))
    await all_answered(bench)


@pytest.mark.parametrize("kind", ["text", "press", "long text"])
async def test_a_flood_delays_no_other_chat_by_a_second(
    engine: AsyncEngine, cipher: Cipher, content: Content, kind: str
) -> None:
    bench = Bench(engine, cipher, content, now)
    await bench.onboard(NOOR, GOVERT)
    one = {"text": "hoi, ben je er nog?", "press": PRESS, "long text": "wat een verhaal " * 250}
    delays = []
    for _ in range(FLOOD // FETCHED):
        await bench.store(*[one[kind]] * FETCHED, chat=NOOR)
        start = time.monotonic()
        await bench.store("hoi", chat=GOVERT)
        bench.conversation.wake(NOOR)
        bench.conversation.wake(GOVERT)
        waiting = len(delays) + 1

        async def answered(count: int = waiting) -> bool:
            return len(await bench.keys(GOVERT)) == count

        await until(answered)
        delays.append(time.monotonic() - start)
    await all_answered(bench)
    assert max(delays) < 1
    assert statistics.median(delays) < 0.5


async def test_who_types_on_and_on_gets_an_answer_meanwhile(
    engine: AsyncEngine, cipher: Cipher, content: Content, clock: Clock
) -> None:
    bench = Bench(engine, cipher, content, clock, merge=timedelta(seconds=30))
    await bench.store(*["en toen"] * 25)
    bench.conversation.wake(NOOR)
    await until(lambda: bench.dialogue.heard)
    assert bench.dialogue.heard == [["en toen"] * 20]
    clock.advance(minutes=1)
    await bench.hears()


async def test_a_pasted_story_is_one_turn_and_a_book_is_more(
    engine: AsyncEngine, cipher: Cipher, content: Content, clock: Clock
) -> None:
    bench = Bench(engine, cipher, content, clock, merge=timedelta(seconds=30))
    for pieces in (3, 4):
        await bench.store(*["x" * 4096] * pieces)
        clock.advance(minutes=1)
        await bench.hears()
    assert [len(texts) for texts in bench.dialogue.heard] == [3, 3, 1]


@pytest.mark.parametrize("place", [0, 3_000, 4_090, 50_000, 99_900])
def test_the_dangerous_part_of_an_endless_text_is_what_is_read(place: int) -> None:
    text = "wat een verhaal "
    story = (text * 7_000)[:100_000]
    story = f"{story[:place]} {DANGER} {story[place:]}"
    read = readable(Inbound(InboundKind.TEXT, story), lexicon())
    assert DANGER in read.value
    assert len(read.value) <= READ_AT_ONCE


def test_rows_of_short_messages_overlap_far_enough_for_any_sentence() -> None:
    # A sentence cut into half a row lies whole in one of them, wherever it begins.
    assert len(DANGER.split()) <= IN_A_ROW // 2
