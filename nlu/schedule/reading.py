"""From a whole message to a Schedule."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from nlu.schedule.clock import Mention, clause, hhmm, in_part, mentions, parts_of_day, vague_options
from nlu.schedule.dates import find_pause, find_shift, find_snooze, find_start
from nlu.schedule.days import find_days
from nlu.schedule.model import Action, Schedule
from nlu.schedule.words import NUMBER, blank, fold

# Who asks for a time needs few words; patterns need not search through a whole letter.
LONGEST = 500
_STOP = re.compile(
    r"\bstop\b|\bstoppen\b|\bhou\w* (?:er(?:mee)? |daarmee )?op\b"
    r"|\b(?:zet|schakel|doe|haal|mogen|mag)\b.*\b(?:uit|af|weg)\b"
    r"|\b(?:uit|af)(?:zetten|schrijven|melden|schakelen)\b|\bannule\w*|\bvervallen\b|\boff\b"
    r"|\bstaken\b|\bopzeggen\b|\bverwijder\w*|\bachterwege\b|\bte veel\b"
    r"|\b(?:geen|niet|niets|niks|nooit)\b[^.,;?!]*\bmeer\b|\bnimeer\b"
    r"|\b(?:\w*melding\w*|\w*bericht\w*|notificatie\w*|\w*herinnering\w*|check-?ins?)\b"
    r"[^.,;?!]*\b(?:uit|af|weg|eraf|eruit)\b|\bnu (?:echt )?uit\b"
)
_CHANGE = re.compile(
    r"\b(?:verzet\w*|verander\w*|wijzig\w*|verplaats\w*|verschuif\w*|verschuiven|aanpas\w*|pas|liever"
    r"|maak|alleen|enkel|beter|ipv|andere? (?:tijd\w*|uur|moment))\b|\bin plaats van\b"
    r"|\bniet meer (?:om|op)\b|\bnaar \d"
    r"|\bvan .+ naar\b|\book in het\b"
)
_SET = re.compile(
    r"\bstuur\w*|\bherinner\w*|\bbericht\w*|\bmelding\w*|\breminder\w*|\bcheck-?ins?\b|\bseintje\b"
    r"|\b(?:app|ping|wek) (?:me|mij)\b|\bhervat\w*|\bweer aan\b"
)
# A time after these is the one of before, or of something else.
_OLD_BEFORE = re.compile(
    r"(?:\bvan|\bdan|plaats van|\bipv|\bniet meer(?: om| op)?|\bniet(?: om| op))(?: om| de)? ?$"
)
_OLD_CLAUSE = re.compile(r"\b(?:had|kwam|komt|stond|was|slaap|werk|sta ik|ik sta|begin(?:t)?)\b")
_CHOICE = re.compile(r"\b(?:tussen|of)\b")
# Who says good evening asks for nothing then; nor does "tot morgen" by itself.
_GREETING = re.compile(
    r"\bgoe(?:de|ie?|je)n?[ -]?(?:n?avond|morgen|middag|nacht|dag)\b"
    r"|\b(?:fijne|prettige|leuke|rustige|mooie) (?:avond|middag|nacht|dag|morgen|week|weekend)\b"
)
_GOODBYE = re.compile(
    r"\W*(?:oke? |nou |dan )*(?:tot|zie je|spreek je)"
    r" (?:morgen|later|straks|dan|gauw|ziens|snel|zo|vanavond|(?:de )?volgende (?:keer|week)"
    r"|(?:maan|dins|woens|donder|vrij|zater|zon)dag)(?: hoor| he| maar| weer| dan| x+)*\W*"
)
_BARE = re.compile(rf"(?:(?:om|rond|doe maar|zeg|liever) )?(?:de )?(?P<hour>{NUMBER})")


def read_schedule(text: str, now: datetime, intent: str | None = None) -> Schedule | None:
    """Read what a message asks of the check-in.

    Args:
        text: as typed.
        now: the moment, in the user's zone.
        intent: what the message is known to be for, as an intent of nlu/intents.yml.

    Returns:
        What was asked; None when the text is about nothing of the kind.
    """
    plain = fold(text[:LONGEST])
    asked = _GREETING.sub(" ", plain)
    read = None if _GOODBYE.fullmatch(asked) else _read(asked, now)
    if intent == "stop_reminders" and (
        read is None
        or (read.action in (Action.SET, Action.CHANGE) and not (read.time or _less(text)))
    ):
        return Schedule(Action.STOP)
    return Schedule(Action.SET) if intent == "set_reminder" and read is None else read


def _less(text: str) -> bool:
    """Whether only some days are refused."""
    return find_days(fold(text)).excluded


def _read(plain: str, now: datetime) -> Schedule | None:
    today = now.date()
    start = find_start(plain, today)
    rest = blank(plain, start[0] if start else None)
    if start is None and (span := find_pause(rest, today)) is not None:
        return Schedule(
            Action.PAUSE,
            pause_from=span.start.isoformat() if span.start and span.start > today else None,
            pause_until=span.end.isoformat() if span.end else None,
            ambiguous=span.end is None,
        )
    if find_shift(rest):
        return Schedule(Action.CHANGE, ambiguous=True)
    later = find_snooze(rest, now) if start is None else None
    if later is not None:
        until = None if isinstance(later, bool) else later.strftime("%Y-%m-%dT%H:%M")
        return Schedule(Action.SNOOZE, pause_until=until, ambiguous=until is None)
    days = find_days(rest)
    times = _wanted(rest, mentions(rest))
    if _STOP.search(rest) and not (days.excluded or (times and _CHANGE.search(rest))):
        return Schedule(Action.STOP)
    time, options, unclear = _choose(rest, times)
    if not (time or options or unclear or days.days or days.unclear or start):
        if _CHANGE.search(rest) and re.search(r"\b(?:tijd|tijdstip|uur|check)\w*", rest):
            return Schedule(Action.CHANGE)
        return Schedule(Action.SET) if _SET.search(rest) else None
    only_days = days.excluded and not (time or options)
    return Schedule(
        Action.CHANGE if only_days or _CHANGE.search(rest) else Action.SET,
        time=time,
        days=days.days if not days.unclear else None,
        pause_until=start[1].isoformat() if start else None,
        ambiguous=unclear or days.unclear or bool(options),
        options=options,
    )


def settle(asked: Schedule, text: str, now: datetime) -> Schedule | None:
    """Read an answer to the question which time was meant.

    Args:
        asked: what was asked about.
        text: the answer, as typed.
        now: the moment, in the user's zone.

    Returns:
        What was asked, with what the answer adds; None when it is no answer.
    """
    plain = fold(text)
    parts = [part for _, part in parts_of_day(plain)]
    if asked.options and parts and not mentions(plain):
        fitting = [o for o in asked.options if in_part(int(o[:2]) * 60 + int(o[3:]), parts[-1])]
        if len(fitting) == 1:
            return replace(asked, time=fitting[0], ambiguous=False, options=())
    if bare := _BARE.fullmatch(plain):
        plain = f"om {bare.group('hour')}"
    heard = _read(plain[:LONGEST], now)
    if heard is None or heard.action in (Action.PAUSE, Action.STOP, Action.SNOOZE):
        return heard
    if heard.options and set(heard.options) & set(asked.options) and len(asked.options) == 2:
        # "8 uur" once more: no nearer.
        heard = replace(heard, options=asked.options)
    return replace(
        asked,
        time=heard.time or (asked.time if not heard.options else None),
        days=heard.days or asked.days,
        pause_until=heard.pause_until or asked.pause_until,
        ambiguous=heard.ambiguous,
        options=heard.options,
    )


def _wanted(text: str, found: list[Mention]) -> list[Mention]:
    """The times that are asked for, without those of before and of other things."""

    def old(mention: Mention) -> bool:
        start, end = clause(text, mention.start)
        before = text[start : mention.start]
        around = text[mention.start : end]
        return bool(
            _OLD_BEFORE.search(before + _lead(around)) or _OLD_CLAUSE.search(text[start:end])
        )

    return [m for m in found if not old(m)] or found[-1:]


def _lead(around: str) -> str:
    """The preposition that a time's match may have begun with."""
    found = re.match(r"(?:om|op|naar|rond|tegen) ", around)
    return found.group(0) if found else ""


def _choose(text: str, times: list[Mention]) -> tuple[str | None, tuple[str, ...], bool]:
    """A time, or the times that it can be, or neither because no clock has it."""
    if not times:
        return None, tuple(hhmm(minutes) for minutes in vague_options(text)), False
    if len(times) > 1 and _CHOICE.search(text[: times[-1].start + 3]):
        readings = tuple(dict.fromkeys(r for mention in times for r in mention.readings))
    else:
        readings = times[-1].readings
    if len(readings) == 1:
        return hhmm(readings[0]), (), False
    return None, tuple(hhmm(minutes) for minutes in readings), not readings
