"""What people do: decided as they go, by chance with a seed, so that it can be done again."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from tests.emulator import BotMessage
from tests.emulator.chats import inline_rows


@dataclass(frozen=True)
class Deed:
    """One thing that somebody does; one update comes of it."""

    what: str
    press: bool = False


OPENING = (Deed("/start"), Deed("Nederland", press=True), Deed("Ja, ik ben 16+", press=True))
# What begins each sort of talk, and what is said in it.
BEGINS = {
    "chat": ("ik voel wantrouwen",),
    "check-in": ("/checkin", "elke dag om 20:30"),
    "exercise": ("/oefeningen",),
    "role-play": ("/rollenspel",),
}
SAYS = {
    "chat": (
        "hij heeft over geld gelogen",
        "gisteren, toen hij zijn telefoon omdraaide",
        "geef me een tip",
        "ik ben zelf vreemdgegaan en wil het goedmaken",
        "op mijn werk praat een collega achter mijn rug",
        "waarom deze tip?",
        "/tips",
        "/hulp",
        "ben je een robot?",
        "ik durf haar niet te vragen waar ze was",
    ),
    "check-in": (
        "elke dag om 20:30",
        "7",
        "rustig",
        "vandaag ging het beter, we hebben gepraat",
        "/checkin",
        "ik voel wantrouwen",
        "sla het vandaag over",
    ),
    "exercise": (
        "samen koken op zondag",
        "de ruzie over de vaat",
        "dat ik rustig blijf",
        "/oefeningen",
        "/afspraken",
        "stop",
    ),
    "role-play": (
        "ik voel me alleen als je de hele avond op je telefoon zit",
        "jij luistert ook nooit",
        "zullen we er morgen over praten?",
        "ik snap dat je moe bent",
        "/rollenspel",
        "stop",
    ),
}
# Pressed often enough to come further than the first screens.
PRESSES = {"chat": 0.4, "check-in": 0.6, "exercise": 0.5, "role-play": 0.6}
# What others get to read depends on when these come: a vote counts for all. Erasing leaves
# nothing to compare.
NOT_PRESSED = ("Dit hielp", "Dit hielp niet", "Wis", "wis")


def mode_of(place: int) -> str:
    """The sort of talk that somebody has."""
    return list(BEGINS)[place % len(BEGINS)]


def choose(place: int, number: int, seed: int, last: BotMessage | None, may_press: bool) -> Deed:
    """What somebody does in a round.

    Args:
        place: of the person.
        number: of the round.
        seed: of the run.
        last: what the bot said last.
        may_press: whether a button of that may be pressed.
    """
    mode = mode_of(place)
    first = (*OPENING, *map(Deed, BEGINS[mode]))
    if number < len(first):
        return first[number]
    chance = Random(f"{seed}/{place}/{number}")
    labels = _pressable(last) if last and may_press else []
    if labels and chance.random() < PRESSES[mode]:
        return Deed(chance.choice(labels), press=True)
    return Deed(chance.choice(SAYS[mode]))


def _pressable(message: BotMessage) -> list[str]:
    buttons = [button for row in inline_rows(message.message) for button in row]
    return [
        button["text"]
        for button in buttons
        if "callback_data" in button and not any(part in button["text"] for part in NOT_PRESSED)
    ]
