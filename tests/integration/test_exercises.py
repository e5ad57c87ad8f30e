"""Exercises on real parts: what is stored, for whom, and what danger does to them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.content import Content
from bot.conversation.dialogue import Dialogue
from bot.conversation.drain import Conversation
from bot.conversation.inbound import Inbound, InboundKind
from bot.conversation.turn import Turns
from bot.db.encryption import Cipher
from bot.db.models import ExerciseRow
from bot.db.repositories import Chats, Exercises
from bot.db.repositories.exercises import DONE, OPEN, PAUSED
from bot.db.session import reading, writing
from bot.nudges.outcomes import Outcome
from bot.skills.reply import Reply
from nlu.lexicon import Lexicon
from tests.clock import Clock
from tests.integration.test_checkin import Walker, walker
from tests.integration.test_conversation import CHAT, Person, person

__all__ = ["person", "walker"]

OTHER_CHAT = 43
WORDS = "zwaluwstaartje"
SITTING: dict[str, Any] = {
    "step": "bang", "answers": {"bang": WORDS}, "trail": [], "side": "hurt",
    "relation": None, "other": None, "changing": None,
}  # fmt: skip


@pytest.fixture
async def chats(engine: AsyncEngine, cipher: Cipher, clock: Clock) -> None:
    async with writing(engine) as session:
        for chat in (CHAT, OTHER_CHAT):
            await Chats(session, cipher).ensure_user(chat, clock())


@pytest.mark.usefixtures("chats")
async def test_at_most_one_exercise_of_a_chat_waits_for_an_answer(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    async with writing(engine) as session:
        exercises = Exercises(session, cipher)
        first = await exercises.add(CHAT, "geef_toe", SITTING, clock())
        second = await exercises.add(CHAT, "wat_wel", SITTING, clock())
        other = await exercises.add(OTHER_CHAT, "wat_wel", SITTING, clock())
        states = {row.id: row.state for row in await exercises.listed(CHAT, 0, 9)}
        assert states == {first: PAUSED, second: OPEN}
        await exercises.save(CHAT, first, OPEN, SITTING, clock())
        states = {row.id: row.state for row in await exercises.listed(CHAT, 0, 9)}
        assert states == {first: OPEN, second: PAUSED}
        waiting = await exercises.open(OTHER_CHAT)
        assert waiting is not None
        assert waiting.id == other
    # The database itself holds to it, whatever the code does.
    with pytest.raises(IntegrityError):
        async with writing(engine) as session:
            session.add(
                ExerciseRow(
                    chat_id=CHAT, exercise_id="kans", state=OPEN, sealed=b"", touched_at=clock()
                )
            )


@pytest.mark.usefixtures("chats")
async def test_setting_aside_leaves_a_finished_one_done_and_others_paused(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    async with writing(engine) as session:
        exercises = Exercises(session, cipher)
        done = await exercises.add(CHAT, "geef_toe", SITTING, clock())
        await exercises.save(CHAT, done, OPEN, SITTING, clock(), finished_at=clock())
        await exercises.set_aside(CHAT)
        kept = await exercises.get(CHAT, done)
        assert kept is not None
        assert (kept.state, kept.finished_at) == (DONE, clock())
        assert await exercises.open(CHAT) is None
        assert await exercises.unfinished(CHAT) is None


@pytest.mark.usefixtures("chats")
async def test_an_exercise_is_seen_changed_and_erased_in_its_own_chat_only(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    async with writing(engine) as session:
        exercises = Exercises(session, cipher)
        row_id = await exercises.add(CHAT, "geef_toe", SITTING, clock())
        assert await exercises.get(OTHER_CHAT, row_id) is None
        await exercises.save(OTHER_CHAT, row_id, DONE, {}, clock())
        await exercises.erase(OTHER_CHAT, row_id)
        kept = await exercises.get(CHAT, row_id)
        assert kept is not None
        assert (kept.state, kept.sitting) == (OPEN, SITTING)


@pytest.mark.usefixtures("chats")
async def test_what_is_written_is_encrypted(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    async with writing(engine) as session:
        await Exercises(session, cipher).add(CHAT, "geef_toe", SITTING, clock())
    async with reading(engine) as session:
        [row] = (await session.execute(select(ExerciseRow.__table__))).mappings().all()
    assert WORDS not in repr(row)
    assert cipher.open(row["sealed"])["answers"]["bang"] == WORDS


# --- through the conversation ---------------------------------------------------------


@pytest.fixture
def kept(
    engine: AsyncEngine, cipher: Cipher
) -> Callable[[], Awaitable[list[tuple[str, str, dict[str, str]]]]]:
    """What is stored of the person's exercises: which, state and answers."""

    async def look() -> list[tuple[str, str, dict[str, str]]]:
        async with reading(engine) as session:
            rows = await Exercises(session, cipher).listed(CHAT, 0, 99)
        return [(row.exercise_id, row.state, row.sitting["answers"]) for row in rows]

    return look


