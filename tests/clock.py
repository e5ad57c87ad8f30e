"""The time that tests tell."""

from __future__ import annotations

from datetime import datetime, timedelta


class Clock:
    """Says the same moment until it is moved.

    Args:
        moment: where it starts, with time zone.
    """

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **values: float) -> None:
        """Move forward, by timedelta's keywords."""
        self.moment += timedelta(**values)
