"""One message as the coaching policy hears it: what it means, and where the talk stands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from rasa.shared.core.trackers import DialogueStateTracker

from nlu.components.crisis_check import CRISIS_KEY
from nlu.facts import Facts, GivenTip
from nlu.particulars import Particulars, read_particulars
from nlu.policies.decision import latest_intent

# What the talk waits for, as the slot `stage` says it: an answer to a question; who broke the
# trust; what became of a tip of days ago; what a tip brought. ADVISED: a tip was given.
ASKED, ASKED_SIDE, MET_AGAIN, HELPED_WITH, ADVISED = "explore", "side", "again", "helped", "advise"
SIDES = ("hurt", "breaker")
# Who comes back later than this hears what came before; much later, it is too long ago.
AWAY_FROM, REMEMBERED = timedelta(hours=8), timedelta(days=30)
# What was said of a tip of before, under these keys.
SAID_AGAIN = ("returning", "recall", "recall_helped")

ANOTHERS = re.compile(r"\b(zijn|haar|hun|z['’]n|d['’]r)\s+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Heard:
    """One message with all that a choice may depend on: its meaning, and where the talk stands.

    Args:
        told: what this message tells besides its concern.
        known: that and what was told before in this episode.
        same_other: it is about the one that the talk was about before.
        answer: what a pressed button says.
        text: as typed; empty for a button.
    """

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
    told: Particulars
    known: Particulars
    same_other: bool
    answer: str | None
    text: str

    @property
    def came_back_to(self) -> GivenTip | None:
        """The last tip, when the user was away since and nobody has come back to it yet."""
        last = self.facts.given[0] if self.facts.given else None
        if last is None or not AWAY_FROM <= self.facts.now - last.given_at <= REMEMBERED:
            return None
        moments = [m for key in SAID_AGAIN for m in self.facts.said.get(key, {}).values()]
        return None if any(moment > last.given_at for moment in moments) else last

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
        text = (message.text if message else None) or ""
        told = read_particulars(text)
        before = tracker.get_slot("relation")
        relation, other = before, tracker.get_slot("other")
        named = [e for e in entities if e.get("entity") == "relation"]
        own = [e for e in named if not _is_anothers(text, e)]
        # Oneself only when it is about nobody else.
        about = next((e for e in own if e["value"] != "self"), own[0] if own else None)
        if about is not None:
            relation = about["value"]
            other = text[about.get("start", 0) : about.get("end", 0)].lower() or None
        elif named and before is None:
            # "Haar moeder" is nobody's whom the user has a word for.
            relation = named[0]["value"]
        return cls(
            intent=intent,
            confidence=confidence,
            ranking=tuple((i["name"], i["confidence"]) for i in ranking),
            relation=relation,
            other=other,
            named_tip=_value(entities, "tip"),
            stage=tracker.get_slot("stage"),
            concern=tracker.get_slot("concern"),
            tip_id=tracker.get_slot("tip_id"),
            options=tracker.get_slot("options"),
            flags=facts.red_flags(relation) | set((parse.get(CRISIS_KEY) or {}).get("flags") or ()),
            facts=facts,
            told=told,
            known=Particulars.from_json(tracker.get_slot("particulars")).with_more(told),
            same_other=relation == before,
            answer=_value(entities, "answer"),
            text=text,
        )


def _is_anothers(text: str, entity: Mapping[str, Any]) -> bool:
    """Whether somebody is named as another's: "zijn zus" is not who the talk is about."""
    return ANOTHERS.search(text[: entity.get("start", 0)]) is not None


def _value(entities: Sequence[Mapping[str, Any]], name: str) -> str | None:
    """The value of the first entity of a name."""
    return next((e["value"] for e in entities if e.get("entity") == name), None)
