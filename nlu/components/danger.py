"""The kinds of danger that a message may tell of, and lines that only sound like it."""

from __future__ import annotations

from pathlib import Path

import yaml

from nlu.lexicon import Kind

INTENT_PREFIX = "crisis_"
NO_DANGER = "none"
# On a message: the share of each danger and of none, as the readers see it.
DANGER_KEY = "danger"
# On a message: whether the quick reader was unsure, so that the deep one had a say.
IN_DOUBT = "in_doubt"
# On a message: how likely it speaks of danger openly rather than in veiled words.
OPENNESS_KEY = "openness"
DANGERS = tuple(str(kind) for kind in Kind)
# Kept beside Rasa's training data: these lines have no intent that they would teach.
LOOK_ALIKES = Path(__file__).parents[1] / "look_alikes.yml"


def look_alikes() -> list[str]:
    """Harmless lines that sound like danger."""
    lines: list[str] = yaml.safe_load(LOOK_ALIKES.read_text(encoding="utf-8"))
    return lines


def danger_of(intent: str) -> str:
    """The kind of danger that an intent stands for, NO_DANGER for all others."""
    return intent.removeprefix(INTENT_PREFIX) if intent.startswith(INTENT_PREFIX) else NO_DANGER
