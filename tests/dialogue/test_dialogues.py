"""Whole dialogues, from what is typed to what is read, on the real model and a real database."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
import yaml

from bot.bootstrap import App
from bot.content import Content
from bot.conversation.inbound import read_text
from bot.db.repositories import Chats
from bot.db.session import reading
from bot.settings import ROOT
from bot.skills import guided, safety
from bot.terminal import Exchange, TerminalChat, plain
from tests.clock import Clock
from tests.dialogue.script import (
    ScriptedDialogue,
    ScriptedTurn,
    as_json,
    fits,
    read_dialogues,
)

DIALOGUES = read_dialogues()
CHAT = 7


async def _hold_and_flags(app: App) -> tuple[str, frozenset[str]]:
    async with reading(app.engine) as session:
        facts = await Chats(session, app.cipher).facts(CHAT, app.clock())
    hold = f"{facts.hold.level} {facts.hold.kind}" if facts.hold else "none"
    # Of every relation, so that a gate that was raised once is seen here.
    return hold, facts.red_flags(None)


async def _do(chat: TerminalChat, turn: ScriptedTurn) -> Exchange:
    if turn.press is None:
        assert turn.say is not None
        return await chat.does(read_text(turn.say), turn.say)
    if turn.press.isdigit():
        return await chat.presses(chat.buttons[int(turn.press) - 1])
    button = chat.button(turn.press)
    assert button is not None, f"no button with: {turn.press}"
    return await chat.presses(button)


@pytest.mark.parametrize("script", DIALOGUES.values(), ids=DIALOGUES.keys())
async def test_a_dialogue_goes_as_written_down(
    script: ScriptedDialogue, app: App, clock: Clock
) -> None:
    chat = TerminalChat(app, CHAT, iter(range(1, 1000)))
    if script.country is not None:
        await chat.onboard(script.country)
    given: list[str] = []
    for number, turn in enumerate(script.turns, 1):
        clock.advance(minutes=1)
        if turn.later:
            clock.advance(**turn.later)
        hold_before, _ = await _hold_and_flags(app)
        exchange = await _do(chat, turn)
        hold, _ = await _hold_and_flags(app)
        where = f"turn {number}, {turn.say or turn.press!r}"
        _check(exchange, turn, hold, where)
        tip = next((r.tip_id for r in exchange.replies if r.tip_id), None)
        # Rules of every dialogue: no tip while tips are frozen, never the same tip twice in a row.
        assert tip is None or hold_before == hold == "none", where
        asked_for = exchange.outcome is not None and (
            exchange.outcome.understanding.intent == "ask_specific_tip"
        )
        assert tip is None or given[-1:] != [tip] or asked_for, where
        assert not turn.new_tip or (tip and tip not in given), f"{where}: {tip}"
        given += [tip] if tip else []


def _check(exchange: Exchange, turn: ScriptedTurn, hold: str, where: str) -> None:
    outcome, replies = exchange.outcome, exchange.replies
    assert outcome is not None, where
    heard = outcome.understanding
    keys = [key for reply in replies for key in reply.keys]
    assert fits(keys, turn.gets), f"{where}: {keys} (heard {heard.intent} {heard.confidence:.2f})"
    if turn.steps is not None:
        assert as_json(list(outcome.steps)) == turn.steps, where
    if turn.intent is not None:
        assert heard.intent == turn.intent, where
    if turn.crisis is not None:
        kind = heard.crisis["kind"]
        found = f"{heard.crisis['level']} {kind}" if kind else "none"
        assert found == turn.crisis, where
    if turn.hold is not None:
        assert hold == turn.hold, where
    _check_tip(next((r.tip_id for r in replies if r.tip_id), None), turn, where)
    text = "\n".join(plain(reply.text) for reply in replies)
    for expected in turn.reads:
        assert expected in text, f"{where}: {text}"
    for unwanted in turn.never_reads:
        assert unwanted not in text, f"{where}: {text}"
    if turn.buttons is not None:
        labels = [b.label.lower() for reply in replies for row in reply.buttons for b in row]
        assert fits(labels, [f"*{part.lower()}*" for part in turn.buttons]), f"{where}: {labels}"


def _check_tip(tip: str | None, turn: ScriptedTurn, where: str) -> None:
    if turn.tip is not None:
        assert tip == turn.tip, where
    if turn.tip_among is not None:
        assert tip in turn.tip_among, f"{where}: {tip}"
    if turn.tip_not_among is not None:
        assert tip is not None, where
        assert tip not in turn.tip_not_among, f"{where}: {tip}"


# What shows in the keys of the replies that a step was taken; of the others `steps` must tell.
KEYS_OF_STEPS = {
    "say": "{}",
    "acknowledge": "acknowledge.{}",
    "ask": "ask.{}",
    "bridge": "bridge.{}",
    "give_tip": "tip.{}",
    "explain_tip": "why.{}",
    "tell_more": "more.{}",
    "recall": "recall.{}",
    "summarise": "summary*",
    "clarify": "clarify",
    "feedback": "tip_{}",
}
ALL_TURNS = [turn for script in DIALOGUES.values() for turn in script.turns]


def _comes_up(step: str, value: str) -> bool:
    """Whether a turn of some dialogue expects a step; "{slot}" stands for any value."""
    if step in KEYS_OF_STEPS:
        wanted = KEYS_OF_STEPS[step].format("*" if value.startswith("{") else value)
        return any(fnmatchcase(key, wanted) for turn in ALL_TURNS for key in turn.gets)
    # What stands behind a colon says with what a thing is done.
    return any(
        given.get(step, "").partition(":")[0] == value.partition(":")[0]
        for turn in ALL_TURNS
        for given in turn.steps or []
    )


def test_every_concern_has_a_dialogue(content: Content) -> None:
    missing = {c for c in content.concerns if not _comes_up("acknowledge", c)}
    assert not missing


def test_every_response_of_the_domain_comes_up_in_a_dialogue() -> None:
    responses = {
        name: response["custom"]
        for path in (ROOT / "stories" / "domain").glob("*.yml")
        for name, [response] in yaml.safe_load(path.read_text(encoding="utf-8"))
        .get("responses", {})
        .items()
    }
    assert "utter_explore" in responses
    missing = {
        name
        for name, custom in responses.items()
        if not all(_comes_up(step, value) for step, value in custom.items())
    }
    assert not missing


def test_every_safety_action_comes_up_in_a_dialogue() -> None:
    actions = {*safety.ACTIONS, *guided.ACTIONS, "wonder"}
    missing = {action for action in actions if not _comes_up("safety", action)}
    assert not missing
