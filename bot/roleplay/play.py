"""A role-play as a value: the rules of a seat, the play under way, a line of the user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.content_files import Strict
from bot.roleplay.scenario import Read, Scenario, Seat, Style, StyleInfo

# From no trust left to trust that can bear something.
LEVELS = ("gone", "fragile", "waiting", "careful", "firm")


@dataclass(frozen=True, slots=True)
class Utterance:
    """What the user said, as far as the engine looks at it.

    Args:
        text: the words, kept for the look back.
        style: how it was said.
        reads: what it does, see nlu/reading.py.
        aside: set when it is not part of the conversation: asides or silences.
        confidence: how sure the style is, 0 to 1.
    """

    text: str
    style: Style
    reads: frozenset[Read] = frozenset()
    aside: str | None = None
    confidence: float = 1.0


# A style is quoted, counted and held against somebody only when it is this sure.
SURE = 0.80


class Moment(Strict):
    """One line of the user: where it was said, and what it did. Going back starts from one.

    Args:
        worth: what it would have done to a trust without bounds; None in plays of before.
    """

    scene: str
    trust: int
    openness: int
    text: str
    style: Style
    reads: tuple[Read, ...]
    trust_after: int
    openness_after: int
    reasons: tuple[str, ...]
    worth: int | None = None
    confidence: float = 1.0

    @property
    def change(self) -> int:
        """What it was worth; trust that is full, or gone, hides it."""
        return self.trust_after - self.trust if self.worth is None else self.worth

    @property
    def sure(self) -> bool:
        """Whether its style is sure enough to speak of."""
        return self.confidence >= SURE


class Take(Strict):
    """A run that came to an end before the user went back."""

    ending: str
    trust: int
    moments: tuple[Moment, ...]


class Play(Strict):
    """Everything about a role-play under way; a value, never changed.

    Args:
        scenario, seat: which one.
        seed: what wordings are chosen by.
        scene: where it is; stays the last one after an ending.
        trust, openness: of the other now.
        said: every line of the other so far, in order, also before going back.
        aside_run: asides in a row just now.
        moments: the user's lines of this run.
        ending: how it ended, None while it goes on.
        earlier: runs before going back.
        coach: whether hints are wanted.
        relation, word, issue: of the user's own situation; the user's own word for the other.
    """

    scenario: str
    seat: str
    seed: int
    scene: str
    trust: int
    openness: int
    said: tuple[str, ...] = ()
    aside_run: int = 0
    moments: tuple[Moment, ...] = ()
    ending: str | None = None
    earlier: tuple[Take, ...] = ()
    coach: bool = True
    relation: str | None = None
    word: str | None = None
    issue: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """The rules of one seat: its scenes, and what styles do."""

    seat: Seat
    styles: Mapping[str, StyleInfo]

    @classmethod
    def of(cls, scenario: Scenario, seat_id: str, styles: Mapping[str, StyleInfo]) -> Case:
        """The case of a seat."""
        return cls(scenario.seats[seat_id], styles)


def new_play(case: Case, scenario: str, seat: str, seed: int) -> Play:
    """A play before its first scene."""
    start = case.seat.start
    first = case.seat.scenes[0].id
    return Play(
        scenario=scenario, seat=seat, seed=seed, scene=first,
        trust=start.trust, openness=start.openness,
    )  # fmt: skip


def level(trust: int) -> int:
    """The level of trust: 0 (gone) to 4 (firm)."""
    return min(len(LEVELS) - 1, trust // 4)
