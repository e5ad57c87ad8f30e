"""What the buttons of check-ins do: "verb[:argument][:check-in]"."""

from __future__ import annotations

import html
from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot.db.models import CheckinEntry
from bot.nudges.moments import known_zones
from bot.skills import checkin, reminders, schedule
from bot.skills.context import TurnContext
from bot.skills.reply import Reply
from nlu.schedule import WEEK

DAYS = {"all": WEEK, "work": WEEK[:5], "weekend": WEEK[5:], "sunday": WEEK[6:]}
SNOOZES = {"10": timedelta(minutes=10), "60": timedelta(hours=1)}
PAUSES = {"3": 3, "7": 7, "14": 14}

Plain = Callable[[TurnContext], Awaitable[list[Reply]]]
OfEntry = Callable[[TurnContext, CheckinEntry], Awaitable[list[Reply]]]
OfEntryWithValue = Callable[[TurnContext, CheckinEntry, str], Awaitable[list[Reply]]]


async def press(turn: TurnContext) -> list[Reply]:
    """Do what a button says; one that no longer fits says so."""
    verb, _, argument = (turn.slots.get("answer") or "").partition(":")
    if verb in PLAIN and not argument:
        return await PLAIN[verb](turn)
    if verb in OF_ENTRY:
        entry = await _entry(turn, argument)
        return await OF_ENTRY[verb](turn, entry) if entry else [await turn.say("checkin_nothing")]
    if verb in WITH_VALUE:
        value, _, number = argument.partition(":")
        entry = await _entry(turn, number) if number else None
        return (
            await WITH_VALUE[verb](turn, entry, value) if entry else [await turn.say("button_past")]
        )
    match verb:
        case "remind":
            return await reminders.ask(turn, argument)
        case "remind_in":
            days, _, tip_id = argument.partition(":")
            return await reminders.remind(turn, days, tip_id)
        case "remind_day":
            return await reminders.ask_day(turn, argument)
        case "remind_on":
            day, _, tip_id = argument.partition(":")
            return await reminders.remind_on(turn, day, tip_id)
        case "time":
            return await schedule.set_time(turn, argument)
        case "days" if argument in DAYS:
            return await schedule.set_days(turn, DAYS[argument])
        case "zone" if argument in known_zones():
            return await schedule.set_zone(turn, argument)
        case "pause" if argument in PAUSES:
            return await schedule.pause_days(turn, PAUSES[argument])
        case "snooze" if argument == "evening":
            return await schedule.tonight(turn)
        case "snooze" if argument in SNOOZES:
            return await schedule.snooze(turn, SNOOZES[argument])
    return [await turn.say("button_past")]


async def _entry(turn: TurnContext, number: str) -> CheckinEntry | None:
    """The check-in that a button names; without a name the newest one."""
    if number:
        return await turn.entries.get(turn.chat_id, int(number)) if _is_id(number) else None
    return next(iter(await turn.entries.latest(turn.chat_id, 1)), None)


def _is_id(number: str) -> bool:
    return number.isdecimal() and len(number) < 18


def _says(key: str) -> Plain:
    async def say(turn: TurnContext) -> list[Reply]:
        return [await turn.say(key)]

    return say


async def _edit(turn: TurnContext, entry: CheckinEntry) -> list[Reply]:
    told = []
    if entry.score is not None:
        told.append(await turn.say("checkin_told_score", score=str(entry.score)))
    if (feeling := checkin.feelings(turn).get(entry.feeling or "")) is not None:
        told.append(await turn.say("checkin_told_feeling", feeling=feeling.lower()))
    if (note := turn.entries.note(entry)) is not None:
        told.append(await turn.say("checkin_told_note", note=note))
    lines = "\n".join(reply.text for reply in told)
    buttons = checkin.of_entry(turn, "checkin_edit", entry)
    # The lines are escaped already where they were filled in.
    return [await turn.say("checkin_edit", buttons=buttons, told=html.unescape(lines))]


async def _rescore(turn: TurnContext, entry: CheckinEntry) -> list[Reply]:
    return [await checkin.ask_score(turn, entry)]


async def _refeel(turn: TurnContext, entry: CheckinEntry) -> list[Reply]:
    return [await checkin.ask_feeling(turn, entry)]


async def _unnote(turn: TurnContext, entry: CheckinEntry) -> list[Reply]:
    entry.sealed = None
    return [await turn.say("checkin_changed")]


async def _erase(turn: TurnContext, entry: CheckinEntry) -> list[Reply]:
    await turn.entries.remove(entry)
    return [await turn.say("checkin_erased")]


PLAIN: dict[str, Plain] = {
    "menu": schedule.status,
    "now": checkin.start,
    "on": schedule.on,
    "go_on": schedule.on,
    "off": schedule.off,
    "weekly": schedule.weekly,
    "times": _says("schedule_ask_time"),
    "which_days": _says("schedule_ask_days"),
    "zones": _says("ask_zone"),
    "pause": _says("schedule_ask_pause"),
    "not_now": _says("checkin_not_now"),
}
OF_ENTRY: dict[str, OfEntry] = {
    "skip": checkin.skip,
    "edit": _edit,
    "rescore": _rescore,
    "refeel": _refeel,
    "unnote": _unnote,
    "erase": _erase,
}
WITH_VALUE: dict[str, OfEntryWithValue] = {
    "score": checkin.score,
    "feel": checkin.feel,
    "step": checkin.step,
}
