"""While a role-play runs: who is spoken to, the other in the play or the bot."""

from __future__ import annotations

from datetime import timedelta

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.trackers import DialogueStateTracker

from bot.content import Content
from nlu.facts import Facts, Roleplay
from nlu.policies.decision import (
    CLEARLY_NO_ANSWER,
    Decision,
    DecisionPolicy,
    last_action,
    latest_intent,
)
from nlu.policies.heard import ASKED
from nlu.reading import Reader

OFFER = "utter_roleplay"
LINE = "utter_roleplay_line"
STOP = "utter_roleplay_stop"
PAUSE = "utter_roleplay_pause"
WAITS = "utter_roleplay_waits"
RESUME = "utter_roleplay_resume"
DONE = "utter_roleplay_done"
AFTER = "utter_roleplay_after"
# A typed yes or no to the question whether to go on.
ANSWERS = {"affirm": RESUME, "deny": DONE}

# Who comes back later than this may have something else in mind than the scene of then.
FORGOTTEN_AFTER = timedelta(hours=6)
ASKED_FOR_FROM = 0.60
# "Laat maar zitten joh" is said to the other, and seems a stop with 0.68. Of 580 lines kept to
# train and measure styles, two seem one with this confidence; who is stopped wrongly can go on.
STOP_FROM = 0.75
# Clear enough to be about something else than a play that stands still.
ABOUT_ELSE_FROM = 0.60
# Right after the end a line may still be meant for the other: this clear it is about oneself.
CLEARLY_ELSE = 0.95
STILL_IN_IT = timedelta(minutes=30)


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True
)
class RoleplayPolicy(DecisionPolicy):
    """Hands typed lines to a running role-play; the safety policy has gone before."""

    def prepare(self, content: Content) -> None:
        """Take what is needed of the content, when the model loads."""
        self._reader = Reader.load()
        self._concerns = frozenset(content.concerns)

    @classmethod
    def actions(cls) -> frozenset[str]:
        """The actions of stories/domain/roleplay.yml."""
        return frozenset({OFFER, LINE, STOP, PAUSE, WAITS, RESUME, DONE, AFTER})

    def decide(self, tracker: DialogueStateTracker, facts: Facts) -> Decision | None:
        """A line of the play, a way out of it, or nothing of the sort."""
        intent, confidence = latest_intent(tracker)
        text = (tracker.latest_message.text if tracker.latest_message else None) or ""
        play = facts.roleplay
        if play is not None and self._runs(play, facts):
            if not text.strip():
                # A button or command: only /stop means the play.
                return Decision(STOP) if intent == "stop" else None
            wants_out = intent == "stop" and confidence >= STOP_FROM
            return Decision(STOP if wants_out else self._spoken(text))
        just_over = facts.play_over_at and facts.now - facts.play_over_at < STILL_IN_IT
        if just_over and text.strip() and last_action(tracker) == LINE:
            # The play ended with the line before: most who type now do not know it yet.
            clear = CLEARLY_ELSE if intent in self._concerns else CLEARLY_NO_ANSWER
            return Decision(AFTER) if confidence < clear else None
        if intent == "start_roleplay" and confidence >= ASKED_FOR_FROM:
            return Decision(OFFER)
        if play is not None and play.asked and intent in ANSWERS and last_action(tracker) == WAITS:
            return Decision(ANSWERS[intent])
        if play is not None and text.strip() and not play.asked:
            answering = tracker.get_slot("stage") == ASKED and play.stage == "paused"
            elsewhere = intent in self._concerns and confidence >= ABOUT_ELSE_FROM
            if not (answering or elsewhere):
                return Decision(WAITS)
        return None

    @staticmethod
    def _runs(play: Roleplay, facts: Facts) -> bool:
        return play.stage != "paused" and facts.now - play.touched_at < FORGOTTEN_AFTER

    def _spoken(self, text: str) -> str:
        reading = self._reader.read(text)
        if reading.stop:
            return STOP
        return PAUSE if reading.too_much else LINE
