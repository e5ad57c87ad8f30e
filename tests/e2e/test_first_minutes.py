"""From /start to consent: what may happen before it, and what may not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.emulator import BotMessage

from .person import Person
from .process import BotProcess
from .wording import Wording

Newcomer = Callable[[], Person]
Resident = Callable[[], Person]
CONSENT = ["Ja, ik ben 16+", "Liever niet", "Ik ben jonger", "Wat bewaar je?"]


async def test_start_says_that_it_is_a_program_and_no_substitute_for_care(
    newcomer: Newcomer, wording: Wording
) -> None:
    welcome = await newcomer().tells("/start")
    wording.expect(welcome, "start", "ask_country")
    assert "programma, geen mens" in welcome.text
    assert "arts of therapeut vervang ik niet" in welcome.text
    assert "/hulp" in welcome.text
    assert welcome.buttons == [["Nederland", "België"]]


async def test_consent_is_asked_after_the_country_and_given_by_an_explicit_yes(
    newcomer: Newcomer, wording: Wording, bot: BotProcess
) -> None:
    person = newcomer()
    await person.tells("/start")
    question = await person.taps("België")
    wording.expect(question, "ask_consent")
    assert question.labels == CONSENT
    [user] = bot.rows("SELECT * FROM users WHERE chat_id = ?", person.chat_id)
    assert (user["country"], user["consented_at"]) == ("BE", None)

    wording.expect(await person.taps("Ja, ik ben 16+"), "consent_given")
    [user] = bot.rows("SELECT * FROM users WHERE chat_id = ?", person.chat_id)
    assert user["consented_at"] is not None
    lines = await person.tells("/hulp")
    assert "1813" in lines.text
    assert "0800-0113" not in lines.text


async def test_before_consent_everything_else_leads_back_to_the_open_question(
    newcomer: Newcomer, wording: Wording, bot: BotProcess
) -> None:
    async def tries(text: str, answered_country: bool) -> tuple[Person, BotMessage]:
        person = newcomer()
        await person.tells("/start")
        if answered_country:
            await person.taps("Nederland")
        return person, await person.tells(text)

    texts = ("er is tegen me gelogen", "geef me een tip", "ja", "/tip", "/tips", "/help", "/xyz")
    outcomes = await asyncio.gather(*(tries(text, known) for text in texts for known in (0, 1)))
    for person, answer in outcomes:
        country = bot.rows("SELECT country FROM users WHERE chat_id = ?", person.chat_id)
        wording.expect(answer, "consent_first", "ask_consent" if country else "ask_country")
        kept = bot.rows_about(person.chat_id)
        assert kept.keys() <= {"users", "inbox", "outbox"}


async def test_before_consent_an_old_button_leads_back_to_the_open_question(
    newcomer: Newcomer, wording: Wording
) -> None:
    person = newcomer()
    welcome = await person.tells("/start")
    wording.expect(await person.forges("coach:tip", welcome), "consent_first", "ask_country")
    wording.expect(await person.forges("mean:lied_to", welcome), "consent_first", "ask_country")


async def test_privacy_and_help_lines_need_no_consent(newcomer: Newcomer, wording: Wording) -> None:
    person = newcomer()
    privacy = await person.tells("/privacy")
    wording.expect(privacy, "safety_not_reviewed", "privacy")
    lines = await person.tells("/hulp")
    wording.expect(lines, "help_lines")
    for number in ("112", "0800-0113", "0800-2000", "1813", "1712"):  # both countries
        assert number in lines.text
    wording.expect(await person.tells("oké"), "consent_first", "ask_country")


async def test_danger_is_answered_before_consent(newcomer: Newcomer, wording: Wording) -> None:
    person = newcomer()
    answer = await person.tells("ik wil niet meer leven")
    wording.expect(answer, "crisis_suicide_act")
    assert "0800-0113" in answer.text
    assert "1813" in answer.text
    wording.expect(await person.tells("geef me een tip"), "hold")


async def test_somebody_younger_gets_the_lines_for_young_people(
    newcomer: Newcomer, wording: Wording, bot: BotProcess
) -> None:
    person = newcomer()
    await person.tells("/start")
    await person.taps("Nederland")
    answer = await person.taps("Ik ben jonger")
    wording.expect(answer, "under_sixteen")
    for line in ("Kindertelefoon", "0800-0432", "Awel", "102", "112"):
        assert line in answer.text
    wording.expect(await person.tells("geef me een tip"), "consent_first", "ask_consent")
    [user] = bot.rows("SELECT * FROM users WHERE chat_id = ?", person.chat_id)
    assert user["consented_at"] is None


async def test_consent_refused_leaves_the_door_open(
    newcomer: Newcomer, wording: Wording, bot: BotProcess
) -> None:
    person = newcomer()
    await person.tells("/start")
    await person.taps("België")
    wording.expect(await person.taps("Liever niet"), "consent_refused")
    [user] = bot.rows("SELECT * FROM users WHERE chat_id = ?", person.chat_id)
    assert user["consented_at"] is None
    wording.expect(await person.tells("/start"), "start", "ask_consent")


async def test_start_again_welcomes_back_and_asks_nothing_twice(
    resident: Resident, wording: Wording
) -> None:
    person = resident()
    wording.expect(await person.tells("/start"), "welcome_back")
    question = await person.tells("ik voel wantrouwen")
    assert wording.asks(question)
