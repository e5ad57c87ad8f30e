"""The coaching policy: listen first, then a tip; or the other way when asked for."""

from __future__ import annotations

from dataclasses import replace

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.trackers import DialogueStateTracker

from bot.content import Content, Question
from nlu.facts import Facts
from nlu.particulars import BOTH, Particulars, read_side
from nlu.policies.decision import CLEARLY_NO_ANSWER, Decision, DecisionPolicy
from nlu.policies.heard import ADVISED, ASKED, ASKED_SIDE, HELPED_WITH, SIDES, Heard
from nlu.policies.ranking import Situation, rank

EXPLORE = "utter_explore"
ASK = "utter_ask"
ADVISE = "utter_advise"
GIVE_TIP = "utter_give_tip"
NO_SAFE_TIP = "utter_no_safe_tip"
EXPLAIN = "utter_explain_tip"
CLARIFY = "utter_clarify"
NOT_UNDERSTOOD = "utter_not_understood"
HELPED = "utter_helped"
UNHELPED = "utter_unhelped"
LIST_TIPS = "utter_list_tips"
STOPPED = "utter_stopped"
GO_ON = "utter_go_on"
OUT_OF_SCOPE = "utter_out_of_scope"
ASK_SIDE = "utter_ask_side"
EXPLORE_AGAIN = "utter_explore_again"
TELL_MORE = "utter_tell_more"

