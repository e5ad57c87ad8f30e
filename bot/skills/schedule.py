"""When check-ins come: set, changed, paused, put off, stopped."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.content import Button
from bot.db.models import ScheduleRow
from bot.db.repositories import CHECKIN, SUMMARY
from bot.nudges.moments import local
from bot.skills.context import TurnContext
from bot.skills.planning import (
    SUMMARY_DAYS,
    SUMMARY_TIME,
    days_in_words,
    days_of,
    moment_in_words,
    plan,
)
from bot.skills.reply import Reply
from nlu.schedule import WEEK, Action, Schedule

PLACEHOLDER_TIME = "20:30"
EVENING, LATE_EVENING = timedelta(hours=20), timedelta(hours=22)
SOON = timedelta(minutes=30)


async def apply(turn: TurnContext) -> list[Reply]:
    """Do what a message or a button says about the time of check-ins."""
    wish = Schedule.from_json(turn.slots["schedule"])
    match wish.action:
        case Action.STOP:
            return await off(turn)
        case Action.PAUSE:
            return await _pause(turn, wish)
        case Action.SNOOZE:
            return await _snooze(turn, wish)
        case _:
            return await _set(turn, wish)


async def status(turn: TurnContext) -> list[Reply]:
    """What is planned, and what can be changed; without a plan, what could be."""
    row = await turn.schedules.get(turn.chat_id, CHECKIN)
    if row is None or not row.enabled or not row.days:
        return [await turn.say("schedule_offer")]
    return [await _told(turn, "schedule_status", row)]


async def set_time(turn: TurnContext, time: str) -> list[Reply]:
    """A time that was chosen by button; days that were named before with it count."""
    if not _is_time(time):
        return [await turn.say("button_past")]
    draft = turn.slots.get("schedule")
    days = Schedule.from_json(draft).days if draft else None
    return await _set(turn, Schedule(Action.SET, time=time, days=days))


async def set_days(turn: TurnContext, days: tuple[str, ...]) -> list[Reply]:
    """Days that were chosen by button."""
    return await _set(turn, Schedule(Action.CHANGE, days=days))


async def set_zone(turn: TurnContext, zone: str) -> list[Reply]:
    """Another zone: all that is planned keeps its time on the clock of there."""
    rows = await turn.schedules.of_chat(turn.chat_id)
    if not rows:
        return await status(turn)
    for row in rows:
        row.zone = zone
        if row.enabled and row.days:
            plan(row, turn.now)
    clock = local(turn.now, zone).strftime("%H:%M")
    return [await turn.say("zone_set", clock=clock)]


async def weekly(turn: TurnContext) -> list[Reply]:
    """Once a week, on the day of today."""
    row = await turn.schedules.get(turn.chat_id, CHECKIN)
    if row is None:
        return await status(turn)
    row.days = WEEK[local(turn.now, row.zone).weekday()]
    plan(row, turn.now)
    return [await turn.say("schedule_weekly", next=await _next(turn, row))]


async def on(turn: TurnContext) -> list[Reply]:
    """On again, with the time of before."""
    row = await turn.schedules.get(turn.chat_id, CHECKIN)
    if row is None or not row.days:
        return [await turn.say("schedule_ask_time")]
    for each in await turn.schedules.of_chat(turn.chat_id):
        each.paused_from = each.paused_until = None
    row.unanswered = 0
    plan(row, turn.now)
    await _with_summary(turn, row)
    return [await _told(turn, "schedule_set", row)]


async def off(turn: TurnContext) -> list[Reply]:
    """No more of them; the time is kept for who comes back to it."""
    rows = [row for row in await turn.schedules.of_chat(turn.chat_id) if row.enabled]
    if not rows:
        return [await turn.say("schedule_none")]
    for row in rows:
        if row.kind == CHECKIN:
            row.enabled, row.next_at = False, None
        else:
            # What is off by choice stays there as such; this one comes back with the check-in.
            await turn.schedules.remove(turn.chat_id, row.kind, row.about)
    return [await turn.say("schedule_off")]


async def pause_days(turn: TurnContext, days: int) -> list[Reply]:
    """Some days of rest, from now on."""
    until = local(turn.now, turn.facts.zone).date() + timedelta(days=days)
    return await _pause(turn, Schedule(Action.PAUSE, pause_until=until.isoformat()))


async def snooze(turn: TurnContext, wait: timedelta) -> list[Reply]:
    """Not now, but after a while."""
    return await _put_off(turn, turn.now + wait)


async def tonight(turn: TurnContext) -> list[Reply]:
    """Not now, but in the evening; late in the evening in an hour."""
    now = local(turn.now, turn.facts.zone)
    midnight = datetime(now.year, now.month, now.day, tzinfo=now.tzinfo)
    for hour in (EVENING, LATE_EVENING):
        moment = (midnight + hour).astimezone(UTC)
        if moment - turn.now >= SOON:
            return await _put_off(turn, moment)
    return await snooze(turn, timedelta(hours=1))


async def _set(turn: TurnContext, wish: Schedule) -> list[Reply]:
    row = await turn.schedules.get(turn.chat_id, CHECKIN)
    known = row is not None and bool(row.days)
    time = wish.time or (row.local_time if row and known else None)
    if wish.options:
        rows = (tuple(Button(label=time, press=f"checkin:time:{time}") for time in wish.options),)
        return [await turn.say("schedule_which_time", buttons=rows)]
    if wish.ambiguous and wish.time:
        return [await turn.say("schedule_ask_days")]
    if wish.ambiguous or time is None:
        return [await turn.say("schedule_ask_time")]
    days = wish.days or (days_of(row) if row and known else WEEK)
    if row is None:
        row = await turn.schedules.add(turn.chat_id, CHECKIN, "", time, days, turn.facts.zone)
    row.local_time, row.days = time, ",".join(days)
    row.paused_from = None
    row.paused_until = _date(wish.pause_until)
    row.unanswered = 0
    plan(row, turn.now)
    await _with_summary(turn, row)
    return [await _told(turn, "schedule_set", row)]


async def _with_summary(turn: TurnContext, daily: ScheduleRow) -> None:
    """The week on Sunday evening comes along, unless it was switched off."""
    if await turn.schedules.get(turn.chat_id, SUMMARY) is None:
        row = await turn.schedules.add(
            turn.chat_id, SUMMARY, "", SUMMARY_TIME, SUMMARY_DAYS, daily.zone
        )
        plan(row, turn.now)


async def _pause(turn: TurnContext, wish: Schedule) -> list[Reply]:
    row = await turn.schedules.get(turn.chat_id, CHECKIN)
    if row is None or not row.enabled:
        return [await turn.say("schedule_none")]
    until = _date(wish.pause_until)
    if until is None:
        return [await turn.say("schedule_ask_pause")]
    for each in await turn.schedules.of_chat(turn.chat_id):
        each.paused_from, each.paused_until = _date(wish.pause_from), until
        if each.enabled and each.days:
            plan(each, turn.now)
    return [await turn.say("schedule_paused", next=await _next(turn, row))]


async def _snooze(turn: TurnContext, wish: Schedule) -> list[Reply]:
    if wish.pause_until is None:
        return [await turn.say("snooze_ask")]
    wall = datetime.fromisoformat(wish.pause_until).replace(tzinfo=ZoneInfo(turn.facts.zone))
    moment = wall.astimezone(UTC)
    if moment <= turn.now:
        # The button or the message is from another moment.
        return [await turn.say("snooze_ask")]
    return await _put_off(turn, moment)


async def _put_off(turn: TurnContext, moment: datetime) -> list[Reply]:
    """Once at a moment; the rhythm, if there is one, goes on after it."""
    row = await turn.schedules.get(turn.chat_id, CHECKIN)
    if row is None:
        row = await turn.schedules.add(
            turn.chat_id, CHECKIN, "", PLACEHOLDER_TIME, (), turn.facts.zone
        )
    elif not row.enabled:
        row.days = ""
    row.next_at, row.enabled = moment, True
    return [await turn.say("snoozed", next=await _next(turn, row))]


async def _told(turn: TurnContext, key: str, row: ScheduleRow) -> Reply:
    return await turn.say(
        key,
        days=await days_in_words(turn, days_of(row)),
        time=row.local_time,
        next=await _next(turn, row),
    )


async def _next(turn: TurnContext, row: ScheduleRow) -> str:
    return await moment_in_words(turn, row.next_at, row.zone)


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


def _is_time(text: str) -> bool:
    hour, sign, minute = text.partition(":")
    return (
        bool(sign) and hour.isdecimal() and minute.isdecimal() and len(text) == 5
        and int(hour) < 24 and int(minute) < 60
    )  # fmt: skip
