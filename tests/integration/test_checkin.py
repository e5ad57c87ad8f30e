"""Check-ins on the real model and both databases: from a nudge to what is kept of the answer."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.content import Content
from bot.conversation.dialogue import Dialogue
from bot.conversation.drain import Conversation
from bot.conversation.inbound import Inbound, InboundKind
from bot.conversation.routes import Event, press
from bot.conversation.turn import Turns
from bot.db.encryption import Cipher
from bot.db.models import CheckinEntry, ScheduleRow
from bot.db.repositories import CHECKIN, Chats, Entries, Schedules
from bot.db.session import reading, writing
from bot.nudges.loop import Nudges
from bot.nudges.outcomes import Outcome
from bot.skills.checkin_buttons import DAYS, OF_ENTRY, PAUSES, PLAIN, SNOOZES, WITH_VALUE
from nlu.lexicon import Lexicon
from tests.clock import Clock
from tests.integration.test_conversation import CHAT, Person

SUNDAY = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)  # 13:00 in Amsterdam


class Walker(Person):
    """Somebody with a clock, whose schedule and check-ins can be looked at."""

    def __init__(
        self, conversation: Conversation, engine: AsyncEngine, cipher: Cipher, nudges: Nudges,
        clock: Clock,
    ) -> None:  # fmt: skip
        super().__init__(conversation, engine, cipher)
        self.engine, self.cipher, self.nudges, self.clock = engine, cipher, nudges, clock

    async def schedule(self) -> ScheduleRow:
        async with reading(self.engine) as session:
            row = await Schedules(session).get(CHAT, CHECKIN)
        assert row is not None
        return row

    async def entries(self) -> list[CheckinEntry]:
        async with reading(self.engine) as session:
            return list(await session.scalars(select(CheckinEntry).order_by(CheckinEntry.id)))

    async def is_nudged(self) -> Outcome:
        """Time goes on to the next nudge."""
        moment = (await self.schedule()).next_at
        assert moment is not None
        self.clock.moment = moment
        counts, _ = await self.nudges.step()
        # The summary of a week without check-ins, which may have been due on the way.
        [outcome] = set(counts) - {Outcome.EMPTY, Outcome.LATE}
        await self.new_replies()
        return outcome

    async def keys_for(self, what: str) -> tuple[str, ...]:
        """What is read after pressing (with a colon) or saying something."""
        pressed = what.startswith("checkin:")
        return (await (self.presses(what) if pressed else self.says(what))).keys


@pytest.fixture
async def walker(
    engine: AsyncEngine, cipher: Cipher, dialogue: Dialogue, content: Content, clock: Clock
) -> Walker:
    clock.moment = SUNDAY
    turns = Turns(engine, cipher, dialogue, content, clock)
    conversation = Conversation(engine, cipher, turns, content, Lexicon.load(), clock, timedelta(0))
    nudges = Nudges(engine, cipher, content, clock, asyncio.Event())
    async with writing(engine) as session:
        user = await Chats(session, cipher).ensure_user(CHAT, clock())
        user.country, user.consented_at = "BE", clock()
    return Walker(conversation, engine, cipher, nudges, clock)


async def test_a_wish_in_words_becomes_a_row_in_the_users_zone(walker: Walker) -> None:
    await walker.says("stuur me doordeweeks om 21u30 een berichtje")
    row = await walker.schedule()
    assert (row.local_time, row.days, row.zone) == (
        "21:30", "mon,tue,wed,thu,fri", "Europe/Brussels",
    )  # fmt: skip
    assert row.next_at == datetime(2026, 11, 23, 20, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "keys"),
    [
        ("ja", ("checkin_score",)),
        ("7", ("checkin_high_same", "checkin_feeling")),
        ("een 3", ("checkin_low_same", "checkin_feeling")),
        ("nee", ("checkin_not_now",)),
        ("over een uur", ("snoozed",)),
        ("checkin:now", ("checkin_score",)),
        ("checkin:snooze:60", ("snoozed",)),
    ],
)
async def test_a_nudge_is_answered_by_word_or_button(
    walker: Walker, said: str, keys: tuple[str, ...]
) -> None:
    await walker.says("stuur me elke dag om 20:30 een bericht")
    assert await walker.is_nudged() is Outcome.SEND
    walker.clock.advance(minutes=3)
    assert await walker.keys_for(said) == keys
    assert (await walker.schedule()).unanswered == 0


async def test_a_yes_that_answers_no_nudge_starts_nothing(walker: Walker) -> None:
    await walker.says("stuur me elke dag om 20:30 een bericht")
    await walker.is_nudged()
    walker.clock.advance(hours=4)
    await walker.says("ja")
    assert await walker.entries() == []


async def test_a_snooze_moves_one_nudge_and_leaves_the_rhythm(walker: Walker) -> None:
    await walker.says("stuur me elke dag om 20:30 een bericht")
    await walker.is_nudged()
    await walker.presses("checkin:snooze:60")
    assert (await walker.schedule()).next_at == datetime(2026, 11, 22, 20, 30, tzinfo=UTC)
    assert await walker.is_nudged() is Outcome.SEND
    assert (await walker.schedule()).next_at == datetime(2026, 11, 23, 19, 30, tzinfo=UTC)


async def test_whoever_comes_back_gets_the_daily_rhythm_back(walker: Walker) -> None:
    await walker.says("stuur me elke dag om 20:30 een bericht")
    outcomes = [await walker.is_nudged() for _ in range(5)]
    assert outcomes[3] is Outcome.ASK
    weekly = await walker.schedule()
    assert weekly.next_at is not None
    assert weekly.next_at - walker.clock() == timedelta(days=7)
    await walker.says("hoi")
    row = await walker.schedule()
    assert (row.unanswered, row.next_at) == (0, walker.clock() + timedelta(days=1))


async def test_the_question_whether_to_go_on_is_answered_by_button(walker: Walker) -> None:
    await walker.says("stuur me elke dag om 20:30 een bericht")
    while await walker.is_nudged() is not Outcome.ASK:
        pass
    assert await walker.keys_for("checkin:weekly") == ("schedule_weekly",)
    row = await walker.schedule()
    assert (row.days, row.next_at) == ("wed", walker.clock() + timedelta(days=7))
    assert await walker.keys_for("checkin:off") == ("schedule_off",)
    assert (await walker.schedule()).next_at is None


async def test_a_check_in_is_kept_and_its_note_is_encrypted(walker: Walker) -> None:
    note = "vandaag wandelde ik met de hond"
    await walker.says("check-in graag")
    await walker.presses(f"checkin:score:6:{(await walker.entries())[0].id}")
    [entry] = await walker.entries()
    await walker.presses(f"checkin:feel:calm:{entry.id}")
    await walker.says(note)
    [entry] = await walker.entries()
    assert (entry.score, entry.feeling, entry.stage, entry.day) == (
        6, "calm", "done", date(2026, 11, 22),
    )  # fmt: skip
    async with reading(walker.engine) as session:
        assert Entries(session, walker.cipher).note(entry) == note
        rows = await session.execute(text("SELECT sealed FROM checkin_entries"))
        assert all(b"kanaal" not in bytes(sealed) for (sealed,) in rows)


async def test_an_answer_says_whether_it_went_up_or_down(walker: Walker) -> None:
    async def told(score: int) -> str:
        walker.clock.advance(days=1)
        await walker.presses("checkin:now")
        entry = (await walker.entries())[-1]
        reply = await walker.presses(f"checkin:score:{score}:{entry.id}")
        return reply.keys[0]

    assert [await told(score) for score in (5, 5, 8, 2, 2, 1, 0, 4)] == [
        "checkin_mid_same", "checkin_mid_same", "checkin_high_up", "checkin_low_down",
        "checkin_low_down", "checkin_low_down", "checkin_low_same", "checkin_mid_up",
    ]  # fmt: skip


async def test_danger_in_a_note_is_not_kept_and_ends_the_check_in(walker: Walker) -> None:
    await walker.presses("checkin:now")
    [entry] = await walker.entries()
    await walker.presses(f"checkin:score:1:{entry.id}")
    await walker.presses(f"checkin:feel:empty:{entry.id}")
    assert await walker.keys_for("ik wil niet meer leven") == ("crisis_suicide_act",)
    [entry] = await walker.entries()
    assert (entry.stage, entry.sealed) == ("done", None)
    async with writing(walker.engine) as session:
        row = await Schedules(session).add(CHAT, CHECKIN, "", "20:30", ("mon",), "Europe/Brussels")
        row.enabled, row.next_at = True, walker.clock()
    counts, _ = await walker.nudges.step()
    assert counts == {Outcome.FROZEN: 1}


async def test_nobody_reaches_the_check_in_of_another(walker: Walker) -> None:
    async with writing(walker.engine) as session:
        await Chats(session, walker.cipher).ensure_user(CHAT + 1, SUNDAY)
        entries = Entries(session, walker.cipher)
        other = await entries.start(CHAT + 1, SUNDAY.date(), SUNDAY)
        other.score, other.stage = 4, "done"
        entries.write_note(other, "van iemand anders")
    for data in (f"edit:{other.id}", f"erase:{other.id}", f"score:9:{other.id}"):
        assert (await walker.presses(f"checkin:{data}")).keys[0] in {
            "checkin_nothing", "button_past",
        }  # fmt: skip
    [entry] = await walker.entries()
    assert entry.score == 4


async def test_another_zone_keeps_the_time_on_the_clock(walker: Walker) -> None:
    await walker.says("stuur me elke dag om 20:30 een bericht")
    await walker.presses("checkin:zone:America/Curacao")
    row = await walker.schedule()
    assert (row.local_time, row.next_at) == ("20:30", datetime(2026, 11, 23, 0, 30, tzinfo=UTC))


async def test_notes_of_a_note_are_shown_as_they_were_typed(walker: Walker) -> None:
    await walker.presses("checkin:now")
    [entry] = await walker.entries()
    await walker.presses(f"checkin:score:6:{entry.id}")
    await walker.presses(f"checkin:feel:calm:{entry.id}")
    await walker.says("hij zei <b>nee</b> & {told} ging weg")
    reply = await walker.presses("checkin:edit")
    assert "hij zei &lt;b&gt;nee&lt;/b&gt; &amp; {told} ging weg" in reply.text


def test_every_button_of_a_check_in_means_something(content: Content) -> None:
    unknown = []
    for message in content.messages.values():
        for button in (b for row in message.buttons for b in row):
            skill, _, rest = button.press.partition(":")
            verb, _, value = rest.partition(":")
            known = (
                ((verb in PLAIN or verb in OF_ENTRY) and not value)
                or (verb in WITH_VALUE and value)
                or (verb in {"time", "zone", "remind_in"} and value)
                or verb in {"remind", "remind_day"}
                or (verb == "days" and value in DAYS)
                or (verb == "pause" and value in PAUSES)
                or (verb == "snooze" and value in {*SNOOZES, "evening"})
            )  # fmt: skip
            if skill == "checkin" and not known:
                unknown.append(button.press)
    assert unknown == []
    assert press("checkin:now") == Event("press_checkin", {"answer": "now"})


VERBS = [
    *PLAIN,
    *OF_ENTRY,
    *WITH_VALUE,
    "time",
    "days",
    "zone",
    "pause",
    "snooze",
    "remind",
    "remind_day",
    "remind_on",
]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(verb=st.sampled_from(VERBS), rest=st.text("0123456789:ab/²٣", max_size=24))
async def test_whatever_a_button_holds_it_is_answered(walker: Walker, verb: str, rest: str) -> None:
    replies = await walker.does(Inbound(InboundKind.PRESS, f"checkin:{verb}:{rest}"))
    assert replies
    assert all(reply.keys[0] not in {"failed", "failed_for_good"} for reply in replies)
