"""The Dutch copy: loads content/, checks its shape, hands out the words.

Code names a key; the sentence behind it lives in content/. A bad file stops the
start with its name and line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field

from bot.content_files import RedFlag, Strict, read_file
from bot.exercises.exercise import Exercise
from bot.roleplay.scenario import Scenario, StyleFile, StyleInfo

CONTENT_DIR = Path(__file__).resolve().parents[1] / "content"
EXERCISES = "exercises"
SCENARIOS = "scenarios"

Side = Literal["hurt", "breaker", "both"]
Country = Literal["NL", "BE"]


class Question(Strict):
    """An open question; `tells` is what its answer is about."""

    id: str
    text: str
    tells: str | None = None


class Tip(Strict):
    """One of the fifteen tips, with what decides when it fits."""

    id: str
    number: int = Field(ge=1, le=15)
    title: str
    short: str
    message: str
    message_breaker: str | None = None
    why: str
    why_breaker: str | None = None
    step: str
    step_breaker: str | None = None
    more: str
    more_breaker: str | None = None
    questions: tuple[Question, ...] = Field(min_length=3)
    helps_with: dict[str, float]
    audience: Side
    unsafe_when: tuple[RedFlag, ...] = ()
    not_first_for: tuple[str, ...] = ()
    # Added to its score while the user is overwhelmed: what asks little of somebody then, or much.
    when_intense: float = Field(default=0.0, ge=-0.5, le=0.5)
    # Whether the coach behind an installation may be named with it.
    names_coach: bool = False

    def words(self, field: Literal["message", "why", "step", "more"], side: str | None) -> str:
        """The text for who was hurt or who broke trust, where they differ."""
        breaker: str | None = getattr(self, f"{field}_breaker") if side == "breaker" else None
        return breaker or str(getattr(self, field))


class Reflection(Strict):
    """Says back the meaning of a message; may need a known relation or side."""

    text: str
    needs: Literal["relation"] | None = None
    side: Literal["hurt", "breaker"] | None = None


class Concern(Strict):
    """How a concern is named, reflected and explored."""

    label: str
    side: Side
    serious: bool = False
    reflections: tuple[Reflection, ...] = Field(min_length=4)
    questions: tuple[Question, ...] = Field(min_length=4)
    bridges: tuple[str, ...] = Field(min_length=1)

    @property
    def known_side(self) -> Literal["hurt", "breaker"] | None:
        """Who says this; None when either may."""
        return None if self.side == "both" else self.side


class Button(Strict):
    """A button: what stands on it and what a press means ("skill:action[:argument]")."""

    label: str
    press: str


class Message(Strict):
    """A fixed message in one or more wordings, with its buttons in rows."""

    variants: tuple[str, ...] = Field(min_length=1)
    params: tuple[str, ...] = ()
    buttons: tuple[tuple[Button, ...], ...] = ()


class Helpline(Strict):
    """A line that helps: a sentence a person in need can use, and what to call it by."""

    id: str
    name: str
    call: str
    text: str
    kinds: tuple[str, ...]


class Gate(Strict):
    """What one red flag withholds: patterns of ids; "!" in front lets one through again."""

    tips: tuple[str, ...]
    questions: tuple[str, ...]
    exercises: tuple[str, ...]
    scenarios: tuple[str, ...]

    def withholds(self, sort: str, name: str) -> bool:
        """Whether a thing of a sort ("tips") is withheld; the last pattern that fits counts."""
        patterns: tuple[str, ...] = getattr(self, sort)
        fitting = [p for p in patterns if fnmatchcase(name, p.removeprefix("!"))]
        return bool(fitting) and not fitting[-1].startswith("!")


class Relation(Strict):
    """How the other is called in a sentence ("your sister"), also by the user's own word."""

    says: str
    words: dict[str, str] = Field(default_factory=dict)


class ExportTable(Strict):
    """What a table and its columns are called in an export."""

    title: str
    columns: dict[str, str]


class ExportWords(Strict):
    """content/export.yml: the words of the page with everything that is kept."""

    title: str
    intro: str
    not_here: str
    made_on: str
    answers: dict[Literal["yes", "no"], str]
    hidden: frozenset[str]
    tables: dict[str, ExportTable]


class _Tips(Strict):
    tips: tuple[Tip, ...]


class _Concerns(Strict):
    concerns: dict[str, Concern]


class _Messages(Strict):
    reviewed_by: str | None = None
    reviewed_on: str | None = None
    messages: dict[str, Message]


class _Helplines(Strict):
    checked_on: str
    names: dict[Country, str]
    helplines: dict[Country, tuple[Helpline, ...]]


class _Gates(Strict):
    gates: dict[RedFlag, Gate]


class _Relations(Strict):
    unknown: str
    relations: dict[str, Relation]


