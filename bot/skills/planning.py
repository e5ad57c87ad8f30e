"""A schedule's next moment, and how it is said in Dutch."""

from __future__ import annotations

from datetime import datetime, timedelta

from babel.dates import format_date, get_day_names

from bot.db.models import ScheduleRow
from bot.nudges.moments import Rhythm, local, next_moment
from bot.skills.context import TurnContext
from nlu.schedule import WEEK

GROUPS = {WEEK: "all", WEEK[:5]: "work", WEEK[5:]: "weekend"}
LOCALE = "nl"
# The week in words and as a picture comes on Sunday evening.
SUMMARY_TIME, SUMMARY_DAYS = "19:00", ("sun",)


def days_of(row: ScheduleRow) -> tuple[str, ...]:
    """The days of a schedule; none for one that is for once."""
    return tuple(row.days.split(",")) if row.days else ()


def rhythm_of(row: ScheduleRow) -> Rhythm:
    """The rhythm of a schedule."""
    return Rhythm(row.local_time, days_of(row), row.zone, row.paused_from, row.paused_until)


def plan(row: ScheduleRow, now: datetime) -> None:
    """Set the next moment by the rhythm, and switch on."""
    row.next_at = next_moment(rhythm_of(row), now)
    row.enabled = row.next_at is not None


async def days_in_words(turn: TurnContext, days: tuple[str, ...]) -> str:
    """The days as words: "elke dag", "in het weekend", "op maandag en donderdag"."""
    if (group := GROUPS.get(days)) is not None:
        return (await turn.say(f"days_{group}")).text
    names = get_day_names("wide", locale=LOCALE)
    words = [names[WEEK.index(day)] for day in days]
    and_ = turn.content.messages["day_and"].variants[0]
    listed = and_.join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
    return (await turn.say("days_some", days=listed)).text


async def moment_in_words(turn: TurnContext, moment: datetime | None, zone: str) -> str:
    """A moment as words: "vandaag om 20:30", "morgen om 20:30", "maandag 23 november om 20:30"."""
    if moment is None:
        return ""
    then, today = local(moment, zone), local(turn.now, zone).date()
    time = then.strftime("%H:%M")
    if then.date() == today:
        return (await turn.say("next_today", time=time)).text
    if then.date() == today + timedelta(days=1):
        return (await turn.say("next_tomorrow", time=time)).text
    day = format_date(then.date(), "EEEE d MMMM", locale=LOCALE)
    return (await turn.say("next_day", day=day, time=time)).text