def labelled(reply: Reply, label: str) -> str:
    return next(b.press for row in reply.buttons for b in row if label in b.label)


async def test_a_fragment_of_a_message_belongs_to_the_answer(
    engine: AsyncEngine, cipher: Cipher, dialogue: Dialogue, content: Content, clock: Clock,
    kept: Callable[[], Awaitable[list[tuple[str, str, dict[str, str]]]]],
) -> None:  # fmt: skip
    turns = Turns(engine, cipher, dialogue, content, clock)
    merging = Conversation(
        engine, cipher, turns, content, Lexicon.load(), clock, timedelta(seconds=0.05)
    )
    async with writing(engine) as session:
        user = await Chats(session, cipher).ensure_user(CHAT, clock())
        user.country, user.consented_at = "NL", clock()
    somebody = Person(merging, engine, cipher)
    await somebody.presses("exercise:start:wat_wel")
    typed = [Inbound(InboundKind.TEXT, "de vaat"), Inbound(InboundKind.TEXT, "en de was")]
    await merging.store([(900 + n, CHAT, inbound) for n, inbound in enumerate(typed)])
    clock.advance(seconds=1)
    merging.wake(CHAT)
    await merging.settle()
    [(_, state, answers)] = await kept()
    assert (state, answers) == (OPEN, {"niet": "de vaat\nen de was"})


@pytest.mark.parametrize(
    ("words", "level"), [("ik wil niet meer leven", "act"), ("ik wil dat het ophoudt, dood", "")]
)
async def test_danger_in_a_free_text_of_a_step_is_heard_before_the_exercise(
    person: Person,
    words: str,
    level: str,
    kept: Callable[[], Awaitable[list[tuple[str, str, dict[str, str]]]]],
) -> None:
    await person.presses("exercise:start:wat_wel")
    answer = await person.says(words)
    assert answer.keys[0].startswith("crisis_suicide")
    assert not level or answer.keys == (f"crisis_suicide_{level}",)
    # The words are no answer, and nothing about the exercise is said.
    assert await kept() == [("wat_wel", PAUSED, {})]
    later = await person.says("samen koken op zondag")
    assert not any(key.startswith("exercise") for key in later.keys)
    assert await kept() == [("wat_wel", PAUSED, {})]


@pytest.mark.parametrize("name", ["list", "choose", "start:wat_wel", "go:1", "open:1", "answer"])
async def test_during_a_hold_no_button_of_an_exercise_does_anything(
    person: Person, name: str
) -> None:
    await person.says("ik wil niet meer leven")
    assert (await person.presses(f"exercise:{name}")).keys[0] in ("hold", "button_past")


async def test_every_step_of_every_exercise_hears_danger_first(
    person: Person, content: Content
) -> None:
    for name in content.exercises:
        asked = await person.presses(f"exercise:start:{name}")
        if asked.keys == ("exercise_side",):
            asked = await person.presses(labelled(asked, "Ik werd gekwetst"))
        assert asked.keys[-1] == f"exercise.{name}.{content.exercises[name].first}"
        assert (await person.says("ik ga een einde aan mijn leven maken")).keys == (
            "crisis_suicide_act",
        )
        await person.presses("safety:safe")
        assert (await person.presses("safety:resume")).keys == ("hold_ended",)


@pytest.mark.parametrize("flag", ["violence", "control", "fear"])
async def test_a_gate_withholds_the_exercise_as_it_withholds_the_tip(
    person: Person, engine: AsyncEngine, cipher: Cipher, clock: Clock, content: Content, flag: str
) -> None:
    begun = await person.presses("exercise:start:maak_afspraken")
    begun = await person.presses(labelled(begun, "Ik werd gekwetst"))
    row = labelled(begun, "Pauze").split(":")[2]
    async with writing(engine) as session:
        await Chats(session, cipher).add_gate(CHAT, "any", flag, clock())
    assert (await person.presses(f"exercise:go:{row}")).keys == ("no_safe_tip",)
    assert (await person.presses("exercise:start:durf_te_delen")).keys == ("no_safe_tip",)
    chosen = await person.presses("exercise:choose")
    offered = {b.press.rpartition(":")[2] for r in chosen.buttons for b in r}
    safe = {name for name in content.exercises if not content.withholds([flag], "exercises", name)}
    assert (offered & content.exercises.keys()) == safe
    assert (await person.says("over wie de kinderen haalt")).keys == ("no_safe_tip",)


