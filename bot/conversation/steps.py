"""The typed Steps: what Rasa decided, in the bot's own terms.

A response of the domain is a map of keys, such as {acknowledge: lied_to, ask:
lied_to.moment}; each key is a Step, in the order in which they stand there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Say:
    """A fixed message."""

    key: str


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Say back what a concern means to the user."""

    concern: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A reflective question."""

    question_id: str


@dataclass(frozen=True, slots=True)
class Bridge:
    """From the user's answer to advice."""

    concern: str


@dataclass(frozen=True, slots=True)
class GiveTip:
    """A tip with its buttons."""

    tip_id: str


@dataclass(frozen=True, slots=True)
class ExplainTip:
    """Why the last tip was chosen."""

    tip_id: str


@dataclass(frozen=True, slots=True)
class TellMore:
    """More about a tip: how it goes, with an example."""

    tip_id: str


@dataclass(frozen=True, slots=True)
class Recall:
    """The tip of an earlier day, when the same concern comes back."""

    tip_id: str


@dataclass(frozen=True, slots=True)
class Summarise:
    """What the talk was about, and the tip that goes along."""

    tip_id: str


@dataclass(frozen=True, slots=True)
class Clarify:
    """Ask which of a few meanings it is."""

    options: str

    @property
    def intents(self) -> list[str]:
        """The intents to choose from, the likeliest first."""
        return self.options.split(",")


@dataclass(frozen=True, slots=True)
class Feedback:
    """The user's verdict on a tip: helped or unhelped."""

    verdict: str


@dataclass(frozen=True, slots=True)
class Safety:
    """Something the safety skill does."""

    action: str


@dataclass(frozen=True, slots=True)
class Do:
    """Something another skill does."""

    action: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Roleplay:
    """Something the role-play skill does; behind a colon what it is done with."""

    action: str


@dataclass(frozen=True, slots=True)
class Exercise:
    """Something the exercise skill does; behind a colon what it is done with."""

    action: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """Something the agreements skill does; behind a colon what it is done with."""

    action: str


Step = (
    Say
    | Acknowledge
    | Ask
    | Bridge
    | GiveTip
    | ExplainTip
    | TellMore
    | Recall
    | Summarise
    | Clarify
    | Feedback
    | Safety
    | Do
    | Roleplay
    | Exercise
    | Agreement
)

STEP_BY_KEY: dict[str, type[Step]] = {
    "say": Say,
    "acknowledge": Acknowledge,
    "ask": Ask,
    "bridge": Bridge,
    "give_tip": GiveTip,
    "explain_tip": ExplainTip,
    "tell_more": TellMore,
    "recall": Recall,
    "summarise": Summarise,
    "clarify": Clarify,
    "feedback": Feedback,
    "safety": Safety,
    "do": Do,
    "roleplay": Roleplay,
    "exercise": Exercise,
    "agreement": Agreement,
}
KEY_BY_STEP = {step: key for key, step in STEP_BY_KEY.items()}


class UnknownStepError(Exception):
    """The domain names a step that does not exist."""


def read_steps(custom: Mapping[str, str]) -> list[Step]:
    """The Steps of one response of the domain.

    Args:
        custom: the response's map, slots filled in.

    Raises:
        UnknownStepError: a key is no step.
    """
    try:
        return [STEP_BY_KEY[key](value) for key, value in custom.items()]
    except KeyError as error:
        raise UnknownStepError(str(error)) from None


def step_as_json(step: Step) -> dict[str, str]:
    """A Step as {key: value}, the way the domain writes it."""
    value = next(getattr(step, name) for name in step.__slots__)
    if isinstance(step, Do) and step.argument:
        value = f"{step.action}:{step.argument}"
    return {KEY_BY_STEP[type(step)]: value}
