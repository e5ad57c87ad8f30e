"""Exercises on Telegram: each can be finished, one paused over a restart and taken up again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.content import Content
from bot.exercises import engine
from tests.emulator import BotMessage, running_emulator

from .person import PATIENCE, Person
from .process import BotProcess
from .wording import Wording

Resident = Callable[[], Person]
ANSWER = "samen koken op zondag"


async def begins(person: Person, name: str, wording: Wording) -> BotMessage:
    """Choose an exercise from the list; who is asked says to be the one who was hurt."""
    await person.tells("/oefeningen")
    await person.taps("Oefening kiezen")
    asked = await person.taps(wording.content.exercises[name].label)
    if wording.says(asked, "exercise_side"):
        asked = await person.taps("Ik werd gekwetst")
    return asked


async def finishes(person: Person, asked: BotMessage, name: str, content: Content) -> BotMessage:
    """Answer whatever is asked: the first option where there are any, else the same words."""
    exercise = content.exercises[name]
    sitting = engine.begin(exercise, "hurt")
    while not sitting.done:
        step = exercise.steps[str(sitting.step)]
        words = step.options[0].label if step.options else ANSWER
        if step.options:
            assert {option.label for option in step.options} <= set(asked.labels)
            asked = await person.taps(words, on=asked)
        else:
            asked = await person.tells(words)
        sitting = engine.answer(exercise, sitting, words)
    return asked


async def test_every_exercise_can_be_finished_and_is_kept(
    resident: Resident, wording: Wording, bot: BotProcess
) -> None:
    async def does(name: str) -> None:
        person = resident()
        last = await finishes(person, await begins(person, name, wording), name, wording.content)
        assert last.labels == ["Veranderen", "Wissen", "Mijn oefeningen"], last.text
        assert wording.content.exercises[name].title in person.dialogue()
        assert ANSWER in last.text
        rows = bot.rows("SELECT * FROM exercises WHERE chat_id = ?", person.chat_id)
        assert [(row["exercise_id"], row["state"]) for row in rows] == [(name, "done")]
        assert ANSWER.encode() not in rows[0]["sealed"]
        if name == "maak_afspraken":
            _, offer = await person.replies(count=2, timeout=PATIENCE)
            wording.expect(offer, "agreement_offer")
        listed = await person.taps("Mijn oefeningen", on=last)
        assert any(wording.content.exercises[name].label in label for label in listed.labels)

    await asyncio.gather(*(does(name) for name in wording.content.exercises))


async def test_an_exercise_outlives_a_restart_and_is_taken_up_where_it_was(
    make_bot: Callable[..., BotProcess], wording: Wording
) -> None:
    async with running_emulator() as telegram:
        bot = make_bot(telegram)
        await bot.start()
        pausing, waiting, killed = people = [Person(telegram) for _ in range(3)]
        await asyncio.gather(*(person.onboards() for person in people))
        asked = await asyncio.gather(*(begins(p, "wat_wel", wording) for p in people))
        assert all(wording.content.exercises["wat_wel"].title in message.text for message in asked)
        second = await asyncio.gather(*(p.tells("de ruzie over de vaat") for p in people))
        assert all("‘de ruzie over de vaat’" in message.text for message in second)
        wording.expect(await pausing.taps("Pauze"), "exercise_paused")

        assert await bot.stop() == 0
        await bot.start()
        # Who paused says so again; who was just asked can simply answer.
        assert "‘de ruzie over de vaat’" in (await pausing.taps("Verder")).text
        third, _ = await asyncio.gather(waiting.tells(ANSWER), pausing.tells(ANSWER))
        assert "Nee, dit is het" in third.labels

        bot.kill()
        await bot.start()
        third = await killed.tells(ANSWER)
        assert "Nee, dit is het" in third.labels
        for person in people:
            await person.taps("Nee, dit is het")
            for _ in range(3):
                done = await person.taps("Sla over")
            assert "de ruzie over de vaat" in done.text
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
