"""What buttons and commands mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.inbound import Inbound, InboundKind
from bot.conversation.routes import COACH_PRESSES, COMMANDS, Event, needs_consent, press, route
from bot.conversation.steps import Do, Safety, Say, Step
from bot.telegram.introduction import COMMANDS as SHOWN_COMMANDS


@pytest.mark.parametrize(
    ("command", "meaning"),
    [
        ("start", Do("start")),
        ("hulp", Do("lines")),
        ("privacy", Do("privacy")),
        ("wis", Do("confirm_erase")),
        ("land", Say("ask_country")),
        ("help", Event("ask_capabilities")),
        ("tip", Event("ask_tip")),
        ("tips", Event("list_tips")),
        ("stop", Event("stop")),
    ],
)
def test_a_command_means(command: str, meaning: Step | Event) -> None:
    assert route(Inbound(InboundKind.COMMAND, command)) == meaning


def test_a_command_that_is_not_there_says_so() -> None:
    assert route(Inbound(InboundKind.COMMAND, "dans")) == Say("unknown_command")


def test_every_command_in_the_menu_of_telegram_means_something() -> None:
    assert set(SHOWN_COMMANDS) <= set(COMMANDS)


@pytest.mark.parametrize("command", ["hulp", "wis", "privacy", "start", "land"])
def test_what_must_always_work_never_passes_through_the_model(command: str) -> None:
    assert not isinstance(route(Inbound(InboundKind.COMMAND, command)), Event)


@pytest.mark.parametrize(
    ("data", "meaning"),
    [
        ("safety:safe", Safety("safe")),
        ("safety:ground", Safety("ground")),
        ("country:BE", Do("country", "BE")),
        ("consent:yes", Do("consent", "yes")),
        ("erase:yes:1763845200", Do("erase", "yes:1763845200")),
        ("erase:no", Do("erase", "no")),
        ("do:privacy", Do("privacy")),
        ("do:confirm_erase", Do("confirm_erase")),
        ("do:lines", Do("lines")),
        ("coach:other", Event("press_other_tip")),
        ("coach:helped:wat_wel", Event("press_helped", {"tip": "wat_wel"})),
        ("coach:why:wat_wel", Event("press_why", {"tip": "wat_wel"})),
        ("coach:tip", Event("ask_tip")),
        ("coach:list", Event("list_tips")),
        ("coach:else", Say("say_it_again")),
        ("mean:lied_to", Event("lied_to")),
        ("tip:geef_toe", Event("ask_specific_tip", {"tip": "geef_toe"})),
    ],
)
def test_a_button_means(data: str, meaning: Step | Event) -> None:
    assert press(data) == meaning
    assert route(Inbound(InboundKind.PRESS, data)) == meaning


@pytest.mark.parametrize(
    "data", ["", ":", "do:erase", "do:start", "coach:dance", "coach:", "weg:ermee", "safety"]
)
def test_a_button_of_another_time_is_past_or_left_to_the_safety_skill(data: str) -> None:
    assert press(data) in (Say("button_past"), Safety(""))


def test_no_button_erases_without_asking() -> None:
    assert press("do:erase") == Say("button_past")
    assert press("erase") == Do("erase", "")


@given(st.text(max_size=64))
def test_whatever_a_button_holds_it_means_something(data: str) -> None:
    assert isinstance(press(data), Event | Step)


def test_what_cannot_be_read_is_answered_by_its_kind() -> None:
    assert route(Inbound(InboundKind.MEDIA, "voice")) == Say("media_voice")
    assert route(Inbound(InboundKind.GROUP)) == Say("group_chat")
    assert route(Inbound(InboundKind.REACH, "blocked")) == Do("reach", "blocked")


@pytest.mark.parametrize(
    "inbound",
    [
        Inbound(InboundKind.COMMAND, "start"),
        Inbound(InboundKind.COMMAND, "hulp"),
        Inbound(InboundKind.COMMAND, "privacy"),
        Inbound(InboundKind.COMMAND, "wis"),
        Inbound(InboundKind.COMMAND, "land"),
        Inbound(InboundKind.PRESS, "country:NL"),
        Inbound(InboundKind.PRESS, "consent:yes"),
        Inbound(InboundKind.PRESS, "consent:no"),
        Inbound(InboundKind.PRESS, "do:lines"),
        Inbound(InboundKind.PRESS, "safety:unsafe"),
        Inbound(InboundKind.PRESS, "iets van vroeger"),
        Inbound(InboundKind.MEDIA, "voice"),
        Inbound(InboundKind.GROUP),
        Inbound(InboundKind.REACH, "blocked"),
    ],
    ids=lambda inbound: f"{inbound.kind}-{inbound.value}",
)
def test_help_privacy_and_the_way_in_need_no_consent(inbound: Inbound) -> None:
    step = route(inbound)
    assert not isinstance(step, Event)
    assert not needs_consent(step)


@pytest.mark.parametrize(
    "step", [Say("unknown_command"), Say("say_it_again"), Say("greet"), Do("list_tips")]
)
def test_anything_else_waits_for_consent(step: Step) -> None:
    assert needs_consent(step)


def test_every_press_on_a_coaching_button_is_an_intent_of_the_domain(dialogue) -> None:
    assert not [intent for intent in COACH_PRESSES.values() if not dialogue.knows(intent)]
