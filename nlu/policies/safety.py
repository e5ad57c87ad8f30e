"""What comes before every tip: danger, a safety hold, and a missing consent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.trackers import DialogueStateTracker

from bot.content import Content
from nlu.components.crisis_check import CRISIS_KEY
from nlu.facts import Facts, Hold
from nlu.lexicon import PRIORITY, Lexicon
from nlu.policies.decision import Decision, DecisionPolicy, latest_intent

CRISIS = "utter_crisis"
CONFIRMED = "utter_crisis_confirmed"
DENIED = "utter_crisis_denied"
ASK_AGAIN = "utter_crisis_ask_again"
HOLD = "utter_hold"
ONBOARD = "utter_onboard"
BYE = "utter_hold_bye"
PROGRAM = "utter_hold_program"
GUIDED = "utter_guided"
GUIDED_STOP = "utter_guided_stop"
CLEAR = "utter_hold_clear"
WONDER = "utter_wonder"
DELUSION = "utter_delusion"
MINOR = "utter_minor"
# A typed yes or no during a hold, by what was asked last (see Hold.asked).
ANSWERS = {
    ("danger", "affirm"): "utter_hold_unsafe",
    ("type", "affirm"): "utter_hold_lines",
    ("type", "deny"): CLEAR,
    ("safe", "affirm"): "utter_hold_safe",
    ("safe", "deny"): "utter_hold_unsafe",
    ("choose", "affirm"): "utter_hold_resume",
    ("choose", "deny"): "utter_hold_not_yet",
}
# Kind and moment of the last veiled sign; a second one within an episode is asked about.
SIGNS = "signs"
EPISODE = timedelta(hours=2)
# What is said during a hold that is no answer to it.
ASIDE = {"thank": BYE, "goodbye": BYE, "bot_challenge": PROGRAM}
# In an exercise a message is an answer, unless it is this clear, and short, that it ends it.
CLEARLY_STOP, STOP_WORDS = 0.90, 3


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True
)
class SafetyPolicy(DecisionPolicy):
    """Decides when safety is at stake (shared rules 1, 3 to 9 and 12), else stays out."""

    def prepare(self, content: Content) -> None:
        """Take what is needed of the content, when the model loads."""
        self._lexicon = Lexicon.load()

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
                WONDER,
                GUIDED,
                GUIDED_STOP,
                BYE,
                PROGRAM,
                DELUSION,
                MINOR,
                *ANSWERS.values(),
            }
        )

    def notes(self, tracker: DialogueStateTracker, facts: Facts) -> dict[str, Any]:
        """A veiled sign is remembered for an episode; asked about, it is done with."""
        earlier, now = self._signs(tracker, facts)
        if self._crisis(tracker).get("level", "none") != "none" or (earlier and now):
            return {SIGNS: None} if tracker.get_slot(SIGNS) else {}
        if not now:
            return {}
        return {SIGNS: [[now[0], facts.now.isoformat()]]}

    def decide(self, tracker: DialogueStateTracker, facts: Facts) -> Decision | None:
        """Danger first, then an open safety question, the hold, consent and red flags."""
        crisis = self._crisis(tracker)
        if crisis.get("level", "none") != "none":
            return Decision(CRISIS)
        flags = crisis.get("flags") or []
        if "read_along" in flags:
            return Decision(CLEAR)
        if facts.guide is not None and (facts.hold is None or facts.hold.level != "ask"):
            guided = self._guided(tracker)
            if guided:
                return Decision(guided)
        if facts.hold is not None:
            return Decision(self._during_hold(tracker, facts.hold))
        if not facts.onboarded:
            return Decision(ONBOARD)
        earlier, now = self._signs(tracker, facts)
        if earlier and now:
            return Decision(WONDER, {"worry": min(now + earlier, key=PRIORITY.index)})
        if "minor" in flags:
            return Decision(MINOR)
        if "delusion" in flags:
            return Decision(DELUSION)
        return None

    @staticmethod
    def _crisis(tracker: DialogueStateTracker) -> dict[str, Any]:
        message = tracker.latest_message
        return (message.parse_data if message else {}).get(CRISIS_KEY) or {}

    def _signs(self, tracker: DialogueStateTracker, facts: Facts) -> tuple[list[str], list[str]]:
        """The kinds of the veiled signs of this episode so far, and of those in this message."""
        text = (tracker.latest_message.text if tracker.latest_message else None) or ""
        earlier = [
            kind
            for kind, moment in tracker.get_slot(SIGNS) or []
            if facts.now - datetime.fromisoformat(moment) <= EPISODE
        ]
        return earlier, sorted(self._lexicon.hints(text.split("\n"))) if text.strip() else []

    @staticmethod
    def _during_hold(tracker: DialogueStateTracker, hold: Hold) -> str:
        intent, _ = latest_intent(tracker)
        if hold.level == "ask":
            return {"affirm": CONFIRMED, "deny": DENIED}.get(intent, ASK_AGAIN)
        if hold.returning:
            # A yes of today is no answer to a question of yesterday.
            return HOLD
        return ANSWERS.get((hold.asked, intent)) or ASIDE.get(intent, HOLD)

    @staticmethod
    def _guided(tracker: DialogueStateTracker) -> str | None:
        """What is typed in an exercise is for the exercise; a button or command is not."""
        intent, confidence = latest_intent(tracker)
        text = (tracker.latest_message.text if tracker.latest_message else None) or ""
        if not text.strip():
            return GUIDED_STOP if intent == "stop" else None
        short = len(text.split()) <= STOP_WORDS
        stops = intent == "stop" and confidence >= CLEARLY_STOP and short
        return GUIDED_STOP if stops else GUIDED
