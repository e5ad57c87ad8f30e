"""What buttons and commands mean: a Step at once, or an event for the dialogue.

What must work whatever Rasa does (help, consent, privacy, erasing) is a Step.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.conversation.inbound import Inbound, InboundKind
from bot.conversation.steps import Agreement, Do, Exercise, Roleplay, Safety, Say, Step


@dataclass(frozen=True, slots=True)
class Event:
    """A button or command that the dialogue decides on.

    Args:
        intent: an intent of the domain.
        entities: values that come with it.
    """

    intent: str
    entities: dict[str, str] = field(default_factory=dict)


COMMANDS: dict[str, Step | Event] = {
    "start": Do("start"),
    "hulp": Do("lines"),
    "privacy": Do("privacy"),
    "wis": Do("confirm_erase"),
    "export": Do("confirm_export"),
    "land": Say("ask_country"),
    "plan": Safety("plan"),
    "help": Event("ask_capabilities"),
    "tip": Event("ask_tip"),
    "tips": Event("list_tips"),
    "stop": Event("stop"),
    "checkin": Event("press_checkin", {"answer": "menu"}),
    "voortgang": Event("show_progress"),
    "rollenspel": Roleplay("offer"),
    "oefeningen": Exercise("list"),
    "afspraken": Agreement("list"),
}
COACH_PRESSES = {
    "other": "press_other_tip",
    "question": "press_question",
    "why": "press_why",
    "more": "press_more",
    "not_yet": "press_not_yet",
    "helped": "press_helped",
    "unhelped": "press_unhelped",
    "tip": "ask_tip",
    "list": "list_tips",
}
# What becomes of a tip needs no model.
SAVING = {"save": "save_tip", "let_go": "let_go_tip", "saved": "saved_tips"}
# The other steps of safety follow from words, never from a button.
SAFETY_PRESSES = frozenset(
    {
        "safe", "unsafe", "confirmed", "denied", "resume", "not_yet",
        "lines", "call", "clear", "wipe", "ground", "plan", "plan_keep", "plan_at", "plan_done",
        "plan_erase", "plan_erased", "guide_stop",
    }
)  # fmt: skip
# What a line does in a role-play follows from words; these are its buttons.
PLAY_PRESSES = frozenset(
    {
        "offer", "case", "begin", "with", "example", "coach", "stop", "resume",
        "look", "rewind", "back", "again", "progress", "done",
    }
)  # fmt: skip
# What is typed in an exercise goes there through the dialogue; these are its buttons.
EXERCISE_PRESSES = frozenset(
    {
        "list", "choose", "start", "again", "side", "option", "same", "skip", "back", "pause",
        "tomorrow", "stop", "go", "later", "keep", "drop", "open", "edit", "change", "erase",
        "erased",
    }
)  # fmt: skip
AGREEMENT_PRESSES = frozenset(
    {
        "list", "note", "open", "share", "kept", "missed", "change", "end", "ended", "erase",
        "erased",
    }
)  # fmt: skip
# What a button may ask for by its name.
BUTTONS = frozenset(
    {
        "privacy", "confirm_erase", "lines", "confirm_export", "export", "export_cancelled",
        "confirm_withdraw", "offer_review",
    }
)  # fmt: skip
# Before consent only these are answered; everything else leads to the open question.
WITHOUT_CONSENT = frozenset(
    {
        "start",
        "lines",
        "privacy",
        "country",
        "consent",
        "confirm_erase",
        "erase",
        "reach",
        "confirm_export",
        "export",
        "export_cancelled",
    }
)
SAID_WITHOUT_CONSENT = ("media_", "ask_country", "button_past", "group_chat")


def route(inbound: Inbound) -> Step | Event:
    """What a button, command or unreadable thing means.

    Args:
        inbound: anything but text.
    """
    if inbound.kind is InboundKind.COMMAND:
        return COMMANDS.get(inbound.value, Say("unknown_command"))
    if inbound.kind is InboundKind.PRESS:
        return press(inbound.value)
    if inbound.kind is InboundKind.REACH:
        return Do("reach", inbound.value)
    if inbound.kind is InboundKind.GROUP:
        return Say("group_chat")
    return Say(f"media_{inbound.value}")


def press(data: str) -> Step | Event:
    """What a button means, from its data "skill:action[:argument]".

    A button that no longer exists says so kindly.
    """
    skill, _, rest = data.partition(":")
    action, _, argument = rest.partition(":")
    match skill:
        case "safety" if action in SAFETY_PRESSES:
            return Safety(rest)
        case "country" | "consent":
            return Do(skill, action)
        case "erase":
            return Do("erase", rest)
        case "withdraw" | "review":
            return Do(skill, rest)
        case "do" if rest in BUTTONS:
            return Do(rest)
        case "do" if rest == "stay":
            return Say("stayed")
        case "coach" if action in COACH_PRESSES:
            return Event(COACH_PRESSES[action], {"tip": argument} if argument else {})
        case "coach" if action == "side":
            return Event("press_side", {"answer": argument})
        case "coach" if action in SAVING:
            return Do(SAVING[action], argument)
        case "coach" if action == "else":
            return Say("say_it_again")
        case "checkin" if rest:
            return Event("press_checkin", {"answer": rest})
        case "progress" if rest:
            return Event("show_progress", {"answer": rest})
        case "play" if action in PLAY_PRESSES:
            return Roleplay(rest)
        case "exercise" if action in EXERCISE_PRESSES:
            return Exercise(rest)
        case "agreement" if action in AGREEMENT_PRESSES:
            return Agreement(rest)
        case "mean":
            return Event(action)
        case "tip":
            return Event("ask_specific_tip", {"tip": action})
        case _:
            return Say("button_past")


def needs_consent(step: Step) -> bool:
    """Whether a Step may be carried out only for somebody who gave consent."""
    if isinstance(step, Safety):
        return False
    if isinstance(step, Say):
        return not step.key.startswith(SAID_WITHOUT_CONSENT)
    return not (isinstance(step, Do) and step.action in WITHOUT_CONSENT)
