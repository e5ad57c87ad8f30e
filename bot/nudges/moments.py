"""When the next nudge is due: wall-clock times in the user's zone, as moments in UTC.

Pure. A time that the spring change leaves out (02:30) is taken an hour later on the clock; a
time that the autumn change has twice counts once, the first time. Both are what zoneinfo makes
of `fold=0`, and what RFC 5545 asks of calendars.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from nlu.schedule import WEEK

# Nobody pauses for longer; a schedule without any day has no next moment.
LONGEST_SEARCH = timedelta(days=800)
A_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A wall-clock time on days of the week, in a zone, with a pause.

    Args:
        time: "HH:MM".
        days: days of WEEK.
        zone: IANA name.
        paused_from: the first day of the pause, None for at once.
        paused_until: the day on which it goes on; None without a pause.
    """

    time: str
    days: tuple[str, ...]
    zone: str
    paused_from: date | None = None
    paused_until: date | None = None

    def paused_on(self, day: date) -> bool:
        """Whether a day lies in the pause."""
        if self.paused_until is None:
            return False
        return (self.paused_from or date.min) <= day < self.paused_until


@cache
def known_zones() -> frozenset[str]:
    """The IANA names that this system knows."""
    return frozenset(available_timezones())


def local(moment: datetime, zone: str) -> datetime:
    """A moment as the clocks in a zone show it."""
    return moment.astimezone(ZoneInfo(zone))


def moment_of(day: date, time: str, zone: str) -> datetime:
    """A wall-clock time on a day, in UTC."""
    hour, minute = int(time[:2]), int(time[3:])
    wall = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(zone))
    return wall.astimezone(UTC)


@lru_cache(maxsize=4096)
def next_moment(rhythm: Rhythm, after: datetime, not_before: date | None = None) -> datetime | None:
    """The first moment of a rhythm; remembered, since many share theirs.

    Args:
        rhythm: what was asked for.
        after: it must be later than this.
        not_before: nor may it be before this day in the user's zone.

    Returns:
        The moment in UTC; None when there is no such day.
    """
    # The day before, too: a time that a clock change moved can fall on the day after its own.
    day = local(after, rhythm.zone).date() - timedelta(days=1)
    last = day + LONGEST_SEARCH
    if not_before is not None:
        day = max(day, not_before)
    while day <= last:
        if rhythm.paused_until is not None and rhythm.paused_on(day):
            day = rhythm.paused_until
            continue
        if WEEK[day.weekday()] in rhythm.days:
            moment = moment_of(day, rhythm.time, rhythm.zone)
            if moment > after:
                return moment
        day += timedelta(days=1)
    return None


def next_week(rhythm: Rhythm, after: datetime) -> datetime | None:
    """The first moment of a rhythm at least a week after a day."""
    return next_moment(rhythm, after, local(after, rhythm.zone).date() + A_WEEK)
