"""What comes before every tip: danger, a safety hold, and a missing consent."""

from __future__ import annotations

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.trackers import DialogueStateTracker

from nlu.components.crisis_check import CRISIS_KEY
from nlu.facts import Facts, Hold
from nlu.policies.decision import Decision, DecisionPolicy, latest_intent

CRISIS = "utter_crisis"
CONFIRMED = "utter_crisis_confirmed"
DENIED = "utter_crisis_denied"
ASK_AGAIN = "utter_crisis_ask_again"
HOLD = "utter_hold"
ONBOARD = "utter_onboard"
DELUSION = "utter_delusion"
MINOR = "utter_minor"
# A typed yes or no during a hold, by what was asked last (see Hold.asked).
ANSWERS = {
    ("danger", "affirm"): "utter_hold_unsafe",
    ("type", "affirm"): "utter_hold_lines",
    ("type", "deny"): "utter_hold_clear",
    ("safe", "affirm"): "utter_hold_safe",
    ("safe", "deny"): "utter_hold_unsafe",
    ("choose", "affirm"): "utter_hold_resume",
    ("choose", "deny"): "utter_hold_not_yet",
}


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True
)
class SafetyPolicy(DecisionPolicy):
    """Decides when safety is at stake (shared rules 1, 3 to 9 and 12), else stays out."""

    @classmethod
    def actions(cls) -> frozenset[str]:
        """The actions of stories/domain/safety.yml."""
        return frozenset(
            {
                CRISIS,
                CONFIRMED,
                DENIED,
                ASK_AGAIN,
                HOLD,
                ONBOARD,
                DELUSION,
                MINOR,
                *ANSWERS.values(),
            }
        )

    def decide(self, tracker: DialogueStateTracker, facts: Facts) -> Decision | None:
        """Danger first, then an open safety question, the hold, consent and red flags."""
        message = tracker.latest_message
        crisis = (message.parse_data if message else {}).get(CRISIS_KEY) or {}
        if crisis.get("level", "none") != "none":
            return Decision(CRISIS)
        if facts.hold is not None:
            return Decision(self._during_hold(tracker, facts.hold))
        if not facts.onboarded:
            return Decision(ONBOARD)
        flags = crisis.get("flags") or []
        if "minor" in flags:
            return Decision(MINOR)
        if "delusion" in flags:
            return Decision(DELUSION)
        return None

    @staticmethod
    def _during_hold(tracker: DialogueStateTracker, hold: Hold) -> str:
        intent, _ = latest_intent(tracker)
        if hold.level == "ask":
            return {"affirm": CONFIRMED, "deny": DENIED}.get(intent, ASK_AGAIN)
        return ANSWERS.get((hold.asked, intent), HOLD)
