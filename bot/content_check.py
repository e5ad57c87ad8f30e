"""Checks of the Dutch copy that go beyond its shape: `./tevoet content check`.

Both ways: a key that is used must exist, a key that exists must be used. Every
template is rendered, and every text is measured against Telegram and the reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import get_args

import yaml

from bot.content import CONTENT_DIR, EXERCISES, SCENARIOS, Button, Content, load
from bot.content_files import ContentError, RedFlag, line_of, read_file
from bot.content_text import fields_of, text_faults
from bot.content_usage import used_keys
from bot.conversation.routes import Event, press
from bot.conversation.steps import (
    STEP_BY_KEY,
    Agreement,
    Do,
    Exercise,
    Roleplay,
    Safety,
    Say,
)
from bot.exercises import check as exercise_check
from bot.roleplay.check import findings, texts
from bot.skills import agreements, exercises, registry, roleplay, safety
from bot.tone import Tone

# Keys and indexes that lead to a value in a file.
Where = tuple[object, ...]

ROOT = Path(__file__).resolve().parents[1]
DOMAIN_DIR = ROOT / "stories" / "domain"

CALLBACK_BYTES = 64
LABEL_CHARACTERS = 28
SHORT_CHARACTERS = 24
DESCRIPTION_CHARACTERS = 512
SHORT_DESCRIPTION_CHARACTERS = 120
# Whose words stand for every value that will be filled in.
SAMPLE_RELATION = "colleague"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a content file."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


def check(folder: Path = CONTENT_DIR, domain_dir: Path = DOMAIN_DIR) -> list[Problem]:
    """Check all copy.

    Args:
        folder: the content files.
        domain_dir: Rasa's domain files.

    Returns:
        The problems, by file and line; a file of the wrong shape is the only problem told.
    """
    try:
        content, tone = load(folder), read_file(folder, "tone.yml", Tone)
    except ContentError as error:
        return [Problem(f"content/{error.file}", error.line, error.problem)]
    return sorted(
        _Check(content, tone, folder, domain_dir).problems(), key=lambda p: (p.file, p.line, p.text)
    )


class _Check:
    def __init__(self, content: Content, tone: Tone, folder: Path, domain_dir: Path) -> None:
        self._content, self._tone = content, tone
        self._nodes = {
            path.relative_to(folder).as_posix(): yaml.compose(
                path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
            )
            for path in folder.rglob("*.yml")
        }
        self._domain: dict[str, list[dict[str, str]]] = {}
        self._intents: set[str] = set()
        for path in sorted(domain_dir.glob("*.yml")):
            domain = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
            self._intents |= set(domain.get("intents") or [])
            for name, responses in (domain.get("responses") or {}).items():
                self._domain[name] = [response["custom"] for response in responses]

    def problems(self) -> Iterator[Problem]:
        yield from self._tips()
        yield from self._concerns()
        yield from self._messages()
        yield from self._helplines()
        yield from self._scenarios()
        yield from self._gates()
        yield from self._exercises()
        yield from self._steps()
        yield from self._ids()

    def _at(self, file: str, path: Where, text: str) -> Problem:
        return Problem(f"content/{file}", line_of(self._nodes[file], path), text)

    # --- tips and concerns -------------------------------------------------------

    def _tips(self) -> Iterator[Problem]:
        numbers = [tip.number for tip in self._content.tips]
        if numbers != list(range(1, 16)):
            yield self._at("tips.yml", ("tips",), "the tips are not numbered 1 to 15 in order")
        for index, tip in enumerate(self._content.tips):
            where: Where = ("tips", index)
            named: list[tuple[Where, str]] = [
                *(((*where, "helps_with", intent), intent) for intent in tip.helps_with),
                *(((*where, "not_first_for", n), i) for n, i in enumerate(tip.not_first_for)),
            ]
            for place, intent in named:
                if intent not in self._content.concerns:
                    yield self._at("tips.yml", place, f"{tip.id}: {intent} is no concern")
            for intent, weight in tip.helps_with.items():
                if not 0 <= weight <= 1:
                    at: Where = (*where, "helps_with", intent)
                    yield self._at("tips.yml", at, f"{tip.id}: {weight} is not between 0 and 1")
            if len(tip.short) > SHORT_CHARACTERS:
                yield self._at("tips.yml", (*where, "short"), f"{tip.id}: too long for a button")
            for name in (
                "message",
                "message_breaker",
                "why",
                "why_breaker",
                "step",
                "step_breaker",
                "more",
                "more_breaker",
            ):
                yield from self._text("tips.yml", (*where, name), getattr(tip, name))
            for number, question in enumerate(tip.questions):
                yield from self._text("tips.yml", (*where, "questions", number), question.text)
        for intent in self._content.concerns:
            good = [t for t in self._content.tips if t.helps_with.get(intent, 0) >= 0.5]
            if len(good) < 3:
                yield self._at("tips.yml", ("tips",), f"{intent}: fewer than three fitting tips")

    def _concerns(self) -> Iterator[Problem]:
        for name, concern in self._content.concerns.items():
            where: Where = ("concerns", name)
            if name not in self._intents:
                yield self._at("concerns.yml", where, f"{name} is no intent of the domain")
            if len(concern.label) > LABEL_CHARACTERS:
                yield self._at("concerns.yml", (*where, "label"), f"{name}: label is too long")
            always = [r for r in concern.reflections if r.needs is None and r.side is None]
            if len(always) < 2:
                text = f"{name}: fewer than two reflections that always fit"
                yield self._at("concerns.yml", where, text)
            for number, reflection in enumerate(concern.reflections):
                path = (*where, "reflections", number)
                yield from self._text("concerns.yml", path, reflection.text)
                if (reflection.needs == "relation") != bool(fields_of(reflection.text)):
                    text = "a reflection uses {other} when, and only when, it needs a relation"
                    yield self._at("concerns.yml", path, text)
            for number, question in enumerate(concern.questions):
                yield from self._text("concerns.yml", (*where, "questions", number), question.text)
            for number, bridge in enumerate(concern.bridges):
                yield from self._text("concerns.yml", (*where, "bridges", number), bridge)

    # --- messages ----------------------------------------------------------------

    def _messages(self) -> Iterator[Problem]:
        used = used_keys(self._domain.values())
        for file in (
            "messages.yml", "checkin.yml", "safety.yml", "roleplay.yml", "exercises.yml",
            "agreements.yml",
        ):  # fmt: skip
            for name in _keys(self._nodes[file], "messages"):
                message, where = self._content.messages[name], ("messages", name)
                if not any(pattern.fullmatch(name) for pattern in used):
                    yield self._at(file, where, f"{name} is not used")
                for number, text in enumerate(message.variants):
                    place = (*where, "variants", number)
                    yield from self._text(file, place, text, frozenset(message.params))
                for row_number, row in enumerate(message.buttons):
                    for number, button in enumerate(row):
                        spot = (*where, "buttons", row_number, number)
                        yield from self._button(file, spot, button)
        for pattern in used:
            if not any(pattern.fullmatch(name) for name in self._content.messages):
                yield Problem("content/messages.yml", 1, f"{pattern.pattern} is used, not there")
        for key, limit in (
            ("bot_description", DESCRIPTION_CHARACTERS),
            ("bot_short_description", SHORT_DESCRIPTION_CHARACTERS),
        ):
            if len(self._content.messages[key].variants[0]) > limit:
                yield self._at("messages.yml", ("messages", key), f"{key}: over {limit} characters")

    def _button(self, file: str, path: Where, button: Button) -> Iterator[Problem]:
        if len(button.label) > LABEL_CHARACTERS:
            yield self._at(file, path, f"label is too long: {button.label}")
        if len(button.press.encode()) > CALLBACK_BYTES - 30:
            yield self._at(file, path, "press leaves no room for a tip within 64 bytes")
        match press(button.press):
            case Event(intent):
                known = intent in self._intents
            case Safety(action):
                known = safety.knows(action)
            case Roleplay(action):
                known = action.partition(":")[0] in roleplay.ACTIONS
            case Agreement(action):
                known = action.partition(":")[0] in agreements.ACTIONS
            case Exercise(action):
                known = action.partition(":")[0] in exercises.ACTIONS
            case Do(action):
                known = action in {*registry.DO, *registry.DO_WITH}
            case meaning:
                known = meaning != Say("button_past")
        if not known:
            yield self._at(file, path, f"press means nothing: {button.press}")

    # --- the rest ----------------------------------------------------------------

    def _helplines(self) -> Iterator[Problem]:
        kinds = {"suicide", "violence", "child", "harm_other", "minor", "other"}
        for country, lines in self._content.helplines.items():
            for kind in kinds - {kind for line in lines for kind in line.kinds}:
                yield self._at(
                    "helplines.yml", ("helplines", country), f"{country} has no line for {kind}"
                )
            for number, line in enumerate(lines):
                path = ("helplines", country, number)
                for kind in set(line.kinds) - kinds:
                    yield self._at("helplines.yml", path, f"{kind} is no kind")
                if not re.search(rf"(?<![\d-]){line.call}(?![\d-])", line.text):
                    yield self._at("helplines.yml", path, f"{line.call} does not stand in the text")

    def _gates(self) -> Iterator[Problem]:
        """Every flag has a gate, every pattern fits something, and no tip says otherwise."""
        known = {
            "tips": set(self._content.tip_by_id),
            "questions": set(self._content.question_by_id),
        }
        for flag in set(get_args(RedFlag)) - set(self._content.gates):
            yield self._at("gates.yml", ("gates",), f"{flag} has no gate")
        for flag, gate in self._content.gates.items():
            where: Where = ("gates", flag)
            for sort, names in known.items():
                for number, pattern in enumerate(getattr(gate, sort)):
                    if not any(fnmatchcase(name, pattern.removeprefix("!")) for name in names):
                        path = (*where, sort, number)
                        yield self._at("gates.yml", path, f"{pattern} fits none of the {sort}")
            for index, tip in enumerate(self._content.tips):
                if (flag in tip.unsafe_when) is not gate.withholds("tips", tip.id):
                    path = ("tips", index, "unsafe_when")
                    yield self._at(
                        "tips.yml", path, f"{tip.id}: gates.yml says otherwise on {flag}"
                    )

    def _scenarios(self) -> Iterator[Problem]:
        for name, scenario in self._content.scenarios.items():
            file = f"{SCENARIOS}/{name}.yml"
            if len(scenario.label) > LABEL_CHARACTERS:
                yield self._at(file, ("label",), "label is too long")
            for path, text in findings(scenario, self._content.styles, self._content.tip_by_id):
                yield self._at(file, path, text)
            for place, words in texts(scenario):
                yield from self._text(file, place, words)

    def _exercises(self) -> Iterator[Problem]:
        for name in self._content.tip_by_id.keys() - self._content.exercises.keys():
            yield Problem("content/tips.yml", 1, f"{name} has no exercise")
        for name, exercise in self._content.exercises.items():
            file = f"{EXERCISES}/{name}.yml"
            if name not in self._content.tip_by_id:
                yield self._at(file, (), f"{name} is no tip")
            for place, text in exercise_check.findings(exercise):
                yield self._at(file, place, text)
            for place, wording in exercise.wordings():
                for words in (wording.text, wording.breaker, wording.myself):
                    yield from self._text(file, place, words, frozenset(exercise.steps))
            if len(exercise.label) > SHORT_CHARACTERS - 4:
                yield self._at(file, ("label",), "too long for a button with a day behind it")
            for step_name, step in exercise.steps.items():
                # exercise:option:<row>:<step>:<number>, the longest that a button says
                if len(step_name) > CALLBACK_BYTES - 40:
                    yield self._at(file, ("steps", step_name), "the name is too long for a button")
                for number, option in enumerate(step.options):
                    spot = ("steps", step_name, "options", number)
                    if len(option.label) > LABEL_CHARACTERS:
                        yield self._at(file, spot, f"label is too long: {option.label}")
                    if set("<&{}") & set(option.label + (option.value or "")):
                        yield self._at(file, spot, "an option has no tags or braces")

    def _steps(self) -> Iterator[Problem]:
        for name, customs in self._domain.items():
            for custom in customs:
                for key, value in custom.items():
                    if key not in STEP_BY_KEY:
                        yield Problem("stories/domain", 1, f"{name}: {key} is no step")
                    known = {
                        "say": self._content.messages,
                        "do": registry.DO,
                        "feedback": ("helped", "unhelped"),
                        "roleplay": roleplay.ACTIONS,
                        "exercise": exercises.ACTIONS,
                        "agreement": agreements.ACTIONS,
                    }.get(key)
                    unknown = known is not None and value not in known
                    if unknown or (key == "safety" and not safety.knows(value)):
                        yield Problem("stories/domain", 1, f"{name}: {key} {value} is not there")
        for intent in self._intents:
            if press(f"mean:{intent}") == Say("button_past"):
                yield Problem("stories/domain", 1, f"{intent} cannot be chosen")

    def _ids(self) -> Iterator[Problem]:
        seen: set[str] = set()
        for file, owner in (("tips.yml", "tips"), ("concerns.yml", "concerns")):
            groups: Iterable[tuple[object, tuple[str, ...]]] = (
                [(i, tuple(q.id for q in t.questions)) for i, t in enumerate(self._content.tips)]
                if owner == "tips"
                else [
                    (n, tuple(q.id for q in c.questions)) for n, c in self._content.concerns.items()
                ]
            )
            for where, ids in groups:
                for number, question_id in enumerate(ids):
                    if question_id in seen:
                        path = (owner, where, "questions", number)
                        yield self._at(file, path, f"{question_id} is used twice")
                    seen.add(question_id)

    def _text(
        self,
        file: str,
        path: Where,
        text: str | None,
        params: frozenset[str] = frozenset(),
    ) -> Iterator[Problem]:
        if text is not None:
            # In a scenario the other speaks as people do.
            tone = None if file.startswith(SCENARIOS) else self._tone
            sample = self._content.other(SAMPLE_RELATION)
            for fault in text_faults(text, params, sample, tone):
                yield self._at(file, path, fault)


def _keys(node: yaml.Node | None, name: str) -> list[str]:
    found = next((v for k, v in node.value if k.value == name), None) if node else None
    return [key.value for key, _ in found.value] if found else []
