"""What a message asks of the check-in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Action(StrEnum):
    """What to do with the check-in."""

    SET = "set"
    CHANGE = "change"
    PAUSE = "pause"
    STOP = "stop"
    SNOOZE = "snooze"


@dataclass(frozen=True, slots=True)
class Schedule:
    """What was said about the check-in; what was not said is None.

    Args:
        action: what to do.
        time: the wall-clock time of the user, "HH:MM".
        days: days of WEEK, in its order.
        pause_from: the first day without a check-in, "YYYY-MM-DD"; None for at once.
        pause_until: the day on which it goes on, or for a snooze the moment,
            "YYYY-MM-DDTHH:MM", in the user's zone.
        ambiguous: something was said that can be read in more than one way, so ask.
        options: the times that an ambiguous one can mean, the likeliest or earliest first.
    """

    action: Action
    time: str | None = None
    days: tuple[str, ...] | None = None
    pause_from: str | None = None
    pause_until: str | None = None
    ambiguous: bool = False
    options: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For `explain` and for the conversation's slots."""
        return {
            "action": str(self.action),
            "time": self.time,
            "days": list(self.days) if self.days is not None else None,
            "pause_from": self.pause_from,
            "pause_until": self.pause_until,
            "ambiguous": self.ambiguous,
            "options": list(self.options),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Schedule:
        """Back from `as_json`."""
        return cls(
            action=Action(data["action"]),
            time=data["time"],
            days=tuple(data["days"]) if data["days"] is not None else None,
            pause_from=data["pause_from"],
            pause_until=data["pause_until"],
            ambiguous=data["ambiguous"],
            options=tuple(data["options"]),
        )
