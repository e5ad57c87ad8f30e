"""How an episode begins and ends: who comes back is met, who leaves takes something along."""

from __future__ import annotations

import re

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.trackers import DialogueStateTracker

from bot.content import Content
from nlu.facts import Facts
from nlu.policies.decision import Decision, DecisionPolicy
from nlu.policies.heard import ADVISED, HELPED_WITH, MET_AGAIN, Heard

RETURNING = "utter_returning"
TRIED_IT = "utter_tried_it"
NOT_YET = "utter_not_yet"
HARVEST = "utter_harvest"
STOPPED = "utter_stopped_with_tip"
GOODBYE = "utter_goodbye_with_tip"

LEAVING = {"goodbye": GOODBYE, "stop": STOPPED}
# Whether something came of the tip of last time.
TRIED = {
    "affirm": TRIED_IT, "feedback_positive": TRIED_IT, "positive_progress": TRIED_IT,
    "deny": NOT_YET, "unsure": NOT_YET,
}  # fmt: skip
# These want something else than to tell what a tip brought.
WISHES = frozenset(
    {
        "ask_tip", "ask_specific_tip", "list_tips", "more", "seek_help", "ask_capabilities",
        "bot_challenge", "start_checkin", "set_reminder", "stop_reminders", "start_roleplay",
        "show_progress", "show_agreements", "privacy_question", "delete_data", "out_of_scope",
        "feedback_negative", "thank", "goodbye", "stop",
    }
)  # fmt: skip
# After a tip no greeting, though it sounds like one.
PARTING = re.compile(
    r"\b(goeden?|goeien?|fijne|prettige)\s?(avond|nacht)\b"
    r"|^(nou |oké |ok )?dag( hoor| dan| bot)?\W*$",
    re.IGNORECASE,
)
# What came of a tip often sounds like a concern; this clear it is a new one.
CLEARLY_NEW = 0.75


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True
)
class EpisodePolicy(DecisionPolicy):
    """Meets who comes back with what came before, and sums up when somebody leaves."""

    def prepare(self, content: Content) -> None:
        """Take what is needed of the content, when the model loads."""
        self._content = content

    @classmethod
    def actions(cls) -> frozenset[str]:
        """The actions of stories/domain/episodes.yml."""
        return frozenset({RETURNING, TRIED_IT, NOT_YET, HARVEST, STOPPED, GOODBYE})

    def decide(self, tracker: DialogueStateTracker, facts: Facts) -> Decision | None:
        """A greeting after days, what came of a tip, a goodbye; the rest is for coaching."""
        heard = Heard.from_tracker(tracker, facts)
        if heard.intent == "press_not_yet" and heard.named_tip in self._content.tip_by_id:
            return Decision(NOT_YET, {"tip_id": heard.named_tip, "stage": None})
        last = heard.came_back_to if heard.intent == "greet" else None
        if last and self._may(heard, last.tip_id):
            return Decision(RETURNING, {"tip_id": last.tip_id, "stage": MET_AGAIN})
        if heard.tip_id is None or not self._may(heard, heard.tip_id):
            return None
        if heard.stage == MET_AGAIN and heard.intent in TRIED:
            return Decision(TRIED[heard.intent], {"stage": None})
        if heard.stage == HELPED_WITH and heard.text and self._tells_what_it_brought(heard):
            return Decision(HARVEST, {"stage": None})
        leaving = GOODBYE if self._parts(heard) else LEAVING.get(heard.intent)
        if heard.stage == ADVISED and leaving and heard.concern:
            return Decision(leaving, {"stage": None, "options": None})
        return None

    @staticmethod
    def _parts(heard: Heard) -> bool:
        return heard.intent == "greet" and PARTING.search(heard.text) is not None

    def _may(self, heard: Heard, tip_id: str) -> bool:
        """Whether a tip of before may be named now."""
        tip = self._content.tip_by_id.get(tip_id)
        return tip is not None and not heard.flags & set(tip.unsafe_when)

    def _tells_what_it_brought(self, heard: Heard) -> bool:
        if heard.intent in self._content.concerns:
            return heard.confidence < CLEARLY_NEW
        return heard.intent not in WISHES
