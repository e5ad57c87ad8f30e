"""The fifty-one intents: each is taught, and each gets an answer."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, datetime

import pytest
import yaml

from bot.conversation.dialogue import Dialogue
from bot.conversation.steps import Safety
from bot.settings import ROOT
from nlu.facts import Facts

CONVERSATION = (
    "greet", "goodbye", "thank", "affirm", "deny", "unsure", "more", "stop", "ask_capabilities",
    "bot_challenge", "smalltalk", "feedback_positive", "feedback_negative", "out_of_scope",
)  # fmt: skip
CONCERNS = (
    "feel_mistrust", "fear_of_hurt", "lied_to", "cheated_on", "excluded", "agreement_broken",
    "jealous_checking", "trust_pattern", "hard_to_share", "start_conversation", "forgiveness",
    "make_agreements", "broke_trust", "stuck_in_past", "impatient", "small_relapse", "blame",
    "second_chance", "unclear_wish", "seek_help", "conflict_escalates", "positive_progress",
)  # fmt: skip
FUNCTIONS = (
    "ask_tip", "ask_specific_tip", "list_tips", "start_checkin", "set_reminder", "stop_reminders",
    "start_roleplay", "show_progress", "show_agreements", "privacy_question", "delete_data",
)  # fmt: skip
CRISES = {
    "crisis_suicide": "ik wil niet meer leven",
    "crisis_violence": "mijn man slaat me",
    "crisis_child": "mijn dochter van zes wordt geslagen door haar vader",
    "crisis_harm_other": "ik ga hem vermoorden",
}
INTENTS = (*CONVERSATION, *CONCERNS, *FUNCTIONS, *CRISES)
FACTS = Facts(datetime(2026, 11, 22, 21, 0, tzinfo=UTC))


def examples() -> dict[str, list[str]]:
    """All training examples, by intent, without the marks of entities."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "nlu" / "data").rglob("*.yml")):
        for entry in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["nlu"]:
            if "intent" in entry:
                lines = re.findall(r"^- (.+)$", entry["examples"], re.MULTILINE)
                found[entry["intent"]] += [re.sub(r"\[([^]]+)]\([^)]+\)", r"\1", x) for x in lines]
    return found


EXAMPLES = examples()


def domain_intents() -> set[str]:
    names: set[str] = set()
    for path in (ROOT / "stories" / "domain").glob("*.yml"):
        domain = yaml.safe_load(path.read_text(encoding="utf-8"))
        names |= set(domain.get("intents") or [])
    return names


def test_there_are_fifty_one() -> None:
    assert len(set(INTENTS)) == 51


def test_the_domain_has_them_all_and_no_others_but_buttons() -> None:
    others = domain_intents() - set(INTENTS)
    assert set(INTENTS) <= domain_intents()
    assert {name for name in others if not name.startswith("press_")} == set()


def test_no_intent_is_taught_that_is_not_one_of_them() -> None:
    assert set(EXAMPLES) == set(INTENTS)


@pytest.mark.parametrize("intent", INTENTS)
def test_an_intent_is_taught_with_at_least_thirty_examples(intent: str) -> None:
    assert len({plain(text) for text in EXAMPLES[intent]}) >= 30


def plain(text: str) -> str:
    return re.sub(r"[^\w ]", "", text).casefold().strip()


def test_no_example_is_taught_twice_or_as_two_intents() -> None:
    taught: dict[str, list[str]] = defaultdict(list)
    for intent, texts in EXAMPLES.items():
        for text in texts:
            taught[plain(text) or text].append(intent)
    assert {text: names for text, names in taught.items() if len(names) > 1} == {}


def test_every_concern_has_words(content) -> None:
    assert set(content.concerns) == set(CONCERNS)


@pytest.mark.parametrize("intent", [*CONVERSATION, *CONCERNS, *FUNCTIONS])
async def test_an_intent_gets_an_answer(dialogue: Dialogue, intent: str) -> None:
    # decide_event raises when neither a rule nor a policy of ours has an answer.
    decision = await dialogue.decide_event(intent, {}, FACTS, None)
    assert decision.steps


@pytest.mark.parametrize(("intent", "text"), CRISES.items())
async def test_danger_is_for_the_safety_policy(dialogue: Dialogue, intent: str, text: str) -> None:
    decision = await dialogue.decide_text([text], FACTS, None)
    assert decision.understanding.intent == intent
    assert decision.understanding.crisis["level"] == "act"
    assert decision.steps == (Safety("found"),)


@pytest.mark.parametrize("intent", CRISES)
def test_every_danger_has_its_words(content, intent: str) -> None:
    needed = {f"{intent}_{when}" for when in ("act", "ask", "again")}
    needed.add(f"unsafe_{intent.removeprefix('crisis_')}")
    assert needed <= set(content.messages)
