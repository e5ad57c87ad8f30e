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
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

CONTENT_DIR = Path(__file__).resolve().parents[1] / "content"

Side = Literal["hurt", "breaker", "both"]
RedFlag = Literal[
    "suicide",
    "violence",
    "control",
    "fear",
    "child",
    "harm_other",
    "minor",
    "delusion",
    "stalking",
    "contact_ban",
]
Country = Literal["NL", "BE"]


class ContentError(Exception):
    """A content file is wrong.

    Args:
        file: the file's name inside content/.
        line: the line where the trouble starts, from 1.
        problem: what is wrong, for who edits the file.
    """

    def __init__(self, file: str, line: int, problem: str) -> None:
        super().__init__(f"content/{file}:{line}: {problem}")
        self.file, self.line, self.problem = file, line, problem


class Strict(BaseModel):
    """A content record: unknown fields are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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
    questions: tuple[Question, ...] = Field(min_length=3)
    helps_with: dict[str, float]
    audience: Side
    unsafe_when: tuple[RedFlag, ...] = ()
    not_first_for: tuple[str, ...] = ()
    # Whether the coach behind an installation may be named with it.
    names_coach: bool = False

    def words(self, field: Literal["message", "why", "step"], side: str | None) -> str:
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
    """How the other is called in a sentence ("je zus"), by default and by the user's own word."""

    says: str
    words: dict[str, str] = {}


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


FileModel = TypeVar("FileModel", bound=Strict)


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
    safety_reviewed_by: str | None

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
        """How the other is called in a sentence: "je zus", "je collega", "de ander".

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
    helplines = _read(folder, "helplines.yml", _Helplines)
    relations = _read(folder, "relations.yml", _Relations)
    safety = _read(folder, "safety.yml", _Messages)
    checkin = _read(folder, "checkin.yml", _Messages)
    return Content(
        tips=_read(folder, "tips.yml", _Tips).tips,
        concerns=_read(folder, "concerns.yml", _Concerns).concerns,
        messages={
            **_read(folder, "messages.yml", _Messages).messages,
            **checkin.messages,
            **safety.messages,
        },
        helplines={str(code): lines for code, lines in helplines.helplines.items()},
        helplines_checked_on=helplines.checked_on,
        country_names={str(code): name for code, name in helplines.names.items()},
        gates={str(flag): gate for flag, gate in _read(folder, "gates.yml", _Gates).gates.items()},
        relations=relations.relations,
        unknown_other=relations.unknown,
        safety_reviewed_by=safety.reviewed_by,
    )


def _read(folder: Path, name: str, model: type[FileModel]) -> FileModel:
    try:
        text = (folder / name).read_text(encoding="utf-8")
    except OSError as error:
        raise ContentError(name, 1, f"cannot be read ({type(error).__name__})") from error
    try:
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
        _refuse_double_keys(root, name)
        return model.model_validate(yaml.load(text, Loader=yaml.CSafeLoader))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ContentError(name, line, str(error.problem)) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ContentError(name, line_of(root, first["loc"]), f"{where}: {first['msg']}") from error


def _refuse_double_keys(node: yaml.Node | None, name: str) -> None:
    """YAML lets the last of two equal keys win; a coach would lose text silently."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                raise ContentError(
                    name, key.start_mark.line + 1, f"'{key.value}' stands here twice"
                )
            seen.add(key.value)
            _refuse_double_keys(value, name)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_double_keys(item, name)


def line_of(node: yaml.Node | None, path: tuple[Any, ...]) -> int:
    """The line (from 1) of a value in a composed YAML file.

    Args:
        node: the root of the composed file.
        path: keys and indexes that lead to the value; the deepest part that exists counts.
    """
    line = node.start_mark.line + 1 if node else 1
    for part in path:
        # A value in a mapping stands where its key does, a value in a list by itself.
        found: tuple[yaml.Node, yaml.Node] | None = None
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == str(part)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            found = (node.value[part],) * 2 if part < len(node.value) else None
        if found is None:
            break
        node, line = found[1], found[0].start_mark.line + 1
    return line
