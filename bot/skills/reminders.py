"""What to come back to: once, on a day of the user's choice, through the same nudges."""

from __future__ import annotations

from datetime import date, timedelta

from bot.content import Button
from bot.db.models import ScheduleRow
from bot.db.repositories import CHECKIN, TIP
from bot.nudges.moments import local, moment_of
from bot.skills.context import TurnContext
from bot.skills.planning import moment_in_words
from bot.skills.reply import Reply

USUAL_TIME = "19:30"
LEAST, MOST = timedelta(days=1), timedelta(days=366)
DAYS = {"1": 1, "3": 3, "7": 7}


async def ask(turn: TurnContext, tip_id: str) -> list[Reply]:
    """In how many days; a button each."""
    tip = turn.content.tip_by_id.get(tip_id)
    if tip is None:
        return [await turn.say("button_past")]
    rows = tuple(
        tuple(Button(label=b.label, press=f"{b.press}:{tip_id}") for b in row)
        for row in turn.content.messages["remind_ask"].buttons
    )
    return [await turn.say("remind_ask", buttons=rows, title=tip.title)]


async def remind(turn: TurnContext, days: str, tip_id: str) -> list[Reply]:
    """Of a tip; a second wish for the same tip moves the first."""
    if days not in DAYS or tip_id not in turn.content.tip_by_id:
        return [await turn.say("button_past")]
    return [await in_days(turn, TIP, tip_id, DAYS[days])]


async def ask_day(turn: TurnContext, tip_id: str) -> list[Reply]:
    """On which day; it is typed."""
    tip = turn.content.tip_by_id.get(tip_id)
    return [await turn.say("remind_day", title=tip.title) if tip else await turn.say("button_past")]


async def remind_on(turn: TurnContext, day: str, tip_id: str) -> list[Reply]:
    """On a day that was typed; a day that was not understood is asked for again."""
    if tip_id in turn.content.tip_by_id and not day:
        return [await turn.say("remind_day_again")]
    wanted = _day(day)
    today = local(turn.now, turn.facts.zone).date()
    if tip_id not in turn.content.tip_by_id or not wanted or not LEAST <= wanted - today <= MOST:
        return [await turn.say("button_past")]
    return [await _set(turn, await on_day(turn, TIP, tip_id, wanted))]


def _day(text: str) -> date | None:
    """A day of a button; whoever forges one may write what no calendar has."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


async def in_days(turn: TurnContext, kind: str, about: str, days: int) -> Reply:
    """Come back to something in so many days, and say when."""
    today = local(turn.now, turn.facts.zone).date()
    row = await on_day(turn, kind, about, today + timedelta(days=days))
    return await _set(turn, row)


async def _set(turn: TurnContext, row: ScheduleRow) -> Reply:
    assert row.next_at is not None, "just set"  # noqa: S101
    return await turn.say("remind_set", next=await moment_in_words(turn, row.next_at, row.zone))


async def on_day(turn: TurnContext, kind: str, about: str, day: date) -> ScheduleRow:
    """Come back to something on a day, at the time of the check-ins.

    Args:
        turn: the turn.
        kind: TIP, EXERCISE or AGREEMENT.
        about: which of them.
        day: in the user's zone.
    """
    daily = await turn.schedules.get(turn.chat_id, CHECKIN)
    time, zone = (daily.local_time, daily.zone) if daily else (USUAL_TIME, turn.facts.zone)
    row = await turn.schedules.get(turn.chat_id, kind, about)
    if row is None:
        row = await turn.schedules.add(turn.chat_id, kind, about, time, (), zone)
    row.next_at, row.enabled = moment_of(day, time, zone), True
    return row
