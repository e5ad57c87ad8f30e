"""What the deep reader learns, from which lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nlu.components.danger import DANGERS, NO_DANGER, danger_of
from nlu.components.heads import DANGER_HEAD, INTENT_HEAD, OPENNESS_HEAD, STYLE_HEAD
from nlu.encoder.network import Network, Task
from nlu.encoder.tokens import tokens
from nlu.encoder.weights import installed
from nlu.spelling import Speller, words_of
from nlu.typos import mistyped

LEVELS = ("ask", "act")


@dataclass(frozen=True, order=True)
class Lesson:
    """A line to learn from; without an intent or a style it merely sounds like danger.

    Args:
        text: what a user types.
        intent: what it means.
        level: how openly it speaks of danger, where its author said so.
        style: of communication, when it is said to a character.
    """

    text: str
    intent: str = ""
    level: str = ""
    style: str = ""


def learn(
    lessons: Sequence[Lesson], config: Mapping[str, Any], code: str
) -> dict[str, npt.NDArray[Any]]:
    """Train the heads and the upper layers.

    Args:
        lessons: to learn from.
        config: as in DeepReader.get_default_config.
        code: of all that learns; another code learns something else.

    Returns:
        What was learnt, by name.
    """
    intents = sorted({lesson.intent for lesson in lessons if lesson.intent})
    styles = sorted({lesson.style for lesson in lessons if lesson.style})
    # A look-alike is any intent but danger.
    harmless = tuple(intent for intent in intents if danger_of(intent) == NO_DANGER)
    tasks = {
        INTENT_HEAD: _task(
            [() if k.style else (k.intent,) if k.intent else harmless for k in lessons],
            intents, smoothing=0.1,
        ),
        DANGER_HEAD: _task(
            [() if k.style else (danger_of(k.intent),) for k in lessons],
            (NO_DANGER, *DANGERS), smoothing=0.02,
        ),
        OPENNESS_HEAD: _task(
            [(k.level,) if k.level else () for k in lessons], LEVELS, smoothing=0.05, weight=0.5
        ),
        STYLE_HEAD: _task(
            [(k.style,) if k.style else () for k in lessons], styles, smoothing=0.05
        ),
    }  # fmt: skip
    answers = {name: task.answers for name, task in tasks.items()}
    network = Network(installed(), config["tuned_layers"], answers)
    texts = [lesson.text for lesson in lessons]
    versions = [network.lower_states([tokens().of(text) for text in texts])]
    mend = Speller(words_of(texts)).mend
    for version in range(1, 1 + config["mistyped"]):
        # As it will be read: what is left of typos when the likely ones are mended.
        typed = [mend(mistyped(text, version * len(texts) + i)) for i, text in enumerate(texts)]
        versions.append(network.lower_states([tokens().of(text) for text in typed]))
    network.learn(versions, tasks, config["epochs"], config["rate"])
    named = {f"answers.{name}": np.array(values) for name, values in answers.items()}
    return {**network.trained(), **named}


def _task(
    allowed: Sequence[tuple[str, ...]],
    answers: Sequence[str],
    smoothing: float,
    weight: float = 1.0,
) -> Task:
    """Targets from the answers that each line allows; none where it says nothing."""
    targets = np.zeros((len(allowed), len(answers)), dtype=np.float32)
    number = {answer: i for i, answer in enumerate(answers)}
    for row, given in enumerate(allowed):
        targets[row, [number[answer] for answer in given]] = 1
    return Task(tuple(answers), targets, smoothing, weight)
