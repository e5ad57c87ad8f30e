"""Danger gets help lines, also when the bot itself is in trouble; and then no tips."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest_asyncio

from tests.emulator import BotMessage

from .person import ANSWER, Person
from .process import BotProcess
from .wording import Wording

Resident = Callable[[], Person]
Newcomer = Callable[[], Person]
DANGER = "ik wil niet meer leven"


async def test_danger_gets_help_lines_and_freezes_tips_until_the_user_chooses(
    resident: Resident, wording: Wording
) -> None:
    person = resident()
    answer = await person.tells(DANGER)
    wording.expect(answer, "crisis_suicide_act")
    assert "0800-0113" in answer.text
    assert "112" in answer.text
    wording.expect(await person.forges("safety:resume", answer), "hold")  # not asked yet
    wording.expect(await person.taps("Ik ben veilig", on=answer), "hold_choose")
    wording.expect(await person.tells("/tip"), "hold_choose")
    wording.expect(await person.taps("Verder praten"), "hold_ended")
    wording.a_tip(await person.gets_tip())


async def test_during_the_hold_nothing_gives_a_tip(resident: Resident, wording: Wording) -> None:
    async def in_danger(asks: Callable[[Person, BotMessage], Awaitable[BotMessage]]) -> None:
        person = resident()
        tip = await person.gets_tip()
        wording.a_tip(tip)
        await person.tells(DANGER)
        wording.expect(await asks(person, tip), "hold")

    def types(text: str) -> Callable[[Person, BotMessage], Awaitable[BotMessage]]:
        return lambda person, tip: person.tells(text)

    def presses(label: str) -> Callable[[Person, BotMessage], Awaitable[BotMessage]]:
        return lambda person, tip: person.taps(label, on=tip)

    await asyncio.gather(
        *(in_danger(types(text)) for text in ("geef me een tip", "/tip", "/tips")),
        *(in_danger(presses(label)) for label in ("Andere tip", "Liever een vraag", "Waarom")),
        in_danger(lambda person, tip: person.forges("tip:wat_wel", tip)),
    )


async def test_violence_shows_no_number_but_112_before_the_neutral_button(
    resident: Resident, wording: Wording
) -> None:
    person = resident()
    answer = await person.tells("mijn man slaat me")
    wording.expect(answer, "crisis_violence_act")
    assert set(_numbers(answer)) <= {"112"}
    assert "Thuis" not in answer.text
    lines = await person.taps("Meer", on=answer)
    assert wording.says(lines, "violence_numbers")
    assert "0800-2000" in lines.text
    wording.expect(await person.taps("Nee, nu niet", on=answer), "clear_chat")


@pytest_asyncio.fixture(loop_scope="session")
async def no_inbox(bot: BotProcess) -> AsyncIterator[Callable[[], None]]:
    """The database refuses to store, as a full disk or a damaged file would; call it to mend."""
    bot.change("ALTER TABLE inbox RENAME TO inbox_away")

    def mend() -> None:
        if bot.rows("SELECT 1 FROM sqlite_master WHERE name = 'inbox_away'"):
            bot.change("ALTER TABLE inbox_away RENAME TO inbox")

    yield mend
    mend()


async def test_without_a_database_danger_and_hulp_still_get_lines(
    newcomer: Newcomer,
    resident: Resident,
    no_inbox: Callable[[], None],
    wording: Wording,
    bot: BotProcess,
) -> None:
    in_danger, asking, talking = resident(), newcomer(), resident()
    await talking.says("ik voel wantrouwen")
    await in_danger.says(DANGER)
    await asking.says("/hulp")
    for person, key in ((in_danger, "emergency"), (asking, "help_lines")):
        answer = await person.reply()
        assert wording.says(answer, key)
        assert "0800-0113" in answer.text
        assert "1813" in answer.text
    assert talking.received(talking._mark) == []

    # Nothing was lost: mended, the database gets the same updates again.
    mended = talking.position
    no_inbox()
    [question] = await talking.replies(after=mended, count=1, timeout=40)
    assert wording.asks(question)
    [answer] = await in_danger.replies(after=mended, count=1)
    wording.expect(answer, "crisis_suicide_act")
    wording.expect((await asking.replies(after=mended, count=1))[0], "help_lines")


async def test_when_a_turn_fails_danger_and_hulp_still_get_lines(
    resident: Resident, wording: Wording, bot: BotProcess
) -> None:
    in_danger, asking, talking = resident(), resident(), resident()
    for person in (in_danger, asking, talking):
        await person.tells("ik voel wantrouwen")
    whole = {p.chat_id: _sealed_tracker(bot, p) for p in (in_danger, asking, talking)}
    for chat_id in whole:
        _seal_tracker(bot, chat_id, b"damaged")

    await in_danger.says(DANGER)
    await asking.says("/hulp")
    await talking.says(ANSWER)
    emergency = await in_danger.reply()
    assert wording.says(emergency, "emergency")
    assert "0800-0113" in emergency.text
    assert "0800-0113" in (await asking.reply()).text
    wording.expect(await talking.reply(), "failed")
    hold = "SELECT level, kind FROM safety_holds WHERE chat_id = ?"
    assert bot.rows(hold, in_danger.chat_id) == [{"level": "act", "kind": "suicide"}]

    # The message is still there: as soon as the turn can run, it is answered.
    mended = talking.position
    for chat_id, sealed in whole.items():
        _seal_tracker(bot, chat_id, sealed)
    [tip] = await talking.replies(after=mended, count=1, timeout=20)
    wording.a_tip(tip)
    [answer] = await in_danger.replies(after=mended, count=1, timeout=20)
    wording.expect(answer, "crisis_suicide_act")


def _numbers(message: BotMessage) -> list[str]:
    """Everything that could be dialled."""
    return [re.sub(r"\D", "", found) for found in re.findall(r"\d[\d \-]{2,}", message.text)]


def _sealed_tracker(bot: BotProcess, person: Person) -> bytes:
    [row] = bot.rows("SELECT sealed FROM trackers WHERE chat_id = ?", person.chat_id)
    return bytes(row["sealed"])


def _seal_tracker(bot: BotProcess, chat_id: int, sealed: bytes) -> None:
    bot.change("UPDATE trackers SET sealed = ? WHERE chat_id = ?", sealed, chat_id)
