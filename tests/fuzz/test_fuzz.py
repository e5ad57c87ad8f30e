"""A short form of `python -m tests.fuzz`: nothing fails, and Telegram refuses nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telegram.constants import ParseMode

from bot.content import Content, load
from bot.conversation.dialogue import Dialogue
from bot.conversation.legible import legible
from bot.conversation.steps import GiveTip
from bot.sheet import Sheet, draw
from bot.skills.context import TurnContext
from tests.emulator.entities import parse

from .updates import press
from .world import PEOPLE, World, world

FEW = 300
NOOR, SOMEBODY_ELSE = PEOPLE[0], PEOPLE[1]
SECRET = "Het geheim van Govert"
HOSTILE = "Om <zes> uur & 'x' \"y\" {other} {0} %s *z* _u_ 3 < 4 &amp"
FIELDS = [f.name for f in fields(TurnContext) if f.init and f.default is MISSING]


@cache
def load_once() -> Content:
    """The real copy."""
    return load()


async def test_no_update_breaks_anything(tmp_path: Path) -> None:
    async with world(tmp_path, seed=7) as made:
        found = await made.plays(FEW)
    assert found.faults == {}
    assert found.updates == FEW
    assert sum(found.sent.values()) > FEW / 2


async def test_no_update_breaks_anything_with_the_real_model(
    tmp_path: Path, dialogue: Dialogue
) -> None:
    async with world(tmp_path, seed=8, dialogue=dialogue) as made:
        found = await made.plays(40)
    assert found.faults == {}


async def test_no_valid_update_in_a_hold_brings_up_advice_or_practice(tmp_path: Path) -> None:
    async with world(tmp_path, seed=9) as made:
        await made.plays_held(FEW)
    assert made.findings.held > FEW * 0.8
    assert made.findings.faults == {}


async def test_another_persons_rows_open_for_nobody(tmp_path: Path) -> None:
    async with world(tmp_path, seed=10) as made:
        await made.onboard(NOOR, SOMEBODY_ELSE)
        await made.fill(SOMEBODY_ELSE, SECRET)
        theirs = [p for p in made.telegram.pressable[SOMEBODY_ELSE] if p.rsplit(":")[-1].isdigit()]
        assert {p.partition(":")[0] for p in theirs} >= {"exercise", "agreement", "checkin"}
        for number, data in enumerate(theirs):
            before = await made.rows(SOMEBODY_ELSE)
            await made.gets(NOOR, press(NOOR, data, 100 + number))
            assert await made.rows(SOMEBODY_ELSE) == before
            assert made.telegram.last, data
            assert all(SECRET not in said for _, said in made.telegram.last)
    assert made.findings.faults == {}


async def test_what_somebody_wrote_is_shown_as_it_was_written(tmp_path: Path) -> None:
    shown: dict[str, str] = {}
    async with world(tmp_path, seed=13) as made:
        await made.onboard(NOOR)
        gets = made.gets

        async def reads(chat: int, raw: dict[str, Any]) -> None:
            await gets(chat, raw)
            text = "\n".join(parse(said, "HTML").text for _, said in made.telegram.last)
            shown.update({key: shown.get(key, "") + text for key in made.keys})

        made.gets = reads  # type: ignore[method-assign]
        await made.fill(NOOR, HOSTILE)
    assert made.findings.faults == {}
    quoting = {key for key, text in shown.items() if HOSTILE in text}
    for place in ("exercise.", "exercise_", "agreement_", "checkin_edit", "plan_shown"):
        assert any(key.startswith(place) for key in quoting), place
    for mark in ("&lt;", "&amp;", "&gt;", "&quot;", "&#"):
        assert not [key for key, text in shown.items() if mark in text]


@pytest.mark.parametrize("sign", ["🙂", "<", "x"])
async def test_the_longest_answers_are_shown_and_never_refused(tmp_path: Path, sign: str) -> None:
    async with world(tmp_path, seed=14) as made:
        await made.onboard(NOOR)
        await made.fill(NOOR, sign * 1500)
        assert made.findings.faults == {}
        shown = "".join(parse(said, "HTML").text for _, said in made.telegram.last)
        assert "Jouw plan" in shown
        assert shown.count(sign * 500) == 6


# What is left of a text after bot/conversation/legible.py is anything but invisible signs.
written = st.text(max_size=80).map(legible)


@given(written)
@settings(deadline=None)
def test_words_in_a_text_of_content_are_only_words(words: str) -> None:
    turn = TurnContext(**dict.fromkeys(FIELDS, None))  # type: ignore[arg-type]
    turn.content, turn.slots = load_once(), {}
    said = turn.fill("<b>Dit schreef je:</b> ‘{told}’", told=words)
    assert parse(said, "HTML").text == f"Dit schreef je: ‘{words}’"


@given(written)
@settings(max_examples=10, deadline=None)
def test_words_on_a_sheet_of_paper_are_drawn(words: str) -> None:
    assert draw(Sheet(name="x.pdf", title="x", parts=(("Waarover", words),))).startswith(b"%PDF")


# --- a check that cannot fail is none ---------------------------------------------


def of_a_broken(part: str) -> Callable[[World], None]:
    """How to break a part of the bot."""

    def exception(made: World) -> None:
        async def decide_event(*_: Any) -> Any:
            raise RuntimeError

        made.dialogue.decide_event = decide_event

    def refusal(made: World) -> None:
        async def send(chat_id: int, reply: Any) -> int:
            await made.telegram.send_message(chat_id, "<b>", parse_mode=ParseMode.HTML)
            return 1

        made.sender.send = send  # type: ignore[method-assign]

    def silence(made: World) -> None:
        async def send(chat_id: int, reply: Any) -> int:
            return 1

        made.sender.send = send  # type: ignore[method-assign]

    return {"exceptions": exception, "refusals": refusal, "silences": silence}[part]


@pytest.mark.parametrize("part", ["exceptions", "refusals", "silences"])
async def test_what_is_broken_is_found(tmp_path: Path, part: str) -> None:
    async with world(tmp_path, seed=11) as made:
        await made.onboard(NOOR)
        of_a_broken(part)(made)
        await made.gets(NOOR, press(NOOR, "coach:tip", 1))
    assert getattr(made.findings, part)


async def test_a_tip_in_a_hold_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.skills.gates.frozen", lambda step, turn: None)
    monkeypatch.setattr("bot.skills.gates._danger", _no_danger)
    async with world(tmp_path, seed=12) as made:
        await made.onboard(NOOR)
        await made.keep_held(NOOR)
        made.dialogue._steps = [GiveTip("wat_wel")]
        await made.gets(NOOR, press(NOOR, "coach:tip", 1))
    assert made.findings.advice_in_hold


async def _no_danger(*_: Any) -> bool:
    return False
