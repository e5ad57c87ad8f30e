"""From inbox to turns: merging, order, several chats, failures, restarts."""

from __future__ import annotations

import asyncio
import inspect
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.bootstrap import now
from bot.content import Content
from bot.conversation import drain
from bot.conversation.dialogue import Dialogue
from bot.conversation.drain import Conversation
from bot.conversation.inbound import Inbound, InboundKind, read_text
from bot.conversation.turn import Superseded, Turn, Turns
from bot.db.encryption import Cipher
from bot.db.models import InboxItem, OutboxItem
from bot.db.repositories import Chats, Inbox, Outbox, Trackers
from bot.db.session import make_engine, reading, writing
from nlu.lexicon import Lexicon
from tests.clock import Clock
from tests.integration.fake_dialogue import FakeDialogue

NOOR, GOVERT = 1, 2
DANGER = "ik wil niet meer leven"
ALWAYS = math.inf
PATIENCE = 10.0  # seconds: far more than anything here takes, far less than what it rules out
LONG = timedelta(seconds=30)


@cache
def lexicon() -> Lexicon:
    return Lexicon.load()


class Bench:
    """A conversation with its database, and a dialogue to be told what to do."""

    def __init__(
        self,
        engine: AsyncEngine,
        cipher: Cipher,
        content: Content,
        clock: Callable[[], Any],
        dialogue: Any = None,
        merge: timedelta = timedelta(0),
    ) -> None:
        self.engine, self.cipher, self.clock = engine, cipher, clock
        self.dialogue = dialogue or FakeDialogue()
        self.turns = Turns(engine, cipher, self.dialogue, content, clock)
        self.conversation = Conversation(
            engine, cipher, self.turns, content, lexicon(), clock, merge
        )
        self._update_id = 0

    async def onboard(self, *chats: int) -> None:
        async with writing(self.engine) as session:
            for chat in chats:
                user = await Chats(session, self.cipher).ensure_user(chat, self.clock())
                user.consented_at = self.clock()

    async def store(self, *said: str | Inbound, chat: int = NOOR) -> None:
        """Store each as an update of its own, in one batch, and wake nobody."""
        batch = []
        for one in said:
            self._update_id += 1
            batch.append((self._update_id, chat, read_text(one) if isinstance(one, str) else one))
        await self.conversation.store(batch)

    async def settle(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.conversation.settle()

    async def hears(self, *said: str | Inbound, chat: int = NOOR) -> None:
        """Store, wake and wait until all is handled."""
        await self.store(*said, chat=chat)
        self.conversation.wake(chat)
        await self.settle()

    async def keys(self, chat: int = NOOR) -> list[str]:
        """The first content key of every reply to a chat, in order."""
        async with reading(self.engine) as session:
            replies = await Outbox(session, self.cipher).replies(chat)
        return [reply["keys"][0] for _, reply in replies]

    async def inbox(self) -> list[InboxItem]:
        async with reading(self.engine) as session:
            return list(await session.scalars(select(InboxItem).order_by(InboxItem.id)))

    @asynccontextmanager
    async def without_inbox(self) -> AsyncIterator[None]:
        """The database does not know the inbox for a while."""

        async def rename(old: str, new: str) -> None:
            async with self.engine.begin() as connection:
                await connection.exec_driver_sql(f"ALTER TABLE {old} RENAME TO {new}")

        await rename("inbox", "inbox_gone")
        try:
            yield
        finally:
            await rename("inbox_gone", "inbox")


def press(data: str) -> Inbound:
    return Inbound(InboundKind.PRESS, data)


@pytest.fixture
async def bench(engine: AsyncEngine, cipher: Cipher, content: Content, clock: Clock) -> Bench:
    """Two users with consent, no merging, a clock that stands still."""
    bench = Bench(engine, cipher, content, clock)
    await bench.onboard(NOOR, GOVERT)
    return bench


@pytest.fixture
def merging(engine: AsyncEngine, cipher: Cipher, content: Content, clock: Clock) -> Bench:
    """Texts within 1.5 seconds form one turn; the clock stands still."""
    return Bench(engine, cipher, content, clock, merge=timedelta(seconds=1.5))


@pytest.fixture
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed turn is tried again at once."""
    monkeypatch.setattr(drain, "RETRY_WAITS", (timedelta(0),) * 3)


@pytest.fixture
def long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed turn is tried again much later than a test lasts."""
    monkeypatch.setattr(drain, "RETRY_WAITS", (LONG,) * 3)


async def until(condition: Callable[[], Any]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found = condition()
            if inspect.isawaitable(found):
                found = await found
            if found:
                return
            await asyncio.sleep(0.01)


def test_the_fake_has_the_methods_of_the_real_dialogue() -> None:
    def methods(kind: type) -> dict[str, list[str]]:
        return {
            name: [p for p in inspect.signature(value).parameters if p != "self"]
            for name, value in inspect.getmembers(kind, inspect.isfunction)
            if not name.startswith("_")
        }

    assert methods(FakeDialogue) == methods(Dialogue)


# --- merging ---------------------------------------------------------------------


async def test_texts_within_the_merge_time_of_each_other_form_one_turn(
    merging: Bench, clock: Clock
) -> None:
    for text, pause in (("ik weet niet", 1.4), ("hoe ik", 1.4), ("verder moet", 1.6), ("hallo", 9)):
        await merging.store(text)
        clock.advance(seconds=pause)
    await merging.hears()
    assert merging.dialogue.heard == [["ik weet niet", "hoe ik", "verder moet"], ["hallo"]]
    assert [row.status for row in await merging.inbox()] == ["handled"] * 4


async def test_a_turn_waits_for_the_next_text_and_no_longer_than_that(
    engine: AsyncEngine, cipher: Cipher, content: Content
) -> None:
    bench = Bench(engine, cipher, content, now, merge=timedelta(seconds=0.8))
    await bench.store("ik")
    bench.conversation.wake(NOOR)
    await asyncio.sleep(0.1)
    assert bench.dialogue.heard == []
    await bench.hears("ben boos")
    assert bench.dialogue.heard == [["ik", "ben boos"]]


async def test_texts_of_different_chats_never_form_one_turn(merging: Bench, clock: Clock) -> None:
    await merging.store("ik ben Noor", chat=NOOR)
    await merging.store("ik ben Govert", chat=GOVERT)
    clock.advance(seconds=9)
    merging.conversation.wake(NOOR)
    merging.conversation.wake(GOVERT)
    await merging.settle()
    assert sorted(merging.dialogue.heard) == [["ik ben Govert"], ["ik ben Noor"]]


async def test_buttons_and_commands_stand_alone_between_texts(merging: Bench, clock: Clock) -> None:
    await merging.onboard(NOOR)
    press = Inbound(InboundKind.PRESS, "coach:tip")
    await merging.store("een", "twee", press, press, "drie", "/tips", "vier", "vijf")
    clock.advance(seconds=9)
    await merging.hears()
    assert merging.dialogue.heard == [
        ["een", "twee"],
        ["[ask_tip]"],
        ["[ask_tip]"],
        ["drie"],
        ["[list_tips]"],
        ["vier", "vijf"],
    ]


async def test_a_button_waits_for_nothing(merging: Bench) -> None:
    await merging.onboard(NOOR)
    await merging.hears(Inbound(InboundKind.PRESS, "coach:tip"))
    assert merging.dialogue.heard == [["[ask_tip]"]]


async def test_without_merge_time_every_text_is_a_turn(bench: Bench) -> None:
    await bench.hears("een", "twee")
    assert bench.dialogue.heard == [["een"], ["twee"]]


async def test_danger_does_not_wait_for_a_next_text(
    engine: AsyncEngine, cipher: Cipher, content: Content, clock: Clock
) -> None:
    bench = Bench(engine, cipher, content, clock, merge=LONG)
    await bench.hears(DANGER)
    assert bench.dialogue.heard == [[DANGER]]


async def test_danger_ends_the_wait_for_a_next_text(
    engine: AsyncEngine, cipher: Cipher, content: Content, clock: Clock
) -> None:
    bench = Bench(engine, cipher, content, clock, merge=LONG)
    await bench.store("hoi")
    bench.conversation.wake(NOOR)
    await asyncio.sleep(0.1)  # the drain has begun to wait
    await bench.hears(DANGER)
    assert bench.dialogue.heard == [["hoi", DANGER]]


@pytest.mark.usefixtures("long_waits")
async def test_danger_does_not_wait_for_the_next_try_of_an_earlier_message(bench: Bench) -> None:
    bench.dialogue.failing["kapot"] = ALWAYS
    await bench.store("kapot")
    bench.conversation.wake(NOOR)
    await until(bench.keys)
    await bench.hears(DANGER)
    assert bench.dialogue.heard[-1] == [DANGER]


# --- order and chats -------------------------------------------------------------


async def test_a_chat_is_answered_in_order_one_turn_at_a_time(bench: Bench) -> None:
    bench.dialogue.held["een"] = asyncio.Event()
    await bench.store("een", "twee", "drie")
    for _ in range(5):
        bench.conversation.wake(NOOR)
    await until(lambda: bench.dialogue.heard)
    await bench.store("vier")
    bench.conversation.wake(NOOR)
    await asyncio.sleep(0.05)
    assert bench.dialogue.heard == [["een"]]
    bench.dialogue.held["een"].set()
    await bench.settle()
    assert bench.dialogue.heard == [["een"], ["twee"], ["drie"], ["vier"]]
    async with reading(bench.engine) as session:
        query = select(OutboxItem.turn_id).order_by(OutboxItem.id)
        assert list(await session.scalars(query)) == [1, 2, 3, 4]


async def test_a_slow_chat_does_not_stall_the_others(bench: Bench) -> None:
    bench.dialogue.held["traag"] = asyncio.Event()
    await bench.store("traag", chat=NOOR)
    bench.conversation.wake(NOOR)
    await until(lambda: bench.dialogue.heard)
    await bench.store("snel", "sneller", chat=GOVERT)
    bench.conversation.wake(GOVERT)
    await until(lambda: len(bench.dialogue.heard) == 3)
    await until(lambda: bench.keys(GOVERT))
    assert await bench.keys(NOOR) == []
    bench.dialogue.held["traag"].set()
    await bench.settle()
    assert len(await bench.keys(NOOR)) == 1
    assert len(await bench.keys(GOVERT)) == 2


async def test_many_chats_at_once_are_all_answered(bench: Bench) -> None:
    chats = range(10, 50)
    await bench.onboard(*chats)
    for chat in chats:
        await bench.store(f"ik ben {chat}", chat=chat)
    for chat in chats:
        bench.conversation.wake(chat)
    await bench.settle()
    assert sorted(bench.dialogue.heard) == [[f"ik ben {chat}"] for chat in chats]
    for chat in chats:
        assert await bench.keys(chat) == ["greet"]


async def test_a_message_that_comes_while_its_chat_is_being_handled_is_not_forgotten(
    bench: Bench,
) -> None:
    async def one_more() -> None:
        await bench.store("nog iets")
        bench.conversation.wake(NOOR)

    bench.dialogue.meanwhile = one_more
    await bench.hears("hoi")
    assert bench.dialogue.heard == [["hoi"], ["nog iets"]]


# --- doubles ---------------------------------------------------------------------


async def test_an_update_that_comes_twice_is_handled_once(bench: Bench) -> None:
    hoi = (7, NOOR, read_text("hoi"))
    await bench.conversation.store([hoi, hoi])
    await bench.hears()
    await bench.conversation.store([hoi])
    await bench.hears()
    assert bench.dialogue.heard == [["hoi"]]
    assert await bench.keys() == ["greet"]


async def test_an_update_that_comes_again_after_a_restart_is_not_handled_again(
    bench: Bench, content: Content, clock: Clock
) -> None:
    hoi = (7, NOOR, read_text("hoi"))
    await bench.conversation.store([hoi])
    await bench.hears()
    clock.advance(hours=20)
    again = Bench(bench.engine, bench.cipher, content, clock)
    assert await again.conversation.resume() == 0
    await again.conversation.store([hoi])
    await again.hears()
    assert again.dialogue.heard == []
    assert await again.keys() == ["greet"]


# --- failures --------------------------------------------------------------------


@pytest.mark.usefixtures("no_waits")
async def test_a_failing_model_gets_three_tries_one_apology_and_a_last_word(bench: Bench) -> None:
    bench.dialogue.failing["kapot"] = ALWAYS
    await bench.hears("kapot", "hoi")
    assert bench.dialogue.heard == [["kapot"]] * 3 + [["hoi"]]
    assert await bench.keys() == ["failed", "failed_for_good", "greet"]
    parked, handled = await bench.inbox()
    assert (parked.status, parked.attempts, parked.error) == ("parked", 3, "ModelError")
    assert handled.status == "handled"


@pytest.mark.usefixtures("no_waits")
async def test_a_turn_that_succeeds_at_the_second_try_is_answered_after_the_apology(
    bench: Bench,
) -> None:
    bench.dialogue.failing["kapot"] = 1
    await bench.hears("kapot")
    assert await bench.keys() == ["failed", "greet"]
    [row] = await bench.inbox()
    assert (row.status, row.sealed, row.error) == ("handled", None, None)


@pytest.mark.usefixtures("long_waits")
async def test_a_failed_message_waits_for_its_moment_and_holds_back_only_its_own_chat(
    bench: Bench, clock: Clock
) -> None:
    bench.dialogue.failing["kapot"] = 1
    await bench.store("kapot", "hoi")
    bench.conversation.wake(NOOR)
    await until(bench.keys)
    await bench.store("hallo", chat=GOVERT)
    bench.conversation.wake(GOVERT)
    await until(lambda: bench.keys(GOVERT))
    assert bench.dialogue.heard == [["kapot"], ["hallo"]]
    clock.advance(seconds=31)
    await bench.hears()
    assert bench.dialogue.heard == [["kapot"], ["hallo"], ["kapot"], ["hoi"]]


async def test_in_a_backlog_a_new_message_does_not_share_the_fate_of_one_that_failed(
    bench: Bench, clock: Clock
) -> None:
    bench.dialogue.failing["kapot"] = ALWAYS
    await bench.store("kapot")
    [item] = await bench.inbox()
    async with writing(bench.engine) as session:
        for _ in range(2):
            await Inbox(session, bench.cipher).mark_failed([item.id], "x", clock(), park=False)
    clock.advance(hours=2)
    await bench.hears("hoi")
    assert bench.dialogue.heard == [["kapot"], ["hoi"]]
    assert [row.status for row in await bench.inbox()] == ["parked", "handled"]


@pytest.mark.usefixtures("no_waits")
@pytest.mark.parametrize("chat", [NOOR, 99], ids=["with consent", "somebody new"])
async def test_danger_gets_the_help_lines_and_a_hold_when_the_model_fails(
    bench: Bench, chat: int
) -> None:
    bench.dialogue.failing[DANGER] = ALWAYS
    await bench.hears(DANGER, chat=chat)
    assert await bench.keys(chat) == ["emergency", "emergency"]
    async with reading(bench.engine) as session:
        replies = await Outbox(session, bench.cipher).replies(chat)
        facts = await Chats(session, bench.cipher).facts(chat, bench.clock())
    for number in ("112", "113", "1813"):
        assert number in replies[0][1]["text"]
    assert facts.hold is not None
    assert (facts.hold.level, facts.hold.kind) == ("act", "suicide")


@pytest.mark.usefixtures("no_waits")
async def test_help_is_given_when_everything_that_decides_fails(bench: Bench) -> None:
    bench.dialogue.broken = True
    await bench.hears("/hulp")
    assert (await bench.keys())[0] == "help_lines"


async def test_a_database_that_fails_is_told_to_who_stores_and_nothing_is_half_stored(
    bench: Bench,
) -> None:
    async with bench.without_inbox():
        with pytest.raises(SQLAlchemyError):
            await bench.store("een", "twee")
    assert await bench.inbox() == []
    await bench.hears("een")
    assert bench.dialogue.heard == [["een"]]


async def test_a_database_that_fails_for_a_while_loses_no_message(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drain, "RETRY_WAITS", (timedelta(seconds=0.2),) * 3)
    await bench.store("hoi")
    async with bench.without_inbox():
        bench.conversation.wake(NOOR)
        await bench.settle()
        assert bench.dialogue.heard == []
    await until(bench.keys)
    assert bench.dialogue.heard == [["hoi"]]


# --- superseded ------------------------------------------------------------------


async def turn_of(bench: Bench, *texts: str) -> Turn:
    await bench.store(*texts)
    ids = [row.id for row in await bench.inbox()]
    return Turn(NOOR, ids, len(ids), [read_text(text) for text in texts])


async def test_a_turn_whose_message_was_handled_meanwhile_writes_nothing(bench: Bench) -> None:
    turn = await turn_of(bench, "hoi")

    async def handled_by_another() -> None:
        async with writing(bench.engine) as session:
            await Inbox(session, bench.cipher).mark_handled(turn.inbox_ids)

    bench.dialogue.meanwhile = handled_by_another
    with pytest.raises(Superseded):
        await bench.turns.run(turn)
    assert await bench.keys() == []
    async with reading(bench.engine) as session:
        assert await Trackers(session, bench.cipher).load(NOOR) == (0, None)
        assert (await Chats(session, bench.cipher).facts(NOOR, bench.clock())).said == {}


async def test_a_turn_whose_conversation_moved_on_writes_nothing_and_is_decided_again(
    bench: Bench, clock: Clock
) -> None:
    async def moved_by_another() -> None:
        async with writing(bench.engine) as session:
            trackers = Trackers(session, bench.cipher)
            assert await trackers.save(NOOR, 0, {"slots": {}, "events": []}, clock())

    turn = await turn_of(bench, "hoi")
    bench.dialogue.meanwhile = moved_by_another
    with pytest.raises(Superseded):
        await bench.turns.run(turn)
    assert await bench.keys() == []
    assert [row.status for row in await bench.inbox()] == ["new"]
    async with reading(bench.engine) as session:
        assert (await Chats(session, bench.cipher).facts(NOOR, bench.clock())).said == {}
    await bench.hears()
    assert await bench.keys() == ["greet"]
    async with reading(bench.engine) as session:
        assert (await Trackers(session, bench.cipher).load(NOOR))[0] == 2


# --- ending and starting ---------------------------------------------------------


async def test_stopping_finishes_the_turn_under_way_and_leaves_the_rest_to_the_next_start(
    bench: Bench, content: Content, clock: Clock
) -> None:
    bench.dialogue.held["een"] = asyncio.Event()
    await bench.store("een", "twee")
    bench.conversation.wake(NOOR)
    await until(lambda: bench.dialogue.heard)
    stopping = asyncio.create_task(bench.conversation.stop())
    await asyncio.sleep(0.02)
    bench.dialogue.held["een"].set()
    async with asyncio.timeout(PATIENCE):
        await stopping
    assert bench.dialogue.heard == [["een"]]
    assert await bench.keys() == ["greet"]
    later = Bench(bench.engine, bench.cipher, content, clock)
    assert await later.conversation.resume() == 1
    await later.settle()
    assert later.dialogue.heard == [["twee"]]


@pytest.mark.usefixtures("long_waits")
async def test_stopping_does_not_wait_for_the_next_try_of_a_failed_message(bench: Bench) -> None:
    bench.dialogue.failing["kapot"] = ALWAYS
    await bench.store("kapot")
    bench.conversation.wake(NOOR)
    await until(bench.keys)
    async with asyncio.timeout(PATIENCE):
        await bench.conversation.stop()
    assert [row.status for row in await bench.inbox()] == ["new"]


async def test_what_was_left_is_handled_at_the_start_with_danger_first(
    engine: AsyncEngine,
    cipher: Cipher,
    content: Content,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(drain, "CHATS_AT_ONCE", 1)
    bench = Bench(engine, cipher, content, clock)
    for chat, text in ((10, "hoi"), (11, "dag"), (12, DANGER), (13, "hallo")):
        await bench.store(text, chat=chat)
    assert await bench.conversation.resume() == 4
    await bench.settle()
    assert bench.dialogue.heard == [[DANGER], ["hoi"], ["dag"], ["hallo"]]


async def test_a_backlog_of_texts_gets_one_answer_that_names_the_delay(
    bench: Bench, clock: Clock
) -> None:
    await bench.store("een")
    clock.advance(minutes=5)
    await bench.store("twee")
    clock.advance(hours=2)
    await bench.conversation.resume()
    await bench.settle()
    assert bench.dialogue.heard == [["een", "twee"]]
    assert await bench.keys() == ["delayed"]


async def test_the_conversation_goes_on_after_everything_was_built_anew(
    stored_at: str, engine: AsyncEngine, settings: Any, content: Content, dialogue: Dialogue,
    clock: Clock,
) -> None:  # fmt: skip
    first = Bench(engine, Cipher(settings.keys()), content, clock, dialogue)
    await first.onboard(NOOR)
    await first.hears("ik voel wantrouwen")
    assert await first.keys() == ["acknowledge.feel_mistrust"]
    await engine.dispose()

    clock.advance(days=1)
    new_engine = make_engine(stored_at)
    second = Bench(new_engine, Cipher(settings.keys()), content, clock, dialogue)
    await second.conversation.resume()
    second._update_id = 100
    await second.hears("gisteren, toen hij zijn telefoon omdraaide")
    assert [key.split(".")[0] for key in await second.keys()] == ["acknowledge", "bridge"]
    async with reading(new_engine) as session:
        facts = await Chats(session, second.cipher).facts(NOOR, clock())
    assert len(facts.given) == 1
    assert facts.asked[0].startswith("feel_mistrust.")
    await new_engine.dispose()


async def test_wordings_take_turns_also_when_the_clock_is_set_back(
    bench: Bench, content: Content, clock: Clock
) -> None:
    variants = len(content.messages["greet"].variants)
    # No more answers than may wait to be sent.
    for _ in range(variants + 3):
        await bench.hears("hoi")
        clock.advance(seconds=-5)
    async with reading(bench.engine) as session:
        replies = await Outbox(session, bench.cipher).replies(NOOR)
    said = [reply["text"] for _, reply in replies]
    assert said[variants:] == said[:3]


@pytest.mark.parametrize("kind", ["bench", "merging"])
async def test_a_clock_that_is_set_back_makes_nobody_wait(
    bench: Bench, merging: Bench, clock: Clock, kind: str
) -> None:
    one = {"bench": bench, "merging": merging}[kind]
    await one.store("hoi")
    clock.advance(minutes=-40)
    one.conversation.wake(NOOR)
    await one.settle()
    assert one.dialogue.heard == [["hoi"]]