@dataclass(frozen=True)
class Content:
    """All copy, as loaded at start."""

    tips: tuple[Tip, ...]
    concerns: Mapping[str, Concern]
    messages: Mapping[str, Message]
    helplines: Mapping[str, tuple[Helpline, ...]]
    helplines_checked_on: str
    country_names: Mapping[str, str]
    gates: Mapping[str, Gate]
    relations: Mapping[str, Relation]
    unknown_other: str
    export: ExportWords
    safety_reviewed_by: str | None
    styles: Mapping[str, StyleInfo]
    scenarios: Mapping[str, Scenario]
    # By the tip that each belongs to, in the order of the tips.
    exercises: Mapping[str, Exercise]

    def withholds(self, flags: Iterable[str], sort: str, name: str) -> bool:
        """Whether one of these red flags stands in the way.

        Args:
            flags: the red flags that count now.
            sort: tips, questions, exercises or scenarios.
            name: the id of one of them.
        """
        return any(flag in self.gates and self.gates[flag].withholds(sort, name) for flag in flags)

    @cached_property
    def tip_by_id(self) -> dict[str, Tip]:
        """Tips by their id."""
        return {tip.id: tip for tip in self.tips}

    def meaning(self, intent: str) -> str | None:
        """What a button calls a meaning to choose; None when there is nothing to call it."""
        if intent in self.concerns:
            return self.concerns[intent].label
        message = self.messages.get(f"meaning_{intent}")
        return message.variants[0] if message else None

    @cached_property
    def safety_presses(self) -> dict[str, str]:
        """Labels of safety buttons, in lower case, that have one meaning wherever they stand."""
        found: dict[str, set[str]] = {}
        for message in self.messages.values():
            for row in message.buttons:
                for button in row:
                    found.setdefault(button.label.casefold(), set()).add(button.press)
        return {
            label: next(iter(presses))
            for label, presses in found.items()
            if len(presses) == 1 and next(iter(presses)).startswith("safety:")
        }

    @cached_property
    def question_by_id(self) -> dict[str, Question]:
        """Questions of tips and concerns by their id."""
        return {question.id: question for question in self._questions()}

    def _questions(self) -> Iterator[Question]:
        for tip in self.tips:
            yield from tip.questions
        for concern in self.concerns.values():
            yield from concern.questions

    def other(self, relation: str | None, word: str | None = None) -> str:
        """How the other is called in a sentence: "your sister", "your colleague", "the other".

        Args:
            relation: a relation of nlu/intents.yml, None when unknown.
            word: the user's own word for the other, lower case.
        """
        found = self.relations.get(relation or "")
        if found is None:
            return self.unknown_other
        return found.words.get(word or "", found.says)


def load(folder: Path = CONTENT_DIR) -> Content:
    """Read and check every content file.

    Args:
        folder: the folder with the content files.

    Returns:
        The copy, ready for use.

    Raises:
        ContentError: a file is missing, is not YAML, or does not have the right shape.
    """
    helplines = read_file(folder, "helplines.yml", _Helplines)
    relations = read_file(folder, "relations.yml", _Relations)
    safety = read_file(folder, "safety.yml", _Messages)
    checkin = read_file(folder, "checkin.yml", _Messages)
    gates = read_file(folder, "gates.yml", _Gates).gates
    tips = read_file(folder, "tips.yml", _Tips).tips
    return Content(
        tips=tips,
        concerns=read_file(folder, "concerns.yml", _Concerns).concerns,
        messages={
            **read_file(folder, "messages.yml", _Messages).messages,
            **read_file(folder, "roleplay.yml", _Messages).messages,
            **read_file(folder, "exercises.yml", _Messages).messages,
            **read_file(folder, "agreements.yml", _Messages).messages,
            **checkin.messages,
            **safety.messages,
        },
        helplines={str(code): lines for code, lines in helplines.helplines.items()},
        helplines_checked_on=helplines.checked_on,
        country_names={str(code): name for code, name in helplines.names.items()},
        gates={str(flag): gate for flag, gate in gates.items()},
        relations=relations.relations,
        unknown_other=relations.unknown,
        export=read_file(folder, "export.yml", ExportWords),
        safety_reviewed_by=safety.reviewed_by,
        styles=read_file(folder, "styles.yml", StyleFile).by_name,
        scenarios={
            path.stem: read_file(folder, f"{SCENARIOS}/{path.name}", Scenario)
            for path in sorted((folder / SCENARIOS).glob("*.yml"))
        },
        exercises=_exercises(folder, tips),
    )


def _exercises(folder: Path, tips: tuple[Tip, ...]) -> dict[str, Exercise]:
    """The exercises by tip; a file that belongs to no tip comes last, for the check to tell."""
    numbers = {tip.id: tip.number for tip in tips}
    names = {path.stem for path in (folder / EXERCISES).glob("*.yml")}
    return {
        name: read_file(folder, f"{EXERCISES}/{name}.yml", Exercise)
        for name in sorted(names, key=lambda name: (numbers.get(name, 99), name))
    }
