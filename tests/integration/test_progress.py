"""Progress: the picture, the week, the file, and the summary on Sunday."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.db.repositories import SUMMARY, Chats, Entries, Schedules
from bot.db.session import reading, writing
from bot.nudges.outcomes import Outcome
from bot.picture import Picture
from bot.skills.reply import Document, Reply
from bot.telegram.sender import Sender
from tests.integration.test_checkin import SUNDAY, Walker, walker
from tests.integration.test_conversation import CHAT
from tests.integration.test_nudges import House, house

__all__ = ["house", "walker"]


async def tells(walker: Walker, *days: tuple[int, int, str, str | None]) -> None:
    """Check-ins so many days ago, with score, feeling and note."""
    async with writing(walker.engine) as session:
        entries = Entries(session, walker.cipher)
        for ago, score, feeling, note in days:
            moment = walker.clock() - timedelta(days=ago)
            entry = await entries.start(CHAT, moment.date(), moment)
            entry.score, entry.feeling, entry.stage = score, feeling, "done"
            if note is not None:
                entries.write_note(entry, note)


async def test_a_period_is_shown_in_words_and_as_a_picture(walker: Walker) -> None:
    await tells(walker, (40, 1, "sad", None), (9, 3, "calm", None), (2, 6, "calm", None))
    async with writing(walker.engine) as session:
        chats = Chats(session, walker.cipher)
        given = walker.clock() - timedelta(days=3)
        await chats.add_given_tip(CHAT, "geef_toe", {"concern": None, "reasons": []}, given)
        found = await chats.last_given(CHAT, "geef_toe")
        assert found is not None
        found[0].helped = True
    reply = await walker.presses("progress:30")
    assert "2 keer" in reply.text
    assert "tussen 3 en 6" in reply.text
    assert "‘rustig’" in reply.text
    assert "‘Geef toe’" in reply.text
    assert reply.picture is not None
    drawn = Picture.from_json(reply.picture)
    assert [(p.score, p.feeling) for p in drawn.points] == [(3, "calm"), (6, "calm")]
    assert [(t.day, t.helped) for t in drawn.tips] == [(given.date(), True)]
    assert (drawn.last - drawn.first).days == 29
    assert not drawn.dark
    longer = (await walker.presses("progress:90")).picture
    assert longer is not None and len(longer["points"]) == 3


@pytest.mark.parametrize(
    ("said", "days"),
    [("laat mijn voortgang zien", 30), ("laat mijn voortgang van deze week zien", 7)],
)
async def test_the_period_can_be_said(walker: Walker, said: str, days: int) -> None:
    await tells(walker, (1, 6, "calm", None))
    reply = await walker.says(said)
    assert reply.picture is not None
    drawn = Picture.from_json(reply.picture)
    assert (drawn.last - drawn.first).days == days - 1


async def test_the_file_holds_every_check_in_and_runs_nothing(walker: Walker) -> None:
    note = 'samen gegeten; "goed", zei ze\nen ik ook'
    await tells(walker, (400, 2, "sad", "=1+1"), (1, 7, "hopeful", note))
    reply = await walker.presses("progress:csv")
    assert reply.document is not None
    text = reply.document.text
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text[1:], newline=""), delimiter=";"))
    assert rows[0] == ["dag", "cijfer", "gevoel", "tekst", "stap gelukt"]
    assert rows[1][1:4] == ["2", "Verdrietig", "'=1+1"]
    assert rows[2][3] == note


@pytest.mark.parametrize(
    ("before", "now", "key"), [(3, 6, "week_up"), (7, 4, "week_down"), (5, 5, "week_same")]
)
async def test_the_week_is_held_beside_the_one_before(
    walker: Walker, before: int, now: int, key: str
) -> None:
    await tells(walker, (10, before, "calm", None), (2, now, "calm", None))
    reply = await walker.presses("progress:week")
    wordings = walker.nudges._content.messages[key].variants
    assert any(wording in reply.text for wording in wordings)
    assert reply.picture is not None


async def test_a_summary_comes_along_on_sunday_and_can_be_switched_off(walker: Walker) -> None:
    await walker.says("stuur me elke dag om 12:00 een bericht")
    async with reading(walker.engine) as session:
        summary = await Schedules(session).get(CHAT, SUMMARY)
    assert summary is not None and summary.next_at == datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
    walker.clock.moment = summary.next_at
    # Nothing told this week, nothing to sum up.
    assert (await walker.nudges.step())[0] == {Outcome.EMPTY: 1}
    await tells(walker, (1, 6, "calm", None))
    walker.clock.advance(days=6, hours=23)
    await tells(walker, (1, 7, "calm", None))
    walker.clock.advance(hours=1)
    counts, _ = await walker.nudges.step()
    assert counts[Outcome.SEND] == 1
    nudge = (await walker.new_replies())[-1]
    assert nudge.keys == ("nudge_week",)
    assert (await walker.presses("progress:week")).keys == ("week",)
    assert (await walker.presses("progress:off")).keys == ("summary_off",)
    # Another time for the check-in does not bring it back.
    await walker.says("stuur me elke dag om 13:00 een bericht")
    async with reading(walker.engine) as session:
        summary = await Schedules(session).get(CHAT, SUMMARY)
    assert summary is not None and not summary.enabled


async def test_no_more_messages_means_no_summary_either(walker: Walker) -> None:
    await walker.says("stuur me elke dag om 12:00 een bericht")
    await walker.says("geen berichtjes meer")
    async with reading(walker.engine) as session:
        rows = await Schedules(session).of_chat(CHAT)
    assert [row.enabled for row in rows] == [False]


async def test_a_pause_counts_for_the_summary_too(walker: Walker) -> None:
    await walker.says("stuur me elke dag om 12:00 een bericht")
    await walker.says("pauzeer de check-in tot vrijdag")
    async with reading(walker.engine) as session:
        rows = await Schedules(session).of_chat(CHAT)
    assert {row.next_at for row in rows} == {
        datetime(2026, 11, 27, 11, 0, tzinfo=UTC),
        datetime(2026, 11, 29, 18, 0, tzinfo=UTC),
    }


async def test_during_a_hold_no_progress_is_shown(walker: Walker) -> None:
    await tells(walker, (1, 6, "calm", None))
    await walker.says("ik wil niet meer leven")
    assert (await walker.presses("progress:30")).keys == ("hold",)


async def test_a_picture_and_a_file_go_out_as_such(house: House) -> None:
    sent: dict[str, Any] = {}

    class Photographer:
        async def send_photo(self, chat_id: int, photo: bytes, **options: Any) -> Any:
            sent["photo"] = (photo[:8], options["caption"])
            return type("Message", (), {"message_id": 1})

        async def send_document(self, chat_id: int, document: bytes, **options: Any) -> Any:
            sent["file"] = (document.decode(), options["filename"], options["caption"])
            return type("Message", (), {"message_id": 2})

    picture = Picture(
        "Je cijfers", SUNDAY.date(), SUNDAY.date(), (), (), (), {}, "tip", "hielp", "gelukt"
    )
    sender = Sender(
        Photographer(), house.engine, house.cipher, house, house.clock,  # type: ignore[arg-type]
        spacing=timedelta(0),
    )  # fmt: skip
    await sender.send(CHAT, Reply(("progress",), "woorden", picture=picture.as_json()))
    await sender.send(CHAT, Reply(("file",), "alles", document=Document("tevoet.csv", "dag")))
    assert sent == {
        "photo": (b"\x89PNG\r\n\x1a\n", "woorden"),
        "file": ("dag", "tevoet.csv", "alles"),
    }


async def test_a_tip_that_helped_comes_back_once_on_the_chosen_day(walker: Walker) -> None:
    tip = await walker.says("geef me een tip")
    helped = await walker.presses(f"coach:helped:{tip.tip_id}")
    remind = next(b.press for row in helped.buttons for b in row if "remind" in b.press)
    assert remind == f"checkin:remind:{tip.tip_id}"
    asked = await walker.presses(remind)
    assert asked.keys == ("remind_ask",)
    assert (await walker.presses(f"checkin:remind_in:3:{tip.tip_id}")).keys == ("remind_set",)
    walker.clock.moment = datetime(2026, 11, 25, 18, 30, tzinfo=UTC)
    assert (await walker.nudges.step())[0] == {Outcome.SEND: 1}
    [nudge] = await walker.new_replies()
    assert nudge.keys == ("nudge_tip",)
    assert [b.press for row in nudge.buttons for b in row] == [f"tip:{tip.tip_id}"]
    # For once only, and nobody is counted as silent for it.
    async with reading(walker.engine) as session:
        row = await Schedules(session).get(CHAT, "tip", str(tip.tip_id))
        facts = await Chats(session, walker.cipher).facts(CHAT, walker.clock())
    assert row is not None and not row.enabled
    assert facts.unanswered == 0
    shown = await walker.presses(f"tip:{tip.tip_id}")
    assert shown.tip_id == tip.tip_id


async def test_a_reminder_of_a_tip_can_be_asked_for_in_words(walker: Walker) -> None:
    await walker.says("geef me een tip")
    assert (await walker.says("herinner me morgen aan deze tip")).keys == ("remind_ask",)


async def test_a_tip_that_became_unsafe_is_not_given_by_a_reminder(walker: Walker) -> None:
    async with writing(walker.engine) as session:
        await Chats(session, walker.cipher).add_gate(CHAT, "any", "violence", walker.clock())
    unsafe = next(tip.id for tip in walker.nudges._content.tips if "violence" in tip.unsafe_when)
    assert (await walker.presses(f"tip:{unsafe}")).keys == ("no_safe_tip",)
