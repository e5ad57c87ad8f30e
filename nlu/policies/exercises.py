"""While an exercise waits for an answer: what is typed is that answer, or clearly not."""

from __future__ import annotations

import re
from datetime import timedelta

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.trackers import DialogueStateTracker

from bot.content import Content
from nlu.facts import Facts
from nlu.policies.decision import (
    CLEARLY_NO_ANSWER,
    Decision,
    DecisionPolicy,
    last_action,
    latest_intent,
)

LIST = "utter_exercises"
ANSWER = "utter_exercise_answer"
STOP = "utter_exercise_stop"
WAITS = "utter_exercise_waits"
GO = "utter_exercise_go"
LATER = "utter_exercise_later"

# A wish that is this short and this clear is no answer to a question about oneself.
WISHES = frozenset(
    {
        "goodbye", "bot_challenge", "ask_capabilities", "ask_tip", "ask_specific_tip", "list_tips",
        "start_checkin", "set_reminder", "stop_reminders", "start_roleplay", "show_progress",
        "show_agreements", "privacy_question", "delete_data",
    }
)  # fmt: skip
WISH_WORDS = 7
STOP_WORDS = 5
# Who comes back later than this may have something else in mind than the question of then.
FORGOTTEN_AFTER = timedelta(hours=6)
ABOUT_ELSE_FROM = 0.60
SHOW = re.compile(
    r"(?:(?:laat|toon|bekijk|open|waar zijn|ik wil)\s+)?(?:(?:al|graag|me)\s+)*"
    r"(?:mijn|de|alle|een|je)?\s*oefening(?:en)?(?:\s+(?:zien|doen|bekijken|openen))?[.!?]*"
)
GO_ON = re.compile(
    r"(?:ik wil )?(?:ga |graag )?(?:verder|door)(?:gaan)? met (?:mijn|de) oefening[.!]*"
)
HELP = re.compile(r"(?:help|hulp)(?: me)?[.!?]*")


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True
)
class ExercisePolicy(DecisionPolicy):
    """Hands what is typed to a waiting exercise; the safety policy has gone before."""

    def prepare(self, content: Content) -> None:
        """Take what is needed of the content, when the model loads."""
        self._concerns = frozenset(content.concerns)

    @classmethod
    def actions(cls) -> frozenset[str]:
        """The actions of stories/domain/exercises.yml."""
        return frozenset({LIST, ANSWER, STOP, WAITS, GO, LATER})

    def decide(self, tracker: DialogueStateTracker, facts: Facts) -> Decision | None:
        """An answer, a way out, the way to the exercises, or nothing of the sort."""
        intent, confidence = latest_intent(tracker)
        text = ((tracker.latest_message.text if tracker.latest_message else None) or "").strip()
        if not text:
            # A button or command: only /stop means the exercise.
            return Decision(STOP) if facts.exercise and intent == "stop" else None
        plain = text.casefold()
        if facts.exercise is None:
            if facts.roleplay is not None and facts.roleplay.stage != "paused":
                return None
            if GO_ON.fullmatch(plain):
                return Decision(GO)
            if last_action(tracker) == WAITS and intent in ("affirm", "deny"):
                return Decision(GO if intent == "affirm" else LATER)
            return Decision(LIST) if SHOW.fullmatch(plain) else None
        if facts.now - facts.exercise.touched_at >= FORGOTTEN_AFTER:
            elsewhere = intent in self._concerns and confidence >= ABOUT_ELSE_FROM
            return None if elsewhere or self._wishes(plain, intent, confidence) else Decision(WAITS)
        words = len(text.split())
        if intent == "stop" and words <= STOP_WORDS and confidence >= ABOUT_ELSE_FROM:
            return Decision(STOP)
        return None if self._wishes(plain, intent, confidence) else Decision(ANSWER)

    @staticmethod
    def _wishes(plain: str, intent: str, confidence: float) -> bool:
        """Whether somebody wants something of the bot, rather than to answer it."""
        if HELP.fullmatch(plain):
            return True
        if len(plain.split()) > WISH_WORDS or confidence < CLEARLY_NO_ANSWER:
            return False
        return intent in WISHES or (intent == "seek_help" and plain.endswith("?"))
