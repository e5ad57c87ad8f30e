"""What the bot knows about a chat when a message comes in.

The bot owns these facts and reads them from its database; the policies only
look at them. They travel through Rasa as one slot and are never stored there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

FACTS_SLOT = "facts"
# Gates that were raised while nobody knew about whom count for every relation.
ANY_RELATION = "any"
ZONES = {"NL": "Europe/Amsterdam", "BE": "Europe/Brussels"}
DEFAULT_ZONE = ZONES["NL"]


def zone_of(country: str | None) -> str:
    """The zone to begin with in a country (NL, BE, None while unknown)."""
    return ZONES.get(country or "", DEFAULT_ZONE)


@dataclass(frozen=True, slots=True)
class GivenTip:
    """A tip that the user got earlier."""

    tip_id: str
    given_at: datetime
    helped: bool | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """Tips are frozen: since an open question about safety (ask) or after danger (act)."""

    level: str
    kind: str
    # What a typed yes or no answers: danger, type, safe, choose, or "" when nothing is open.
    asked: str = ""
    # The user was away for hours and comes back now.
    returning: bool = False


@dataclass(frozen=True, slots=True)
class Guide:
    """An exercise or plan under way, and its step that the next typed message answers."""

    what: str
    step: int
    keep: bool = False


@dataclass(frozen=True, slots=True)
class OpenCheckin:
    """A check-in that is under way: which one, and what it asks for."""

    entry_id: int
    stage: str


@dataclass(frozen=True, slots=True)
class Roleplay:
    """A role-play that is not over.

    Args:
        stage: issue (it waits for what it is about), playing, or paused.
        touched_at: the last time that something happened in it.
        asked: whether the bot asked to go on since it stands still.
    """

    stage: str
    touched_at: datetime
    asked: bool = False


@dataclass(frozen=True, slots=True)
class OpenExercise:
    """An exercise that waits for an answer.

    Args:
        touched_at: the last time that something happened in it.
    """

    touched_at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything outside the conversation itself that a decision may depend on.

    Args:
        now: the moment of this turn, with time zone.
        onboarded: the user gave consent.
        country: NL, BE or None while unknown.
        hold: the safety hold, when there is one.
        guide: the exercise or plan under way, when there is one.
        gates: red flags per relation (or ANY_RELATION) that withhold tips.
        given: tips given before, newest first.
        asked: ids of questions asked before, newest first.
        said: when each wording was said, by what it belongs to and its number.
        zone: the user's IANA zone.
        checkins: daily check-ins are on.
        unanswered: how many nudges nobody reacted to.
        nudged_at: when the last nudge was sent.
        checkin: the check-in under way, when there is one.
        exercise: the exercise that waits for an answer, when there is one.
        pooled: (concern, tip id) -> (times it helped, times it did not), over all users.
        roleplay: the role-play that is not over, when there is one.
        play_over_at: when the last role-play came to its end, while it can be looked back at.
        review: a person may read lines that were not understood.
    """

    now: datetime
    onboarded: bool = True
    country: str | None = None
    hold: Hold | None = None
    guide: Guide | None = None
    gates: Mapping[str, frozenset[str]] = field(default_factory=dict)
    given: tuple[GivenTip, ...] = ()
    asked: tuple[str, ...] = ()
    said: Mapping[str, Mapping[int, datetime]] = field(default_factory=dict)
    zone: str = DEFAULT_ZONE
    checkins: bool = False
    unanswered: int = 0
    nudged_at: datetime | None = None
    checkin: OpenCheckin | None = None
    exercise: OpenExercise | None = None
    pooled: Mapping[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    roleplay: Roleplay | None = None
    play_over_at: datetime | None = None
    review: bool = False

    def last_given(self, tip_id: str) -> GivenTip | None:
        """The last time that a tip was given, as far as is remembered."""
        return next((given for given in self.given if given.tip_id == tip_id), None)

    def red_flags(self, relation: str | None) -> frozenset[str]:
        """The gates that count for a relation; for an unknown relation all of them.

        Args:
            relation: a relation of nlu/intents.yml, or None when the user named nobody.
        """
        if relation is None:
            return frozenset().union(*self.gates.values())
        return self.gates.get(relation, frozenset()) | self.gates.get(ANY_RELATION, frozenset())
