"""A case to practise, as a coach writes it in content/scenarios: docs/scenarios.md explains it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, model_validator

from bot.content_files import RedFlag, Strict

TRUST_MAX = 20
OPENNESS_MAX = 10

Style = Literal[
    "criticism", "contempt", "defensiveness", "stonewalling", "gentle_startup",
    "open_question", "validation", "responsibility", "proposal", "other",
]  # fmt: skip
# What a line can do besides having a style: see nlu/reading.py.
Read = Literal["event", "feeling", "need", "request", "answer"]
Relation = Literal[
    "partner", "ex", "colleague", "friend", "parent", "child", "family", "self", "other"
]
STYLES: tuple[Style, ...] = get_args(Style)
# Lines of the other outside the scenes: to what is off topic, to silence, to a line said before.
ASIDES: tuple[str, ...] = ("asides", "silences", "repeats")


class StyleInfo(Strict):
    """A communication style: what it is called and what it does to the other."""

    label: str
    trust: int = Field(ge=-TRUST_MAX, le=TRUST_MAX)
    openness: int = Field(ge=-OPENNESS_MAX, le=OPENNESS_MAX)

    @property
    def helps(self) -> bool:
        """Whether it brings people closer."""
        return self.trust > 0


class StyleFile(Strict):
    """content/styles.yml."""

    styles: dict[Style, StyleInfo]

    @property
    def by_name(self) -> Mapping[str, StyleInfo]:
        """The styles by their name."""
        return {str(name): info for name, info in self.styles.items()}

    @model_validator(mode="after")
    def _all_of_them(self) -> StyleFile:
        if missing := set(STYLES) - set(self.styles):
            raise ValueError(f"styles are missing: {', '.join(sorted(missing))}")
        return self


class When(Strict):
    """When something fits; what is not given always holds.

    Args:
        trust, openness: lowest and highest value.
        reads, lacks: what the user's line does, or does not.
        heard: one of these styles was used in this run, by this line or before.
    """

    trust: tuple[int, int] = (0, TRUST_MAX)
    openness: tuple[int, int] = (0, OPENNESS_MAX)
    reads: tuple[Read, ...] = ()
    lacks: tuple[Read, ...] = ()
    heard: tuple[Style, ...] = ()

    @model_validator(mode="after")
    def _possible(self) -> When:
        for low, high, most in (
            (*self.trust, TRUST_MAX),
            (*self.openness, OPENNESS_MAX),
        ):
            if not 0 <= low <= high <= most:
                raise ValueError(f"[{low}, {high}] is no range within 0 to {most}")
        if both := set(self.reads) & set(self.lacks):
            raise ValueError(f"cannot both be there and lack: {', '.join(sorted(both))}")
        return self

    @property
    def strictness(self) -> int:
        """How many conditions it has: the strictest line that fits is said."""
        return len(self.model_fields_set)

    def fits_state(self, trust: int, openness: int) -> bool:
        """Whether trust and openness are in range."""
        low, high = self.trust
        return low <= trust <= high and self.openness[0] <= openness <= self.openness[1]


ALWAYS = When()


def _as_line(value: Any) -> Any:
    return {"text": value} if isinstance(value, str) else value


class _Line(Strict):
    text: str
    when: When = ALWAYS


# In a file a line is a text alone, or a text with its conditions.
Line = Annotated[_Line, BeforeValidator(_as_line)]
Lines = Annotated[tuple[Line, ...], Field(min_length=1)]


class Way(Strict):
    """Where it goes from here: the first way that fits is taken."""

    to: str
    when: When = ALWAYS


class Scene(Strict):
    """One exchange: the other says something, the user answers, the other reacts.

    Args:
        id: its name for ways.
        title: for the list of scenes to go back to.
        setting: where it happens, told by the narrator.
        says: what the other starts with; several wordings, or by condition.
        replies: how the other reacts, by the style of the user's line.
        example: something that could be said here, in I-form.
        next: ways on; the last one has no condition.
        asks: a style that the other asks for here, so that it never comes too soon.
    """

    id: str
    title: str
    asks: Style | None = None
    setting: str | None = None
    says: Lines
    replies: dict[Style, Lines]
    example: str
    next: Annotated[tuple[Way, ...], Field(min_length=1)]


class Ending(Strict):
    """How it can end.

    Args:
        id: its name for ways.
        title: for comparing two runs.
        says: the other's last words.
        story: what happens then, told by the narrator.
        tips: tips that fit this ending, by id.
        try_it: something small to try in real life.
    """

    id: str
    title: str
    says: Lines
    story: str
    tips: Annotated[tuple[str, ...], Field(min_length=1)]
    try_it: str


class Start(Strict):
    """How things stand when it begins."""

    trust: int = Field(ge=0, le=TRUST_MAX)
    openness: int = Field(ge=0, le=OPENNESS_MAX)


class Nudge(Strict):
    """What a style does more, or less, to this other than to most people."""

    trust: int = 0
    openness: int = 0


class Seat(Strict):
    """Whom the user plays, and against whom.

    Args:
        me: the user's part; `other`: who answers.
        intro: what this person knows and feels, to the user ("je").
        goals: what can be practised here.
        start: trust and openness at the beginning.
        effects: styles that weigh more or less here.
        asides, silences, repeats: answers to what is off topic, to silence, to a line said before.
        breaks: ways out that are looked at after every line.
        adrift: the ending when nothing comes but asides.
    """

    me: str
    other: str
    intro: str
    goals: Annotated[tuple[str, ...], Field(min_length=1)]
    start: Start
    effects: dict[Style, Nudge] = Field(default_factory=dict)
    scenes: Annotated[tuple[Scene, ...], Field(min_length=1)]
    asides: Lines
    silences: Lines
    repeats: Lines
    breaks: tuple[Way, ...] = ()
    adrift: str
    endings: Annotated[tuple[Ending, ...], Field(min_length=1)]

    def scene(self, scene_id: str) -> Scene:
        """A scene by its id."""
        return next(scene for scene in self.scenes if scene.id == scene_id)

    def ending(self, ending_id: str) -> Ending:
        """An ending by its id."""
        return next(ending for ending in self.endings if ending.id == ending_id)

    def is_ending(self, target: str) -> bool:
        """Whether a way leads to an ending."""
        return any(ending.id == target for ending in self.endings)

    def groups(self) -> Iterator[tuple[str, tuple[object, ...], tuple[_Line, ...]]]:
        """All lines of the other: name of the group, where it stands in the file, the lines."""
        for number, scene in enumerate(self.scenes):
            where: tuple[object, ...] = ("scenes", number)
            yield f"{scene.id}/says", (*where, "says"), scene.says
            for style, lines in scene.replies.items():
                yield f"{scene.id}/{style}", (*where, "replies", style), lines
        for aside in ASIDES:
            yield aside, (aside,), getattr(self, aside)
        for number, ending in enumerate(self.endings):
            yield f"{ending.id}/says", ("endings", number, "says"), ending.says


class Scenario(Strict):
    """A case with the seats that can be taken in it.

    Args:
        title: of the case.
        label: of its button.
        relation: what the two are to each other; None when the user says it.
        unsafe_when: with one of these red flags for that relation it is not played.
        intro: what happened, to whoever plays.
        warning: what may be hard about it.
        seats: by id.
    """

    title: str
    label: str
    relation: Relation | None
    unsafe_when: tuple[RedFlag, ...]
    intro: str
    warning: str
    seats: dict[str, Seat]


def effect(styles: Mapping[str, StyleInfo], seat: Seat, style: Style) -> tuple[int, int]:
    """What a style does to trust and openness in a seat, before anything else counts."""
    base, nudge = styles[style], seat.effects.get(style, Nudge())
    return base.trust + nudge.trust, base.openness + nudge.openness


ScenarioLine = _Line
