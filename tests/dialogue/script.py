"""Dialogues written down in YAML: what a user does, and what TeVoet must make of it.

A file is a list of dialogues:

    - name: a sentence that says what is so
      country: BE               # default NL; null for somebody who was not onboarded
      turns:
        - say: what the user types          # or press: part of a button's label, or its number
          gets: [acknowledge.lied_to, ask.*]     # the keys of the replies, in order; * for anything
          steps: [{safety: found}]          # what was decided, when the keys do not tell
          intent: lied_to
          crisis: ask suicide               # or none
          hold: act suicide                 # after the turn; or none
          tip: geef_toe                     # the tip that is given
          tip_among: [wat_wel]              # the tip that is given is one of these
          tip_not_among: [heb_geduld]
          new_tip: true                     # a tip is given that was not given before
          buttons: [wat wel]                # parts of the labels shown, all of them, in order
          reads: ["113"]                    # the user reads these
          never_reads: ["1813"]             # and none of these
          later: {days: 1}                  # so long after the turn before

Only `say` or `press` and `gets` are needed.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from bot.conversation.steps import Step, step_as_json

FOLDER = Path(__file__).parent


class ScriptedTurn(BaseModel):
    """What a user does, and what is expected of TeVoet."""

    model_config = ConfigDict(extra="forbid")

    say: str | None = None
    press: str | None = None
    gets: list[str]
    steps: list[dict[str, str]] | None = None
    intent: str | None = None
    crisis: str | None = None
    hold: str | None = None
    tip: str | None = None
    tip_among: list[str] | None = None
    tip_not_among: list[str] | None = None
    new_tip: bool = False
    buttons: list[str] | None = None
    reads: list[str] = []
    never_reads: list[str] = []
    later: dict[str, float] = {}


class ScriptedDialogue(BaseModel):
    """One user, from a first message."""

    model_config = ConfigDict(extra="forbid")

    name: str
    country: str | None = "NL"
    turns: list[ScriptedTurn]


def read_dialogues() -> dict[str, ScriptedDialogue]:
    """All dialogues of this folder, by file and name."""
    dialogues: dict[str, ScriptedDialogue] = {}
    for path in sorted(FOLDER.glob("*.yml")):
        for raw in yaml.safe_load(path.read_text(encoding="utf-8")):
            dialogue = ScriptedDialogue.model_validate(raw)
            name = f"{path.stem}: {dialogue.name}"
            assert name not in dialogues, name
            dialogues[name] = dialogue
    return dialogues


def fits(found: list[str], expected: list[str]) -> bool:
    """Whether each thing found fits what is expected in its place."""
    return len(found) == len(expected) and all(
        fnmatchcase(f, e) for f, e in zip(found, expected, strict=True)
    )


def as_json(steps: list[Step] | tuple[Step, ...]) -> list[dict[str, Any]]:
    """Steps the way the domain and the dialogues write them."""
    return [dict(step_as_json(step)) for step in steps]