FALLBACK = "nlu_fallback"
# An answer that names another concern this clearly is about that one. Measured: decisions/0013.
CLEARLY_ABOUT = 0.90
# A meaning with a smaller share than this is no real option to choose from.
OPTION_FROM = 0.05
OPTIONS = 3
# Its questions are about oneself and what one longs for.
SAFEST_TIP = "wat_wel"


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True
)
class CoachingPolicy(DecisionPolicy):
    """Picks question or tip for a concern; leaves other intents to the rules."""

    def prepare(self, content: Content) -> None:
        """Take what is needed of the content, when the model loads."""
        self._content = content
        self._choices = {
            "ask_tip": self._give_tip,
            "ask_specific_tip": self._specific_tip,
            "more": self._more,
            "unsure": self._ask,
            "affirm": self._go_on,
            "deny": self._go_on,
            "stop": self._stop,
            "feedback_positive": self._helped,
            "feedback_negative": self._unhelped,
            "out_of_scope": self._out_of_scope,
            FALLBACK: self._unclear,
            "press_other_tip": self._give_tip,
            "press_question": self._ask,
            "press_why": self._explain,
            "press_more": self._tell_more,
            "press_side": self._advise,
            "press_helped": self._helped,
            "press_unhelped": self._unhelped,
        }

    @classmethod
    def actions(cls) -> frozenset[str]:
        """The actions of stories/domain/coaching.yml."""
        return frozenset(
            {
                EXPLORE, ASK, ADVISE, GIVE_TIP, NO_SAFE_TIP, EXPLAIN, CLARIFY, NOT_UNDERSTOOD,
                HELPED, UNHELPED, LIST_TIPS, STOPPED, GO_ON, OUT_OF_SCOPE, ASK_SIDE, EXPLORE_AGAIN,
                TELL_MORE,
            }
        )  # fmt: skip

    def decide(self, tracker: DialogueStateTracker, facts: Facts) -> Decision | None:
        """An answer leads to a tip, a concern to a question, a wish to what is wished."""
        heard = Heard.from_tracker(tracker, facts)
        if heard.stage in (ASKED, ASKED_SIDE) and self._is_answer(heard):
            decision = self._advise(heard)
        elif heard.intent in self._content.concerns:
            decision = self._explore(heard)
        elif heard.intent in self._choices:
            decision = self._choices[heard.intent](heard)
        else:
            return None
        about = {
            "relation": heard.relation, "other": heard.other, "particulars": heard.known.as_json(),
        }  # fmt: skip
        return Decision(decision.action, {**about, **decision.slots})

    def _is_answer(self, heard: Heard) -> bool:
        if heard.intent.startswith("press_"):
            return False
        if heard.intent in self._content.concerns:
            # A chosen button (confidence 1) is a new subject, a story is an answer.
            return heard.confidence < 1.0
        if heard.intent in {"affirm", "deny", "unsure", FALLBACK}:
            return True
        return heard.confidence < CLEARLY_NO_ANSWER

    def _explore(self, heard: Heard) -> Decision:
        question = self._fresh(self._content.concerns[heard.intent].questions, heard)
        if question is None:
            return Decision(NO_SAFE_TIP, {"stage": None})
        again = heard.intent == heard.concern and heard.came_back_to
        # A new story begins anew; only whose trust it was stays true of the same other.
        side = heard.known.side if heard.same_other else None
        return Decision(
            EXPLORE_AGAIN if again else EXPLORE,
            {
                "concern": heard.intent,
                "question_id": question.id,
                "stage": ASKED,
                "tip_id": again.tip_id if again else None,
                "options": None,
                "particulars": Particulars(side).with_more(heard.told).as_json(),
            },
        )

    def _advise(self, heard: Heard) -> Decision:
        concerns = self._content.concerns
        if heard.concern is None:
            # The likeliest one is better than none, even where it is far from sure.
            named = next((name for name, _ in heard.ranking if name in concerns), None)
        else:
            clear = heard.intent in concerns and heard.confidence >= CLEARLY_ABOUT
            named = heard.intent if clear else None
        concern = named or heard.concern
        if heard.stage == ASKED_SIDE or heard.answer:
            return self._tip(self._with_side(heard), concern, ADVISE)
        if self._side_matters(heard, concern):
            return Decision(ASK_SIDE, {"concern": concern, "stage": ASKED_SIDE})
        return self._tip(heard, concern, ADVISE)

    @staticmethod
    def _with_side(heard: Heard) -> Heard:
        """What was heard, with the answer to who broke the trust; it is asked only once."""
        side = heard.answer or read_side(heard.text) or BOTH
        return replace(heard, known=replace(heard.known, side=side))

    def _side_matters(self, heard: Heard, concern: str | None) -> bool:
        """Whether who broke the trust is unknown, and would change the tip or its words."""
        situation = self.situation(heard, concern)
        if concern is None or heard.relation == "self" or situation.side or heard.known.side:
            return False
        ranked = [rank(self._content.tips, replace(situation, side=side)) for side in SIDES]
        if not all(ranked):
            return False
        hurt, breaker = (tips[0].tip for tips in ranked)
        return hurt.id != breaker.id or breaker.words("message", "breaker") != hurt.message

    def _give_tip(self, heard: Heard) -> Decision:
        return self._tip(heard, heard.concern, GIVE_TIP)

    def _tip(self, heard: Heard, concern: str | None, action: str) -> Decision:
        ranking = rank(self._content.tips, self.situation(heard, concern))
        last = heard.facts.given[0].tip_id if heard.facts.given else None
        if not ranking or ranking[0].tip.id == last:
            # Every tip is withheld, or the only one left was the last one.
            return Decision(NO_SAFE_TIP, {"stage": None})
        return Decision(
            action if concern else GIVE_TIP,
            {
                "concern": concern,
                "tip_id": ranking[0].tip.id,
                "reasons": [(r.code, round(r.value, 3)) for r in ranking[0].reasons],
                "stage": ADVISED,
                "options": None,
                "particulars": heard.known.as_json(),
            },
        )

    def situation(self, heard: Heard, concern: str | None) -> Situation:
        """What the ranking may look at.

        Args:
            heard: the message and where the talk stands.
            concern: the concern to give a tip for, None when there is none.
        """
        first = heard.tip_id is None
        return Situation.of(
            heard.facts, self._content, concern, heard.flags, heard.known, first=first
        )

    def _specific_tip(self, heard: Heard) -> Decision:
        tip = self._content.tip_by_id.get(heard.named_tip or "")
        if tip is None:
            return Decision(LIST_TIPS)
        if heard.flags & set(tip.unsafe_when):
            return Decision(NO_SAFE_TIP, {"stage": None})
        return Decision(
            GIVE_TIP,
            {"tip_id": tip.id, "reasons": [("asked", 1.0)], "stage": ADVISED, "options": None},
        )

    def _ask(self, heard: Heard) -> Decision:
        tip = self._content.tip_by_id.get(heard.tip_id or "")
        concern = self._content.concerns[heard.concern or "feel_mistrust"]
        question = self._fresh((tip or concern).questions, heard)
        if question is None:
            return Decision(NO_SAFE_TIP, {"stage": None})
        return Decision(ASK, {"question_id": question.id, "stage": ASKED})

    def _more(self, heard: Heard) -> Decision:
        return self._ask(heard) if heard.stage == ASKED else self._give_tip(heard)

    def _go_on(self, heard: Heard) -> Decision:
        return Decision(GO_ON)

    def _stop(self, heard: Heard) -> Decision:
        return Decision(STOPPED, {"stage": None, "options": None})

    def _tip_meant(self, heard: Heard) -> str | None:
        """The tip of a pressed button, else the last one."""
        return heard.named_tip if heard.named_tip in self._content.tip_by_id else heard.tip_id

    def _explain(self, heard: Heard) -> Decision:
        tip_id = self._tip_meant(heard)
        return Decision(EXPLAIN, {"tip_id": tip_id}) if tip_id else Decision(LIST_TIPS)

    def _tell_more(self, heard: Heard) -> Decision:
        tip_id = self._tip_meant(heard)
        return Decision(TELL_MORE, {"tip_id": tip_id}) if tip_id else Decision(LIST_TIPS)

    def _helped(self, heard: Heard) -> Decision:
        tip_id = self._tip_meant(heard)
        return Decision(HELPED, {"tip_id": tip_id, "stage": HELPED_WITH if tip_id else None})

    def _unhelped(self, heard: Heard) -> Decision:
        return Decision(UNHELPED, {"tip_id": self._tip_meant(heard), "stage": None})

    def _out_of_scope(self, heard: Heard) -> Decision:
        return Decision(OUT_OF_SCOPE)

    def _unclear(self, heard: Heard) -> Decision:
        """Ask once which of the likeliest meanings it is; the second time offer other ways on."""
        likely = [
            name
            for name, confidence in heard.ranking
            if confidence >= OPTION_FROM and self._content.meaning(name)
        ]
        if len(likely) < 2 or heard.options:
            return Decision(NOT_UNDERSTOOD, {"options": None})
        return Decision(CLARIFY, {"options": ",".join(likely[:OPTIONS])})

    def _fresh(self, questions: tuple[Question, ...], heard: Heard) -> Question | None:
        """The first question that was never asked, else the one asked longest ago.

        A red flag may withhold all of them; then one that asks nothing about the other, if any.
        """
        asked = heard.facts.asked
        for some in (questions, self._content.tip_by_id[SAFEST_TIP].questions):
            safe = [q for q in some if not self._content.withholds(heard.flags, "questions", q.id)]
            if safe:
                return max(safe, key=lambda q: asked.index(q.id) if q.id in asked else len(asked))
        return None
