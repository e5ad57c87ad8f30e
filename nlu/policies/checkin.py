"""The check-in: when it comes, and what a message means while one is under way."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.trackers import DialogueStateTracker

from bot.content import Content
from nlu.facts import Facts
from nlu.policies.decision import CLEARLY_NO_ANSWER, Decision, DecisionPolicy, latest_intent
from nlu.policies.heard import ASKED, ASKED_SIDE, HELPED_WITH
from nlu.schedule import Action, Schedule, find_day, only_when, read_schedule, settle
from nlu.schedule.words import NUMBER, fold, number

CHECKIN = "utter_checkin"
ANSWER = "utter_checkin_answer"
ANSWER_CONCERN = "utter_checkin_answer_concern"
PRESS = "utter_checkin_press"
SCHEDULE = "utter_schedule"
PROGRESS = "utter_progress"

# What the conversation's `stage` says while a check-in, its time, or the day of a reminder is
# talked about.
UNDER_WAY, ASKED_WHEN, ASKED_DAY = "checkin", "schedule", "remind"
# A reminder comes within a year.
FURTHEST = timedelta(days=366)
PRESSED = "press_checkin"
ABOUT_WHEN = frozenset({"set_reminder", "stop_reminders"})
# A question of coaching waits for its answer.
ANSWERED = frozenset({ASKED, ASKED_SIDE, HELPED_WITH})
# These mean what they mean, also while a note is asked for.
NO_NOTE = frozenset(
    {
        "stop", "goodbye", "ask_tip", "ask_specific_tip", "list_tips", "ask_capabilities",
        "privacy_question", "delete_data", "show_progress", "show_agreements", "start_roleplay",
        "set_reminder", "stop_reminders",
    }
)  # fmt: skip
CLEAR = 0.60
# A yes, no or time of more words than this says something else besides.
SHORT = 4
# So long after a nudge a bare "ja" or a number is an answer to it.
ANSWERS_NUDGE = timedelta(hours=3)
_TIP_LATER = re.compile(r"\b(?:herinner\w*|bewaar)\b.*\btip\b|\btip\b.*\b(?:herinner|bewaar)")
_SCORE = re.compile(rf"\b(?P<score>{NUMBER})(?:[,.](?P<part>\d))?(?: ?/ ?10| op (?:10|tien))?\b")
_BARE_SCORE = re.compile(
    rf"(?:(?:het is |ik geef |doe maar |geef |zeg )?(?:vandaag )?(?:een )?)"
    rf"(?:{NUMBER})(?:[,.]\d)?(?: ?/ ?10| op (?:10|tien))?[.! ]*(?:vandaag|denk ik|ofzo)?[. ]*"
)


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True
)
class CheckinPolicy(DecisionPolicy):
    """Leads through a check-in and reads when the next one should come."""

    def prepare(self, content: Content) -> None:
        """Take what is needed of the content, when the model loads."""
        self._concerns = content.concerns
        self._feelings = {
            fold(button.label): button.press.rpartition(":")[2]
            for row in content.messages["checkin_feeling"].buttons
            for button in row
        }

    @classmethod
    def actions(cls) -> frozenset[str]:
        """The actions of stories/domain/checkin.yml."""
        return frozenset({CHECKIN, ANSWER, ANSWER_CONCERN, PRESS, SCHEDULE, PROGRESS})

    def decide(self, tracker: DialogueStateTracker, facts: Facts) -> Decision | None:
        """A button, the time of a next one, an answer to what was asked, or none of these."""
        intent, confidence = latest_intent(tracker)
        message = tracker.latest_message
        entities = (message.entities if message else None) or []
        pressed = next((e["value"] for e in entities if e.get("entity") == "answer"), "")
        if intent == PRESSED:
            slots: dict[str, Any] = {"answer": pressed, "stage": UNDER_WAY}
            verb, _, tip = pressed.partition(":")
            if verb == "remind_day":
                slots |= {"stage": ASKED_DAY, "tip_id": tip}
            if not pressed.startswith("time:"):
                # Days that were named count only for the time that was asked with them.
                slots["schedule"] = None
            return Decision(PRESS, slots)
        text = (message.text if message else None) or ""
        stage = tracker.get_slot("stage")
        answers_coach = stage in ANSWERED and confidence < CLEARLY_NO_ANSWER
        if intent == "show_progress" and (not text or confidence >= CLEAR) and not answers_coach:
            return Decision(PROGRESS, {"answer": pressed or asked_period(fold(text))})
        if not text and intent not in ABOUT_WHEN | {"start_checkin"}:
            return None
        if facts.checkin is not None and stage == UNDER_WAY and intent not in ABOUT_WHEN:
            answered = self._answer(text, intent, confidence, facts.checkin.stage)
            if answered is not None:
                return answered
        tip_id = tracker.get_slot("tip_id")
        if stage == ASKED_DAY and tip_id and (typed := self._typed_day(text, facts)) is not None:
            told = {"answer": f"remind_on:{typed}:{tip_id}", "stage": None if typed else ASKED_DAY}
            return Decision(PRESS, told)
        if tip_id and _TIP_LATER.search(fold(text)):
            return Decision(PRESS, {"answer": f"remind:{tip_id}"})
        nudged = self._after_nudge(facts)
        if nudged and intent == "deny" and len(text.split()) <= SHORT:
            return Decision(PRESS, {"answer": "not_now"})
        answers_nudge = nudged and (intent == "affirm" or _BARE_SCORE.fullmatch(fold(text)))
        if not answers_nudge and (when := self._when(tracker, text, intent, facts)) is not None:
            return Decision(SCHEDULE, {"schedule": when.as_json(), "stage": ASKED_WHEN})
        if answers_coach and not answers_nudge:
            return None
        if intent == "show_progress":
            return Decision(PROGRESS, {"answer": asked_period(fold(text))})
        if intent == "start_checkin" or answers_nudge:
            score = typed_score(text)
            answer = None if score is None else f"score:{score}"
            return Decision(CHECKIN, {"answer": answer, "stage": UNDER_WAY})
        return None

    def _answer(self, text: str, intent: str, confidence: float, asked: str) -> Decision | None:
        """What a typed message answers in the check-in under way; None when it does not."""

        def answered(what: str) -> Decision:
            return Decision(ANSWER, {"answer": what, "stage": UNDER_WAY})

        plain = fold(text).strip(" .!")
        if asked == "score":
            score = typed_score(text) if _BARE_SCORE.fullmatch(fold(text)) else None
            return answered(f"score:{score}") if score is not None else None
        if asked == "step":
            tried = {"affirm": "step:yes", "deny": "step:no", "unsure": "step:no"}.get(intent)
            return answered(tried) if tried else None
        if asked == "feeling" and plain in self._feelings:
            return answered(f"feel:{self._feelings[plain]}")
        if asked == "note" and intent in {"deny", "unsure"} and len(plain.split()) <= SHORT:
            return answered("skip")
        if intent in NO_NOTE and confidence >= CLEAR:
            return None
        if intent in self._concerns and confidence >= CLEAR:
            slots = {"answer": "note", "stage": UNDER_WAY, "concern": intent}
            return Decision(ANSWER_CONCERN, slots)
        return answered("note")

    @staticmethod
    def _when(
        tracker: DialogueStateTracker, text: str, intent: str, facts: Facts
    ) -> Schedule | None:
        """When a check-in should come, if the message is about that."""
        now: datetime = facts.now.astimezone(ZoneInfo(facts.zone))
        stage, draft = tracker.get_slot("stage"), tracker.get_slot("schedule")
        if stage == ASKED_WHEN and draft:
            asked = Schedule.from_json(draft)
            open_question = asked.action in (Action.SET, Action.CHANGE)
            heard = settle(asked, text, now) if open_question else read_schedule(text, now)
            short = intent in ABOUT_WHEN or only_when(text) or len(text.split()) <= SHORT
            if heard is not None and short:
                return heard
        if intent in ABOUT_WHEN:
            return read_schedule(text, now, intent)
        if intent == "start_checkin":
            read = read_schedule(text, now)
            put_off = read is not None and read.action in (Action.SNOOZE, Action.PAUSE, Action.STOP)
            return read if put_off else None
        # "Vandaag niet" may answer a question of ours; unasked it is about the check-in.
        if stage not in {*ANSWERED, UNDER_WAY} and only_when(text):
            read = read_schedule(text, now)
            return read if read and (facts.checkins or read.time or read.options) else None
        return None

    @staticmethod
    def _typed_day(text: str, facts: Facts) -> str | None:
        """The day of a reminder; "" when a short answer names none, None for something else."""
        today = facts.now.astimezone(ZoneInfo(facts.zone)).date()
        short = len(text.split()) <= SHORT + 2
        day = find_day(fold(text), today) if short else None
        if day is not None:
            return day.isoformat() if day <= today + FURTHEST else ""
        return "" if len(text.split()) <= SHORT else None

    @staticmethod
    def _after_nudge(facts: Facts) -> bool:
        """Whether this is the first word after a recent nudge."""
        if not facts.unanswered or facts.nudged_at is None:
            return False
        return facts.now - facts.nudged_at <= ANSWERS_NUDGE


def typed_score(text: str) -> int | None:
    """The one score from 0 to 10 in a text; "6,5" is 7, None when there is none or more.

    Args:
        text: as typed.
    """
    found = []
    for match in _SCORE.finditer(fold(text)):
        if match.group("score") == "een" and match.end() < len(fold(text)):
            continue  # "een 7"
        score = number(match.group("score")) + (int(match.group("part") or 0) >= 5)
        found.append(score)
    return found[0] if len(found) == 1 and 0 <= found[0] <= 10 else None


def asked_period(plain: str) -> str | None:
    """Which period of progress a folded text asks for: "7", "30", "90", or None."""
    if re.search(r"\b(?:excel|csv|export\w*|bestand)\b", plain):
        return "csv"
    if re.search(r"\b(?:90|drie maanden|3 maanden|kwartaal)\b", plain):
        return "90"
    if re.search(r"\b(?:week|zeven dagen|7 dagen)\b", plain):
        return "7"
    return None
