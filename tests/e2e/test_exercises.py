"""Exercises on Telegram: each can be finished, paused over a restart and taken up again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.exercises import engine
from bot.exercises.check import MOST_STEPS
from bot.exercises.engine import Sitting
from bot.exercises.exercise import Exercise
from tests.emulator import BotMessage, running_emulator

from .person import PATIENCE, Person
from .process import BotProcess
from .wording import Wording

Resident = Callable[[], Person]
ANSWER = "samen koken op zondag"
BEFORE = "de ruzie over de vaat"


async def begins(person: Person, name: str, wording: Wording) -> BotMessage:
    """Choose an exercise from the list; who is asked says to be the one who was hurt."""
    await person.tells("/oefeningen")
    await person.taps("Oefening kiezen")
    asked = await person.taps(wording.content.exercises[name].label)
    if wording.says(asked, "exercise_side"):
        asked = await person.taps("Ik werd gekwetst")
    return asked


async def answers(
    person: Person,
    asked: BotMessage,
    exercise: Exercise,
    sitting: Sitting,
    words: str = ANSWER,
    steps: int = MOST_STEPS,
) -> tuple[BotMessage, Sitting]:
    """Answer so many steps: the first option where there are any, else the same words."""
    for _ in range(steps):
        if sitting.done:
            break
        step = exercise.steps[str(sitting.step)]
        typed = step.options[0].label if step.options else words
        if step.options:
            assert {option.label for option in step.options} <= set(asked.labels)
            asked = await person.taps(typed, on=asked)
        else:
            asked = await person.tells(typed)
        sitting = engine.answer(exercise, sitting, typed)
    return asked, sitting


async def test_every_exercise_can_be_finished_and_is_kept(
    resident: Resident, wording: Wording, bot: BotProcess
) -> None:
    async def does(name: str) -> None:
        person = resident()
        exercise = wording.content.exercises[name]
        asked = await begins(person, name, wording)
        last, _ = await answers(person, asked, exercise, engine.begin(exercise, "hurt"))
        assert last.labels == ["Veranderen", "Wissen", "Mijn oefeningen"], last.text
        assert exercise.title in person.dialogue()
        assert ANSWER in last.text
        rows = bot.rows("SELECT * FROM exercises WHERE chat_id = ?", person.chat_id)
        assert [(row["exercise_id"], row["state"]) for row in rows] == [(name, "done")]
        assert ANSWER.encode() not in rows[0]["sealed"]
        if name == "maak_afspraken":
            _, offer = await person.replies(count=2, timeout=PATIENCE)
            wording.expect(offer, "agreement_offer")
        listed = await person.taps("Mijn oefeningen", on=last)
        assert any(exercise.label in label for label in listed.labels)

    await asyncio.gather(*(does(name) for name in wording.content.exercises))


async def pauses(person: Person, name: str, wording: Wording) -> Sitting:
    """Answer two steps of an exercise and pause."""
    exercise = wording.content.exercises[name]
    asked, sitting = await begins(person, name, wording), engine.begin(exercise, "hurt")
    asked, sitting = await answers(person, asked, exercise, sitting, BEFORE, steps=2)
    wording.expect(await person.taps("Pauze", on=asked), "exercise_paused")
    return sitting


async def goes_on(person: Person, name: str, sitting: Sitting, wording: Wording) -> None:
    """Take a paused exercise up where it was, and finish it."""
    exercise = wording.content.exercises[name]
    last, done = await answers(person, await person.taps("Verder"), exercise, sitting)
    assert done.done
    assert exercise.title in person.dialogue()
    # What was written before the pause is in what is kept, beside what came after it.
    assert BEFORE in last.text, name
    assert ANSWER in last.text, name


async def test_every_exercise_outlives_a_restart_and_is_taken_up_where_it_was(
    make_bot: Callable[..., BotProcess], wording: Wording
) -> None:
    async with running_emulator() as telegram:
        bot = make_bot(telegram)
        await bot.start()
        names = list(wording.content.exercises)
        pausing = [Person(telegram) for _ in names]
        waiting, killed = asked = [Person(telegram) for _ in range(2)]
        await asyncio.gather(*(person.onboards() for person in (*pausing, *asked)))
        sittings = await asyncio.gather(
            *(pauses(person, name, wording) for person, name in zip(pausing, names, strict=True))
        )
        await asyncio.gather(*(begins(person, "wat_wel", wording) for person in asked))
        await asyncio.gather(*(person.tells(BEFORE) for person in asked))

        assert await bot.stop() == 0
        await bot.start()
        # Who paused says so again; who was just asked can simply answer.
        taken_up = zip(pausing, names, sittings, strict=True)
        await asyncio.gather(*(goes_on(*one, wording) for one in taken_up))
        assert "Nee, dit is het" in (await waiting.tells(ANSWER)).labels

        bot.kill()
        await bot.start()
        assert "Nee, dit is het" in (await killed.tells(ANSWER)).labels
        for person in asked:
            await person.taps("Nee, dit is het")
            for _ in range(3):
                done = await person.taps("Sla over")
            assert BEFORE in done.text
            assert ANSWER in done.text
        bot.kill()
        assert telegram.violations == []


async def test_danger_in_an_exercise_gets_the_help_lines_and_freezes_it(
    resident: Resident, wording: Wording, bot: BotProcess
) -> None:
    person = resident()
    await begins(person, "wat_wel", wording)
    wording.expect(await person.tells("ik wil niet meer leven"), "crisis_suicide_act")
    wording.expect(await person.tells("/oefeningen"), "hold")
    [row] = bot.rows("SELECT state FROM exercises WHERE chat_id = ?", person.chat_id)
    assert row["state"] == "paused"
