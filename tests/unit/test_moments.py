"""When the next nudge is due: round the clock changes, in both zones, with pauses."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.nudges.moments import Rhythm, local, moment_of, next_moment, next_week
from nlu.facts import ZONES
from nlu.schedule import WEEK

BOTH = pytest.mark.parametrize("zone", ZONES.values())
# The last Sundays of March and October.
SPRING, AUTUMN = date(2027, 3, 28), date(2026, 10, 25)


def wall(day: date, time: str) -> datetime:
    return datetime.fromisoformat(f"{day.isoformat()}T{time}")


def as_seen(moment: datetime | None, zone: str) -> datetime:
    """What the clocks in a zone show, without a zone: to compare with what was asked."""
    assert moment is not None
    assert moment.tzinfo is UTC
    return local(moment, zone).replace(tzinfo=None)


def days_from(rhythm: Rhythm, first: datetime, count: int) -> list[datetime]:
    moments = []
    for _ in range(count):
        moment = next_moment(rhythm, first)
        assert moment is not None
        moments.append(first := moment)
    return moments


@BOTH
@pytest.mark.parametrize("change", [SPRING, AUTUMN])
@pytest.mark.parametrize("time", ["20:30", "00:00", "01:59", "03:30", "23:59"])
def test_the_clock_on_the_wall_shows_the_same_time_each_day(
    zone: str, change: date, time: str
) -> None:
    start = moment_of(change - timedelta(days=11), "12:00", zone)
    seen = [as_seen(m, zone) for m in days_from(Rhythm(time, WEEK, zone), start, 21)]
    assert {s.strftime("%H:%M") for s in seen} == {time}
    assert [b.date() - a.date() for a, b in pairwise(seen)] == [timedelta(days=1)] * 20


@BOTH
def test_a_time_that_spring_leaves_out_comes_an_hour_later_and_once(zone: str) -> None:
    start = moment_of(SPRING - timedelta(days=1), "12:00", zone)
    seen = [as_seen(m, zone) for m in days_from(Rhythm("02:30", WEEK, zone), start, 3)]
    assert seen == [
        wall(SPRING, "03:30"),
        wall(SPRING + timedelta(days=1), "02:30"),
        wall(SPRING + timedelta(days=2), "02:30"),
    ]


@BOTH
def test_a_time_that_autumn_has_twice_comes_once(zone: str) -> None:
    start = moment_of(AUTUMN - timedelta(days=1), "12:00", zone)
    first, second = days_from(Rhythm("02:30", WEEK, zone), start, 2)
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # still summer time
    assert as_seen(second, zone) == wall(AUTUMN + timedelta(days=1), "02:30")


@BOTH
def test_the_hours_between_two_nudges_change_with_the_clock(zone: str) -> None:
    for change, hours in ((SPRING, 23), (AUTUMN, 25)):
        start = moment_of(change - timedelta(days=1), "09:00", zone)
        first, second = days_from(Rhythm("20:00", WEEK, zone), start, 2)
        assert second - first == timedelta(hours=hours)


def test_only_the_days_that_were_asked_for() -> None:
    rhythm = Rhythm("20:00", ("mon", "thu"), "Europe/Brussels")
    monday = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    seen = [as_seen(m, rhythm.zone).date() for m in days_from(rhythm, monday, 4)]
    assert seen == [date(2026, 11, d) for d in (23, 26, 30)] + [date(2026, 12, 3)]


def test_a_moment_that_is_now_is_not_the_next_one() -> None:
    rhythm = Rhythm("20:00", WEEK, "Europe/Amsterdam")
    now = moment_of(date(2026, 11, 23), "20:00", rhythm.zone)
    assert next_moment(rhythm, now) == now + timedelta(days=1)


def test_a_pause_is_left_out_and_ends_by_itself() -> None:
    now = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
    at_once = Rhythm("20:00", WEEK, "Europe/Amsterdam", None, date(2026, 11, 23))
    assert as_seen(next_moment(at_once, now), at_once.zone) == wall(date(2026, 11, 23), "20:00")
    later = Rhythm("20:00", WEEK, "Europe/Amsterdam", date(2026, 11, 20), date(2026, 11, 23))
    seen = [as_seen(m, later.zone).date() for m in days_from(later, now, 3)]
    assert seen == [date(2026, 11, d) for d in (18, 19, 23)]


def test_a_week_later_is_the_same_day_of_the_week_when_that_may_be() -> None:
    rhythm = Rhythm("20:00", WEEK, "Europe/Amsterdam")
    sunday = moment_of(AUTUMN - timedelta(days=7), "20:00", rhythm.zone)
    assert as_seen(next_week(rhythm, sunday), rhythm.zone) == wall(AUTUMN, "20:00")


def test_no_days_no_moment() -> None:
    assert next_moment(Rhythm("20:00", (), "Europe/Amsterdam"), datetime.now(UTC)) is None
    far = Rhythm("20:00", WEEK, "Europe/Amsterdam", None, date(2036, 1, 1))
    assert next_moment(far, datetime(2026, 1, 1, tzinfo=UTC)) is None


moments = st.datetimes(datetime(2025, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
rhythms = st.builds(
    Rhythm,
    time=st.builds(lambda h, m: f"{h:02d}:{m:02d}", st.integers(0, 23), st.integers(0, 59)),
    days=st.lists(st.sampled_from(WEEK), min_size=1, unique=True).map(tuple),
    zone=st.sampled_from([*ZONES.values(), "America/Curacao", "Pacific/Auckland"]),
)


@settings(max_examples=300, deadline=None)
@given(rhythms, moments)
def test_it_is_the_first_moment_of_all(rhythm: Rhythm, after: datetime) -> None:
    found = next_moment(rhythm, after)
    around = [local(after, rhythm.zone).date() + timedelta(days=n) for n in range(-3, 12)]
    expected = min(
        moment
        for day in around
        if WEEK[day.weekday()] in rhythm.days
        and (moment := moment_of(day, rhythm.time, rhythm.zone)) > after
    )
    assert found == expected


@settings(max_examples=100, deadline=None)
@given(rhythms, moments)
def test_nothing_is_doubled_and_nothing_left_out_over_a_year(
    rhythm: Rhythm, after: datetime
) -> None:
    """Each day of the week that was asked for has exactly one moment."""
    zone = ZoneInfo(rhythm.zone)
    seen, at = [], after
    while at < after + timedelta(days=380):
        moment = next_moment(rhythm, at)
        assert moment is not None
        seen.append(at := moment)
    days = [moment.astimezone(zone).date() for moment in seen]
    assert len(days) == len(set(days))
    span = (days[0] + timedelta(days=n) for n in range((days[-1] - days[0]).days + 1))
    assert days == [day for day in span if WEEK[day.weekday()] in rhythm.days]
