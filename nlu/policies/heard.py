"""One message as the coaching policy hears it: what it means, and where the talk stands."""

from __future__ import annotations

from dataclasses import dataclass

from rasa.shared.core.trackers import DialogueStateTracker

from nlu.components.crisis_check import CRISIS_KEY
from nlu.facts import Facts
from nlu.policies.decision import latest_intent


@dataclass(frozen=True, slots=True)
class Heard:
    """One message with all that a choice may depend on: its meaning, and where the talk stands."""

    intent: str
    confidence: float
    ranking: tuple[tuple[str, float], ...]
    relation: str | None
    other: str | None
    named_tip: str | None
    stage: str | None
    concern: str | None
    tip_id: str | None
    options: str | None
    flags: frozenset[str]
    facts: Facts

    @classmethod
    def from_tracker(cls, tracker: DialogueStateTracker, facts: Facts) -> Heard:
        """Read the latest message and the slots.

        The relation is the one this message names first, else the one of before.
        """
        intent, confidence = latest_intent(tracker)
        message = tracker.latest_message
        entities = (message.entities if message else None) or []
        parse = (message.parse_data if message else None) or {}
        ranking = parse.get("intent_ranking") or []
        relation, other = tracker.get_slot("relation"), tracker.get_slot("other")
        named = [e for e in entities if e.get("entity") == "relation"]
        # Oneself only when it is about nobody else.
        about = next((e for e in named if e["value"] != "self"), named[0] if named else None)
        if about is not None:
            text = (message.text if message else None) or ""
            relation = about["value"]
            other = text[about.get("start", 0) : about.get("end", 0)].lower() or None
        return cls(
            intent=intent,
            confidence=confidence,
            ranking=tuple((i["name"], i["confidence"]) for i in ranking),
            relation=relation,
            other=other,
            named_tip=next((e["value"] for e in entities if e.get("entity") == "tip"), None),
            stage=tracker.get_slot("stage"),
            concern=tracker.get_slot("concern"),
            tip_id=tracker.get_slot("tip_id"),
            options=tracker.get_slot("options"),
            flags=facts.red_flags(relation) | set((parse.get(CRISIS_KEY) or {}).get("flags") or ()),
            facts=facts,
        )