async def test_changing_leaving_and_erasing_what_was_kept(
    person: Person, kept: Callable[[], Awaitable[list[tuple[str, str, dict[str, str]]]]]
) -> None:
    await person.presses("exercise:start:wat_wel")
    await person.says("de ruzie over de vaat")
    await person.says("samen koken")
    asked = await person.says("Nee, dit is het")
    for _ in range(3):
        asked = await person.presses(labelled(asked, "Sla over"))
    assert asked.keys == ("exercise_result", "exercise_done")
    menu = await person.presses(labelled(asked, "Veranderen"))
    change = await person.presses(labelled(menu, "samen koken"))
    assert "samen koken" in change.text
    left = await person.presses("exercise:" + labelled(menu, "Toch niet").removeprefix("exercise:"))
    assert left.keys == ("exercise_result", "exercise_opened")
    await person.presses(labelled(menu, "samen koken"))
    changed = await person.says("om de beurt koken <b>echt</b> & {niet}")
    assert changed.keys == ("exercise_result", "exercise_changed")
    assert "om de beurt koken &lt;b&gt;echt&lt;/b&gt; &amp; {niet}" in changed.text
    [(_, state, answers)] = await kept()
    assert (state, answers["wel"]) == (DONE, "om de beurt koken <b>echt</b> & {niet}")
    # Nothing is waited for any more: what is typed now is for the coach.
    assert (await person.says("hoi")).keys == ("greet",)
    confirm = await person.presses(labelled(changed, "Wissen"))
    assert confirm.keys == ("exercise_erase",)
    assert len(await kept()) == 1
    assert (await person.presses(labelled(confirm, "Ja"))).keys == ("exercise_erased",)
    assert await kept() == []
    assert (await person.presses(labelled(changed, "Veranderen"))).keys == ("exercise_gone",)


async def test_a_second_start_offers_to_go_on_or_to_begin_anew(
    person: Person, kept: Callable[[], Awaitable[list[tuple[str, str, dict[str, str]]]]]
) -> None:
    await person.presses("exercise:start:wat_wel")
    await person.says("het zwijgen aan tafel")
    offer = await person.presses("exercise:start:wat_wel")
    assert offer.keys == ("exercise_begun",)
    go = await person.presses(labelled(offer, "Verder"))
    assert go.keys == ("exercise_resumed", "exercise.wat_wel.wel")
    anew = await person.presses(labelled(offer, "Opnieuw"))
    assert anew.keys == ("exercise_begin", "exercise.wat_wel.niet")
    assert await kept() == [("wat_wel", OPEN, {})]


async def test_a_very_long_answer_is_asked_for_in_short(person: Person) -> None:
    await person.presses("exercise:start:wat_wel")
    long = "We deden samen de vaat en maakten een wandeling. " * 40
    assert (await person.says(long)).keys == ("exercise_long",)


@pytest.mark.parametrize(
    "data",
    [
        "exercise:go:999999", "exercise:go:x", "exercise:open:" + "9" * 30, "exercise:start:niets",
        "exercise:option:1:niet:0", "exercise:side:hurt:7", "exercise:change:1:niet",
        "exercise:again:", "exercise:erased:-1", "exercise:keep:1", "exercise:list:99999",
    ],
)  # fmt: skip
async def test_an_old_or_forged_button_says_so_kindly(person: Person, data: str) -> None:
    reply = await person.presses(data)
    assert reply.keys[0] in {"exercise_gone", "button_past", "exercises_list"}


async def test_many_exercises_are_listed_a_page_at_a_time(
    person: Person, engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    async with writing(engine) as session:
        exercises = Exercises(session, cipher)
        for _ in range(11):
            row_id = await exercises.add(CHAT, "wat_wel", {**SITTING, "step": None}, clock())
            await exercises.save(CHAT, row_id, DONE, {**SITTING, "step": None}, clock(), clock())
    first = await person.presses("exercise:list")
    assert len(first.buttons) == 8 + 2
    second = await person.presses(labelled(first, "Eerdere"))
    assert len(second.buttons) == 3 + 1
    pressed = [b.press for reply in (first, second) for row in reply.buttons for b in row]
    assert len({press for press in pressed if press.startswith("exercise:open:")}) == 11


async def test_a_paused_exercise_comes_back_the_next_day_and_once_resumed_no_more(
    walker: Walker,
) -> None:
    await walker.presses("exercise:start:geef_toe")
    await walker.presses("exercise:side:hurt:1")
    await walker.says(WORDS)
    paused = await walker.presses("exercise:pause:1")
    assert paused.keys == ("exercise_paused",)
    assert (await walker.presses(labelled(paused, "Morgen"))).keys == ("remind_set",)
    walker.clock.moment = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
    assert (await walker.nudges.step())[0] == {Outcome.SEND: 1}
    [nudge] = await walker.new_replies()
    assert nudge.keys == ("nudge_exercise",)
    resumed = await walker.presses(nudge.buttons[0][0].press)
    assert resumed.keys[0] == "exercise_resumed"
    await walker.presses("exercise:pause:1")
    await walker.presses("exercise:tomorrow:1")
    await walker.presses("exercise:go:1")
    walker.clock.advance(days=1)
    assert (await walker.nudges.step())[0] == {}
