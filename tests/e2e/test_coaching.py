"""Questions, tips and their buttons, as somebody with a phone meets them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest_asyncio

from bot.content import Content

from .person import ANSWER, Person
from .process import BotProcess
from .wording import Wording

Resident = Callable[[], Person]
UNDER_A_TIP = [
    ["Dit hielp", "Dit hielp niet"],
    ["Andere tip", "Liever een vraag"],
    ["Waarom deze tip?", "Vertel meer"],
    ["Oefening", "Bewaar", "Later"],
]

VAGUE = (
    "alles is anders",
    "het gaat niet goed tussen ons",
    "hij heeft het weer gedaan",
    "wat zij gisteren zei",
    "het is weer zover",
    "mijn zus zegt niks",
    "dat van toen met die ander",
    "het is allemaal een beetje gek nu",
)


async def test_mistrust_gets_a_question_and_the_answer_gets_a_tip(
    resident: Resident, wording: Wording
) -> None:
    person = resident()
    question = await person.tells("ik voel wantrouwen")
    concern = wording.content.concerns["feel_mistrust"]
    assert wording.asks_about(question, concern)
    assert question.text.endswith("?")
    assert not question.labels
    tip = await person.tells(ANSWER)
    wording.a_tip(tip)
    assert tip.buttons == UNDER_A_TIP


async def test_each_button_under_a_tip_does_what_it_says(
    resident: Resident, wording: Wording, bot: BotProcess
) -> None:
    async def presses(label: str):
        person = resident()
        first = await person.gets_tip()
        return person, wording.a_tip(first), await person.taps(label)

    labels = [label for row in UNDER_A_TIP for label in row]
    outcomes = await asyncio.gather(*(presses(label) for label in labels))
    by_label = dict(zip(labels, outcomes, strict=True))

    _, tip, why = by_label["Waarom deze tip?"]
    wording.expect(why, "reason_general", "why_tip")
    assert tip.why in why.text

    _, tip, more = by_label["Vertel meer"]
    assert tip.more in more.text

    person, tip, saved = by_label["Bewaar"]
    wording.expect(saved, "tip_saved")
    kept = bot.rows("SELECT tip_id FROM saved_tips WHERE chat_id = ?", person.chat_id)
    assert [row["tip_id"] for row in kept] == [tip.id]

    _, tip, when = by_label["Later"]
    wording.expect(when, "remind_ask")

    _, tip, other = by_label["Andere tip"]
    assert wording.a_tip(other).id != tip.id
    assert other.buttons == UNDER_A_TIP

    _, tip, question = by_label["Liever een vraag"]
    assert wording.asks(question)
    assert wording.tip(question) is None

    for label, key, verdict in (
        ("Dit hielp", "tip_helped", 1),
        ("Dit hielp niet", "tip_unhelped", 0),
    ):
        person, tip, thanks = by_label[label]
        wording.expect(thanks, key)
        rows = bot.rows("SELECT * FROM given_tips WHERE chat_id = ?", person.chat_id)
        assert [(row["tip_id"], row["helped"]) for row in rows] == [(tip.id, verdict)]


async def test_the_buttons_of_an_old_tip_are_about_that_tip(
    resident: Resident, wording: Wording, bot: BotProcess
) -> None:
    async def has_two_tips():
        person = resident()
        old = await person.gets_tip()
        return person, old, await person.taps("Andere tip")

    (asker, old, new), (voter, voted, _) = await asyncio.gather(has_two_tips(), has_two_tips())
    why, thanks, other, question = await asyncio.gather(
        asker.taps("Waarom deze tip?", on=old),
        voter.taps("Dit hielp niet", on=voted),
        *(person.taps(label, on=tip) for person, tip, label in await _more_old_tips(resident)),
    )
    assert wording.a_tip(old).why in why.text
    assert wording.a_tip(new).why not in why.text
    wording.expect(thanks, "tip_unhelped")
    given = bot.rows("SELECT tip_id, helped FROM given_tips WHERE chat_id = ?", voter.chat_id)
    assert {row["tip_id"]: row["helped"] for row in given}[wording.a_tip(voted).id] == 0
    assert sum(row["helped"] is not None for row in given) == 1
    wording.a_tip(other)
    assert wording.asks(question)


async def _more_old_tips(resident: Resident):
    async def has(label: str):
        person = resident()
        old = await person.gets_tip()
        await person.taps("Waarom deze tip?")
        return person, old, label

    return await asyncio.gather(has("Andere tip"), has("Liever een vraag"))


async def test_who_asks_for_a_tip_gets_one_at_once(resident: Resident, wording: Wording) -> None:
    people = [resident(), resident()]
    for tip in await asyncio.gather(people[0].tells("geef me een tip"), people[1].tells("/tip")):
        wording.a_tip(tip)
        assert tip.buttons == UNDER_A_TIP


async def test_all_fifteen_tips_can_be_chosen_by_button(
    resident: Resident, wording: Wording
) -> None:
    person = resident()
    listing = await person.tells("/tips")
    assert wording.says(listing, "list_tips")
    assert len(listing.labels) == 15
    assert [len(row) for row in listing.buttons] == [1] * 15
    tip = wording.a_tip(await person.taps("12. ", on=listing))
    assert tip.number == 12


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def unclear(residents: list[Person], content: Content) -> str:
    """A text that leaves the model in doubt; which one does, training decides."""
    wording = Wording(content)

    async def is_unclear(text: str) -> bool:
        return wording.says(await residents.pop().tells(text), "clarify")

    doubts = await asyncio.gather(*map(is_unclear, VAGUE))
    found = [text for text, doubt in zip(VAGUE, doubts, strict=True) if doubt]
    assert found, "the model is sure of everything"
    return found[0]


async def test_unclear_words_are_asked_back_and_the_choice_counts(
    resident: Resident, wording: Wording, unclear: str
) -> None:
    person = resident()
    asked = await person.tells(unclear)
    assert wording.says(asked, "clarify")
    *options, other = asked.labels
    assert 2 <= len(options) <= 3
    assert other == "Iets anders"
    concerns = {concern.label for concern in wording.content.concerns.values()}
    label = next(option for option in options if option in concerns)
    chosen = wording.concern_called(label)
    answer = await person.taps(label)
    assert wording.asks_about(answer, chosen)
    wording.a_tip(await person.tells(ANSWER))


async def test_something_else_than_the_meanings_is_asked_in_own_words(
    resident: Resident, wording: Wording, unclear: str
) -> None:
    person = resident()
    asked = await person.tells(unclear)
    wording.expect(await person.taps("Iets anders", on=asked), "say_it_again")


async def test_unclear_again_falls_back_kindly(
    resident: Resident, wording: Wording, unclear: str
) -> None:
    person = resident()
    assert wording.says(await person.tells(unclear), "clarify")
    again = await person.tells(unclear)
    wording.expect(again, "not_understood")
    wording.a_tip(await person.taps("Een tip"))
