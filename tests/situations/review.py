"""What the program gives first in each situation of the table, held against its labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from bot.content import Content
from bot.conversation.dialogue import Dialogue
from bot.conversation.steps import Clarify, GiveTip, Say
from bot.conversation.understanding import Decision
from nlu.facts import ANY_RELATION, Facts, GivenTip

TABLE = Path(__file__).with_name("situations.yml")
# A message, a choice of what was meant, an answer, and whose trust it was.
TURNS = 5
# What its author would press when asked who broke the trust.
SAYS = {"hurt": "hurt", "breaker": "breaker", "unclear": "both"}


class Given(BaseModel):
    """A tip of before."""

    model_config = ConfigDict(extra="forbid")

    tip: str
    days_ago: int
    helped: bool | None


class Situation(BaseModel):
    """One row of the table; its head says what the labels mean."""

    model_config = ConfigDict(extra="forbid")

    id: str
    message: str
    answer: str
    relation: str
    side: str
    meant: str
    history: list[Given]
    acceptable: list[str]
    unacceptable: list[str]
    may_be_none: bool

    @property
    def held_out(self) -> bool:
        return int(self.id[1:]) % 3 == 0


class Verdict(StrEnum):
    """What two readers think of the first tip."""

    ACCEPTABLE = "acceptable"
    NEUTRAL = "neutral"
    UNACCEPTABLE = "unacceptable"
    NONE = "no tip"


@dataclass(frozen=True)
class Outcome:
    """What came of a situation: the way there, the tip, and what to think of it."""

    situation: Situation
    steps: tuple[str, ...]
    tip: str | None

    @property
    def verdict(self) -> Verdict:
        if self.tip is None:
            return Verdict.NONE
        if self.tip in self.situation.unacceptable:
            return Verdict.UNACCEPTABLE
        return Verdict.ACCEPTABLE if self.tip in self.situation.acceptable else Verdict.NEUTRAL


def read_table() -> list[Situation]:
    return [Situation(**row) for row in yaml.safe_load(TABLE.read_text(encoding="utf-8"))]


def given_before(situation: Situation, now: datetime) -> tuple[GivenTip, ...]:
    """The tips of before, newest first."""
    return tuple(
        GivenTip(given.tip, now - timedelta(days=given.days_ago), given.helped)
        for given in sorted(situation.history, key=lambda given: given.days_ago)
    )


async def play(
    situation: Situation, dialogue: Dialogue, content: Content, now: datetime
) -> Outcome:
    """Tell it as a new conversation: the message, the answers to what the bot asks back."""
    facts = Facts(now=now, given=given_before(situation, now))
    decision = await dialogue.decide_text([situation.message], facts, None)
    steps = []
    for _ in range(TURNS):
        steps += [type(step).__name__ for step in decision.steps]
        tip = next((s.tip_id for s in decision.steps if isinstance(s, GiveTip)), None)
        if tip or any(name == "Safety" for name in steps):
            return Outcome(situation, tuple(steps), tip)
        decision = await _answer(situation, decision, dialogue, content, facts)
    return Outcome(situation, tuple(steps), None)


async def _answer(
    situation: Situation,
    decision: Decision,
    dialogue: Dialogue,
    content: Content,
    facts: Facts,
) -> Decision:
    facts = _with_gates(facts, decision.understanding.crisis, decision.slots)
    options = next((s.intents for s in decision.steps if isinstance(s, Clarify)), [])
    # Who finds nothing of theirs among the buttons presses "Iets anders" and says it again.
    if situation.meant in options:
        return await dialogue.decide_event(situation.meant, {}, facts, decision.tracker)
    if Say("ask_side") in decision.steps:
        answer = {"answer": SAYS[situation.side]}
        return await dialogue.decide_event("press_side", answer, facts, decision.tracker)
    return await dialogue.decide_text([situation.answer], facts, decision.tracker)


def _with_gates(facts: Facts, crisis: Mapping[str, Any], slots: Mapping[str, Any]) -> Facts:
    """What the turn keeps of red flags between two messages."""
    relation = slots.get("relation") or ANY_RELATION
    gates = dict(facts.gates)
    gates[relation] = gates.get(relation, frozenset()) | frozenset(crisis.get("flags") or ())
    return replace(facts, gates=gates)
