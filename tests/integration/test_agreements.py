"""Agreements on real parts: what is stored, for whom, and what stops them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.db.encryption import Cipher
from bot.db.models import AgreementEvent, AgreementRow
from bot.db.repositories import Agreements, Chats, Exercises
from bot.db.repositories.agreements import CHANGED, ENDED, KEPT, MADE, MISSED
from bot.db.repositories.exercises import DONE
from bot.db.session import reading, writing
from bot.nudges.outcomes import Outcome
from tests.clock import Clock
from tests.integration.test_checkin import Walker, walker
from tests.integration.test_conversation import CHAT, Person, person
from tests.integration.test_exercises import SITTING, labelled

__all__ = ["person", "walker"]

OTHER_CHAT = 43
WORDS = {"about": "zwaluwstaartje", "what": "we bellen elke avond"}
DAY = date(2026, 11, 29)


@pytest.fixture
async def noted(engine: AsyncEngine, cipher: Cipher, clock: Clock) -> int:
    """An agreement that a chat keeps track of; its row."""
    async with writing(engine) as session:
        for chat in (CHAT, OTHER_CHAT):
            user = await Chats(session, cipher).ensure_user(chat, clock())
            user.country, user.consented_at = "NL", clock()
        return await Agreements(session, cipher).add(CHAT, 7, WORDS, DAY, clock())


async def test_words_are_encrypted_and_the_day_to_look_back_can_be_searched(
    engine: AsyncEngine, cipher: Cipher, noted: int
) -> None:
    async with reading(engine) as session:
        query = select(AgreementRow.__table__).where(AgreementRow.review_on <= DAY)
        [row] = (await session.execute(query)).mappings().all()
    assert row["id"] == noted
    assert WORDS["about"] not in repr(row)
    assert cipher.open(row["sealed"]) == WORDS


async def test_history_is_kept_in_order_and_an_end_takes_the_day_away(
    engine: AsyncEngine, cipher: Cipher, clock: Clock, noted: int
) -> None:
    async with writing(engine) as session:
        agreements = Agreements(session, cipher)
        for kind in (KEPT, KEPT):
            clock.advance(days=1)
            await agreements.happened(CHAT, noted, kind, clock())
        await agreements.change(CHAT, noted, {**WORDS, "what": "anders"}, DAY, clock())
        await agreements.end(CHAT, noted, clock())
        found = await agreements.get(CHAT, noted)
        assert found is not None
        assert (found.words["what"], found.review_on, found.ended) == ("anders", None, True)
        history = await agreements.history(CHAT, noted)
        assert [kind for _, kind in history] == [MADE, KEPT, KEPT, CHANGED, ENDED]
        assert history == sorted(history, key=lambda event: event[0])


async def test_another_chat_neither_sees_nor_changes_nor_erases_it(
    engine: AsyncEngine, cipher: Cipher, clock: Clock, noted: int
) -> None:
    async with writing(engine) as session:
        agreements = Agreements(session, cipher)
        assert await agreements.get(OTHER_CHAT, noted) is None
        assert await agreements.worked_out_in(OTHER_CHAT, 7) is None
        assert await agreements.listed(OTHER_CHAT, 0, 9) == []
        await agreements.change(OTHER_CHAT, noted, {}, DAY, clock())
        await agreements.erase(OTHER_CHAT, noted)
        found = await agreements.get(CHAT, noted)
        assert found is not None
        assert found.words == WORDS


async def test_erasing_one_takes_its_history_along(
    engine: AsyncEngine, cipher: Cipher, clock: Clock, noted: int
) -> None:
    async with writing(engine) as session:
        agreements = Agreements(session, cipher)
        other = await agreements.add(CHAT, 8, WORDS, DAY, clock())
        await agreements.erase(CHAT, noted)
        assert [row.id for row in await agreements.listed(CHAT, 0, 9)] == [other]
        assert await session.scalar(select(func.count(AgreementEvent.id))) == 1


async def test_erasing_a_chat_leaves_no_agreement(
    engine: AsyncEngine, cipher: Cipher, noted: int
) -> None:
    async with writing(engine) as session:
        await Chats(session, cipher).erase(CHAT, [])
    async with reading(engine) as session:
        for table in (AgreementRow, AgreementEvent):
            assert await session.scalar(select(func.count()).select_from(table)) == 0


@pytest.mark.parametrize(
    "name", ["list", "note:7", "open:1", "kept:1", "missed:1", "change:1", "end:1", "erased:1"]
)
async def test_during_a_hold_nothing_is_done_with_an_agreement(
    person: Person, engine: AsyncEngine, cipher: Cipher, clock: Clock, name: str
) -> None:
    async with writing(engine) as session:
        await Agreements(session, cipher).add(CHAT, 7, WORDS, DAY, clock())
    await person.says("ik wil niet meer leven")
    assert (await person.presses(f"agreement:{name}")).keys == ("hold",)
    async with reading(engine) as session:
        [row] = await Agreements(session, cipher).listed(CHAT, 0, 9)
        assert [kind for _, kind in await Agreements(session, cipher).history(CHAT, row.id)] == [
            MADE
        ]


@pytest.mark.parametrize("flag", ["violence", "control", "fear", "stalking"])
async def test_with_a_red_flag_no_agreement_is_made_or_renegotiated(
    person: Person, engine: AsyncEngine, cipher: Cipher, clock: Clock, flag: str
) -> None:
    async with writing(engine) as session:
        row = await Agreements(session, cipher).add(CHAT, 7, WORDS, DAY, clock())
        await Chats(session, cipher).add_gate(CHAT, "any", flag, clock())
    for press in ("exercise:start:maak_afspraken", f"agreement:change:{row}"):
        assert (await person.presses(press)).keys == ("no_safe_tip",), press


async def test_what_is_pressed_on_an_agreement_that_is_gone_says_so(person: Person) -> None:
    for action in ("open", "share", "kept", "missed", "change", "end", "ended", "erase", "erased"):
        for row in ("999", "x", "9" * 30, ""):
            assert (await person.presses(f"agreement:{action}:{row}")).keys == ("agreement_gone",)
    assert (await person.presses("agreement:note:999")).keys == ("exercise_gone",)


async def test_signs_in_an_agreement_are_shown_as_they_are(
    person: Person, engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    words = {"about": "<b>{about}</b>", "what": "jij & ik {words}"}
    async with writing(engine) as session:
        await Agreements(session, cipher).add(CHAT, 7, words, DAY, clock())
    listed = await person.presses("agreement:list")
    assert [b.label for b in listed.buttons[0]] == ["<b>{about}</b>"]
    shown = await person.presses(labelled(listed, "{about}"))
    assert "&lt;b&gt;{about}&lt;/b&gt;" in shown.text
    assert "jij &amp; ik {words}" in shown.text


async def test_a_sheet_of_paper_has_what_was_agreed_and_not_how_it_went(
    person: Person, engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    words = {**WORDS, "who": "Sanne & ik"}
    async with writing(engine) as session:
        agreements = Agreements(session, cipher)
        row = await agreements.add(CHAT, 7, words, DAY, clock())
        await agreements.happened(CHAT, row, MISSED, clock())
    shown = await person.presses(f"agreement:open:{row}")
    shared = await person.presses(labelled(shown, "Op papier"))
    assert shared.sheet is not None
    assert shared.sheet.name == "afspraak.pdf"
    assert dict(shared.sheet.parts) == {
        "Wie": "Sanne & ik",
        "Waarover": WORDS["about"],
        "De afspraak": WORDS["what"],
        "Kijken hoe het gaat": "29-11-2026",
    }
    assert [b.press for row_ in shared.buttons for b in row_] == [f"agreement:open:{row}"]


@pytest.mark.parametrize("flag", ["violence", "control", "fear", "stalking", "contact_ban"])
async def test_with_a_red_flag_nothing_is_made_to_hand_to_the_other(
    person: Person, engine: AsyncEngine, cipher: Cipher, clock: Clock, flag: str
) -> None:
    async with writing(engine) as session:
        row = await Agreements(session, cipher).add(CHAT, 7, WORDS, DAY, clock())
        await Chats(session, cipher).add_gate(CHAT, "ex", flag, clock())
    reply = await person.presses(f"agreement:share:{row}")
    assert reply.keys == ("no_safe_tip",)
    assert reply.sheet is None


async def worked_out(walker: Walker) -> int:
    """The row of a finished exercise about agreements."""
    answers = {"waarover": WORDS["about"], "afspraak": WORDS["what"]}
    sitting = {**SITTING, "step": None, "answers": answers, "trail": [*answers]}
    async with writing(walker.engine) as session:
        exercises = Exercises(session, walker.cipher)
        row = await exercises.add(CHAT, "maak_afspraken", sitting, walker.clock())
        await exercises.save(CHAT, row, DONE, sitting, walker.clock(), finished_at=walker.clock())
    return row


async def test_on_the_day_to_look_back_a_message_leads_to_the_agreement(walker: Walker) -> None:
    noted = await walker.presses(f"agreement:note:{await worked_out(walker)}")
    assert noted.keys == ("agreement_noted",)
    walker.clock.advance(days=6)
    assert (await walker.nudges.step())[0] == {}
    walker.clock.moment = datetime(2026, 11, 29, 18, 30, tzinfo=UTC)
    assert (await walker.nudges.step())[0] == {Outcome.SEND: 1}
    [nudge] = await walker.new_replies()
    assert nudge.keys == ("nudge_agreement",)
    assert WORDS["about"] not in nudge.text
    shown = await walker.presses(nudge.buttons[0][0].press)
    assert WORDS["what"] in shown.text
    walker.clock.advance(days=7)
    assert (await walker.nudges.step())[0] == {}


@pytest.mark.parametrize("last", ["ended", "erased"])
async def test_what_is_over_is_not_come_back_to(walker: Walker, last: str) -> None:
    await walker.presses(f"agreement:note:{await worked_out(walker)}")
    await walker.presses(f"agreement:{last}:1")
    walker.clock.moment = datetime(2026, 11, 29, 18, 30, tzinfo=UTC)
    assert (await walker.nudges.step())[0] == {}
