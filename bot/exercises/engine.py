"""How somebody goes through an exercise: pure functions from one sitting to the next."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from string import Formatter
from typing import Any

from bot.exercises.exercise import END, Exercise

# A longer answer is quoted in part when it is said back in a question.
QUOTED = 90
# "Maak af: ik merk dat ik..."
BEGINNING = re.compile(r"([^:.?!]+)\.\.\.$")


@dataclass(frozen=True, slots=True)
class Sitting:
    """Where somebody is in an exercise, and what they answered.

    Args:
        step: what is asked now; None when it is done.
        answers: by step; an option by its label. Those of a path not taken are kept and not used.
        trail: the steps before this one, oldest first.
        side: hurt or breaker, None until it is known.
        relation: about whom, as an intents.yml relation.
        other: the user's own word for the other.
        changing: the step whose answer is being changed afterwards.
    """

    step: str | None
    answers: Mapping[str, str] = field(default_factory=dict)
    trail: tuple[str, ...] = ()
    side: str | None = None
    relation: str | None = None
    other: str | None = None
    changing: str | None = None

    @property
    def done(self) -> bool:
        """Whether nothing is asked any more."""
        return self.step is None

    @property
    def asked(self) -> str | None:
        """The step whose answer is waited for."""
        return self.changing or self.step

    def as_json(self) -> dict[str, Any]:
        """To be stored, encrypted."""
        return {
            "step": self.step,
            "answers": dict(self.answers),
            "trail": list(self.trail),
            "side": self.side,
            "relation": self.relation,
            "other": self.other,
            "changing": self.changing,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any], exercise: Exercise) -> Sitting:
        """From the store; where a coach has changed the steps meanwhile, as far as they go.

        Args:
            data: what `as_json` gave.
            exercise: as it is today.
        """
        step, changing = data["step"], data["changing"]
        trail = tuple(name for name in data["trail"] if name in exercise.steps)
        if step is not None and step not in exercise.steps:
            step, trail = exercise.first, ()
        return cls(
            step,
            dict(data["answers"]),
            trail,
            data["side"],
            data["relation"],
            data["other"],
            changing if changing in exercise.steps else None,
        )


def begin(
    exercise: Exercise,
    side: str | None = None,
    relation: str | None = None,
    other: str | None = None,
) -> Sitting:
    """Sit down for an exercise."""
    return Sitting(exercise.first, side=side, relation=relation, other=other)


def answer(exercise: Exercise, sitting: Sitting, words: str) -> Sitting:
    """Take an answer: what was typed, or the label of an option.

    Returns:
        The next step; the same one for an empty answer, or one that is none of the options.
    """
    name = sitting.asked
    words = words.strip()
    if name is None or not words:
        return sitting
    labels = [option.label for option in exercise.steps[name].options]
    if labels and words not in labels:
        return sitting
    answers = {**sitting.answers, name: words}
    if sitting.changing:
        return replace(sitting, answers=answers, changing=None)
    return _go_on(exercise, replace(sitting, answers=answers), name, words)


def skip(exercise: Exercise, sitting: Sitting) -> Sitting:
    """Leave a question open; one that all depends on stays."""
    name = sitting.step
    if name is None or sitting.changing or not exercise.steps[name].skip:
        return sitting
    answers = {step: words for step, words in sitting.answers.items() if step != name}
    return _go_on(exercise, replace(sitting, answers=answers), name, None)


def back(sitting: Sitting) -> Sitting:
    """To the question before; what was answered there is still known."""
    if sitting.changing:
        return replace(sitting, changing=None)
    if sitting.step is None or not sitting.trail:
        return sitting
    return replace(sitting, step=sitting.trail[-1], trail=sitting.trail[:-1])


def finish(sitting: Sitting) -> Sitting:
    """Stop here and keep what there is."""
    return replace(sitting, step=None, changing=None)


def change(exercise: Exercise, sitting: Sitting, name: str) -> Sitting:
    """Ask an answered question once more, when all is done."""
    return replace(sitting, changing=name) if name in changeable(exercise, sitting) else sitting


def changeable(exercise: Exercise, sitting: Sitting) -> list[str]:
    """The steps whose answer can be changed afterwards: those that lead nowhere else by it."""
    if not sitting.done:
        return []
    return [
        name
        for name in sitting.trail
        if name in sitting.answers and not any(o.next for o in exercise.steps[name].options)
    ]


def _go_on(exercise: Exercise, sitting: Sitting, name: str, label: str | None) -> Sitting:
    following = exercise.after(name, label)
    step = None if following == END else following
    return replace(sitting, step=step, trail=(*sitting.trail, name))


def answered(exercise: Exercise, sitting: Sitting, *, quoted: bool = False) -> dict[str, str]:
    """What the answers on the way read like, by step.

    Args:
        exercise: the exercise.
        sitting: where somebody is.
        quoted: short enough to stand inside a question.
    """
    found = {}
    for name in sitting.trail:
        words = sitting.answers.get(name)
        if words is None:
            continue
        step = exercise.steps[name]
        option = next((o for o in step.options if o.label == words), None)
        words = (option.value if option else None) or words
        words = _continued(words, step.ask.words(sitting.side, sitting.relation))
        found[name] = _shortened(words) if quoted else words
    return found


def outcome(exercise: Exercise, sitting: Sitting) -> list[tuple[str | None, str]]:
    """What the user keeps: headings and texts, as templates to be filled with `answered`.

    Parts that need an answer that was not given are left out.
    """
    known = answered(exercise, sitting).keys()
    own = exercise.steps.keys()
    parts = []
    for part in exercise.result:
        text = part.text.words(sitting.side, sitting.relation)
        if (placeholders(text) & own) <= known:
            heading = part.heading.words(sitting.side, sitting.relation) if part.heading else None
            parts.append((heading, text))
    return parts


def placeholders(text: str) -> set[str]:
    """The names in braces in a template; none when a brace is wrong, which the check tells."""
    try:
        return {name for _, name, _, _ in Formatter().parse(text) if name}
    except ValueError:
        return set()


def _continued(words: str, ask: str) -> str:
    """What follows the beginning of a sentence that a question gave, also when it was repeated.

    After "maak af: ik ben bang dat..." both "dat hij gaat" and "hij gaat" mean the second.
    """
    given = BEGINNING.search(ask)
    if given is None:
        return words
    beginning = given.group(1).casefold().split()
    said = words.split()
    heads = [word.casefold().strip(",.") for word in said]
    repeated = next((n for n, head in enumerate(heads) if head not in beginning), len(heads))
    while repeated and heads[repeated - 1] != beginning[-1]:
        repeated -= 1
    return " ".join(said[repeated:]) if 0 < repeated < len(said) else words


def _shortened(words: str) -> str:
    words = re.sub(r"\s+", " ", words).strip().rstrip(".!")
    if len(words) <= QUOTED:
        return words
    return words[:QUOTED].rsplit(" ", 1)[0].rstrip(",;:.") + "..."
