"""What came out of the model for a message; known without loading Rasa."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.conversation.steps import Step

FALLBACK_INTENT = "nlu_fallback"
NO_CRISIS: dict[str, Any] = {"level": "none", "kind": None, "signals": [], "flags": []}


class ModelNotReadyError(Exception):
    """The model is still being made or loaded: what came in waits for it."""


@dataclass(frozen=True, slots=True)
class Understanding:
    """What the model made of a message.

    Args:
        intent: the likeliest intent, also when the model is in doubt; None for empty text.
        confidence: its probability, 0 to 1.
        ranking: intents with their probabilities, best first.
        relation: about whom, as an intents.yml relation.
        crisis: {level: none|ask|act, kind, signals, flags}.
        style: {name, score} of the communication style; None when it was not looked at.
    """

    intent: str | None = None
    confidence: float = 0.0
    ranking: tuple[tuple[str, float], ...] = ()
    relation: str | None = None
    crisis: dict[str, Any] = field(default_factory=lambda: dict(NO_CRISIS))
    style: dict[str, Any] | None = None

    @classmethod
    def from_parse(cls, parse: dict[str, Any]) -> Understanding:
        """From Rasa's parse of a message."""
        ranking = tuple(
            (i["name"], float(i["confidence"]))
            for i in parse.get("intent_ranking") or [parse["intent"]]
            if i["name"] and i["name"] != FALLBACK_INTENT
        )
        named = [e["value"] for e in parse["entities"] if e["entity"] == "relation"]
        # The first who is named; oneself only when it is about nobody else.
        relation = next((who for who in named if who != "self"), named[0] if named else None)
        intent, confidence = ranking[0] if ranking else (None, 0.0)
        crisis = parse.get("crisis") or dict(NO_CRISIS)
        return cls(intent, confidence, ranking, relation, crisis, parse.get("style"))


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, why, and the tracker as it is afterwards.

    Args:
        understanding: what the model made of the message.
        steps: what to do, in order.
        slots: what the conversation is about now.
        tracker: to be stored, see `close_tracker`.
    """

    understanding: Understanding
    steps: tuple[Step, ...]
    slots: dict[str, Any]
    tracker: Any
