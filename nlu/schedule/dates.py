"""Moments that are not every day: a pause, a first day, later today."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import dateparser
from dateutil.relativedelta import relativedelta

from nlu.schedule.clock import mentions
from nlu.schedule.days import weekday
from nlu.schedule.words import NUMBER, number

_DAY = r"(?:maan|dins|woens|donder|vrij|zater|zon)dag"
_MONTH = r"(?:jan\w*|feb\w*|maart|mrt|apr\w*|mei|jun\w*|jul\w*|aug\w*|sep\w*|okt\w*|nov\w*|dec\w*)"
_DATE = (
    rf"\d{{1,2}}(?:e|ste|de)? {_MONTH}(?: \d{{4}})?|\d{{1,2}}[/-]\d{{1,2}}(?:[/-]\d{{2,4}})?"
    r"|\d{4}-\d\d-\d\d"
)
_SOME_DAY = (
    rf"(?:(?:volgende|komende|aanstaande) (?:week )?)?{_DAY}(?: (?:{_DATE}))?|(?:{_DATE})"
    r"|overmorgen|morgen|volgende week|volgende maand"
    r"|(?:na )?(?:het|dit) weekend|(?:het )?einde? van de(?:ze)? (?:week|maand)|de eerste"
)
_UNTIL = re.compile(rf"\btot(?P<through> en met|/m| na)?(?: de)? (?P<day>{_SOME_DAY})\b")
_ANY_DAY = re.compile(rf"\b(?P<day>{_SOME_DAY})\b")
_AFTER = re.compile(
    rf"\bover (?:een )?(?P<count>{NUMBER}|n|paar) ?(?P<unit>dag(?:en)?|week|weken|maand(?:en)?)\b"
)
_UNTIL_SOMETHING = re.compile(r"\btot (?:na|ik|mn|mijn|we|het|de)\b")
_FROM = re.compile(rf"\bvanaf (?P<day>{_SOME_DAY})\b")
_LASTING = re.compile(
    rf"\b(?:(?P<count>{NUMBER}|n|paar) ?)?(?P<unit>dag(?:en|je)?|weken|week(?:je|end)?"
    r"|maand(?:en|je)?)\b"
)
_POINT = re.compile(
    r"\b(?:vandaag|overmorgen|morgen(?!\w)|vanavond|(?:dit|komend) weekend|(?:deze|volgende) week"
    rf"|{_DAY} (?:{_DATE})|(?:komende|aanstaande) {_DAY})\b"
)
_PAUSING = re.compile(
    r"\bpauze\w*|\bpauzeer\w*|\bonderbre\w+|\bstil ?leg\w*|\bvakantie\b|\btijdelijk\b"
    r"|\beven (?:geen|niets|niks|niet|stil|rust)\b|\bvoorlopig\b|\w*pauze\b"
)
_NO_PAUSE = re.compile(
    r"\b(?:heb (?:ik )?pauze|pauze is voorbij|(?:mijn|in de|tijdens de|minuten) pauze)\b"
)
_SENTENCE = re.compile(r"[?!;]|\.(?!\d)")
_NOT = re.compile(r"\b(?:niet|geen|niets|niks|stop\w*|overslaan|sla)\b")
_IN = re.compile(
    rf"\b(?:over|nog) (?P<count>een half|half|anderhalf|{NUMBER}|n)? ?"
    r"(?P<unit>min\w*|kwartier\w*|uur\w*)"
)
_LATER_BY = re.compile(
    rf"\b(?P<count>een half|half|anderhalf|{NUMBER}|n)? ?"
    r"(?P<unit>min\w*|kwartier\w*|uur\w*) later\b"
)
_SHIFT = re.compile(
    r"\b(?:wat|iets|beetje|half uur|uur(?:tje)?|kwartier(?:tje)?|minuten)"
    r" (?:later|vroeger|eerder)\b"
    r"|\b(?:later|vroeger|eerder) op de (?:avond|dag|ochtend)\b"
)
_SHIFTING = re.compile(r"\b(?:maak|kan|zou|verzet|zet|doe|voortaan|verplaats|elke|schuif)\b")
_LATER = re.compile(
    r"\blater vandaag\b|\bstraks\b|\bstrakjes\b|\bnu (?:even |effe |ff )?niet\b|\bniet nu\b"
    r"|^(?:wat |iets )?later(?: graag| aub)?$"
)
_THAT_DAY = re.compile(
    r"\b(?P<day>vanavond|vanmiddag|vannamiddag|vandaag|vannacht|overmorgen|morgen)"
    r"(?P<part>ochtend|vroeg|voormiddag|middag|namiddag|avond)?\b"
)
_PART_AT = {
    "ochtend": 480, "vroeg": 480, "voormiddag": 600, "middag": 780, "namiddag": 900, "avond": 1200
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """Days without a check-in: from `start` (None: at once) up to, not including, `end`."""

    start: date | None
    end: date | None


def find_start(text: str, today: date) -> tuple[re.Match[str], date] | None:
    """The first day, in "vanaf maandag": where it stands, and which day."""
    match = _FROM.search(text)
    day = _day(match.group("day"), today) if match else None
    return (match, day) if match and day else None


def find_day(text: str, today: date) -> date | None:
    """The day in "zaterdag", "12 december" or "over twee weken", None when a text names none.

    Args:
        text: folded.
        today: the day that it is said on; it is never the answer itself.
    """
    if match := _AFTER.search(text):
        count = number(match.group("count")) if match.group("count") not in {"n", "paar"} else 1
        unit = match.group("unit")
        if unit.startswith("da"):
            return today + timedelta(days=count)
        return today + (
            timedelta(weeks=count) if unit.startswith("we") else relativedelta(months=count)
        )
    match = _ANY_DAY.search(text)
    day = _day(match.group("day"), today) if match else None
    return day if day and day > today else None


def find_pause(text: str, today: date) -> Span | None:
    """The pause that a folded text asks for, None when it asks for none."""
    pausing = bool(_PAUSING.search(_NO_PAUSE.sub(" ", text)))
    refusing = bool(_NOT.search(text))
    if not (pausing or refusing):
        return None
    # What is refused and for how long stand in one sentence.
    for sentence in _SENTENCE.split(text):
        if (_PAUSING.search(sentence) or _NOT.search(sentence)) and (
            span := _named_span(sentence, today)
        ):
            return span
    if _UNTIL_SOMETHING.search(text):
        return Span(None, None)
    if pausing and not mentions(text) and "nu even niet" not in text:
        return Span(None, None)
    return None


def _named_span(text: str, today: date) -> Span | None:
    if match := _UNTIL.search(text):
        end = _day(match.group("day"), today)
        if end and match.group("through"):
            end += timedelta(days=0 if "weekend" in match.group("day") else 1)
        if end:
            return Span(None, end)
    if point := _POINT.search(text):
        return _span(point.group(0), today)
    lasting = _LASTING.search(text)
    return _for(lasting, today) if lasting else None


def find_shift(text: str) -> bool:
    """Whether the daily time should move by some time: "maak het een uur later"."""
    match = _SHIFT.search(text)
    return bool(match and ("op de" in match.group(0) or _SHIFTING.search(text)))


def find_snooze(text: str, now: datetime) -> datetime | bool | None:
    """When a check-in may come instead of now.

    Args:
        text: folded.
        now: the moment, in the user's zone.

    Returns:
        The moment; True when it is later without saying when; None when nothing asks for it.
    """
    if match := _IN.search(text) or _LATER_BY.search(text):
        return now + timedelta(minutes=_minutes(match))
    if _LATER.search(text):
        return True
    match = _THAT_DAY.search(text)
    if match is None or re.search(r"\b(?:elke|elken|iedere|dagelijks|voortaan)\b", text):
        return None
    times = [m for m in mentions(text) if m.readings]
    day = now.date() + timedelta(days={"morgen": 1, "overmorgen": 2}.get(match.group("day"), 0))
    if times:
        return _first_after(times[-1].readings, day, now)
    if match.group("day") == "vandaag":
        return None
    part = match.group("part") or match.group("day").removeprefix("van")
    if part not in _PART_AT:
        return True
    at = _at(day, _PART_AT[part], now)
    return at if at > now else True


def _first_after(readings: tuple[int, ...], day: date, now: datetime) -> datetime | bool:
    """A time on a day; of two readings the only one that is still to come."""
    coming = [at for at in (_at(day, minutes, now) for minutes in readings) if at > now]
    return coming[0] if len(coming) == 1 else True


def _at(day: date, minutes: int, now: datetime) -> datetime:
    return datetime(day.year, day.month, day.day, minutes // 60, minutes % 60, tzinfo=now.tzinfo)


def _minutes(match: re.Match[str]) -> int:
    unit = match.group("unit")
    size = 15 if unit.startswith("kwartier") else 60 if unit.startswith("uur") else 1
    count = match.group("count") or "een"
    if count == "anderhalf":
        return size * 3 // 2
    if count.endswith("half"):
        return size // 2
    return size * (1 if count == "n" else number(count))


def _for(match: re.Match[str], today: date) -> Span | None:
    """A pause of so many days, weeks or months from today."""
    count, unit = match.group("count"), match.group("unit")
    if count is None or unit == "weekend":
        return None
    if count == "paar":
        return Span(None, None)
    many = 1 if count == "n" else number(count)
    if unit.startswith("dag"):
        return Span(None, today + timedelta(days=many))
    if unit.startswith("maand"):
        return Span(None, today + relativedelta(months=many))
    return Span(None, today + timedelta(weeks=many))


def _span(words: str, today: date) -> Span | None:
    monday = today + timedelta(days=7 - today.weekday())
    match words:
        case "vandaag" | "vanavond":
            return Span(None, today + timedelta(days=1))
        case "morgen":
            return Span(today + timedelta(days=1), today + timedelta(days=2))
        case "overmorgen":
            return Span(today + timedelta(days=2), today + timedelta(days=3))
        case "deze week":
            return Span(None, monday)
        case "volgende week":
            return Span(monday, monday + timedelta(days=7))
        case "dit weekend" | "komend weekend":
            saturday = monday - timedelta(days=2)
            return Span(saturday if saturday > today else None, monday)
        case _:
            day = _day(words, today)
            return Span(day, day + timedelta(days=1)) if day else None


def _day(words: str, today: date) -> date | None:
    """The next day that words name."""
    monday = today + timedelta(days=7 - today.weekday())
    if "weekend" in words or words == "volgende week" or "van de week" in words:
        return monday
    if "van de" in words:
        return _first_of_next_month(today)
    if words in {"de eerste", "volgende maand"}:
        return _first_of_next_month(today)
    if words in {"morgen", "overmorgen"}:
        return today + timedelta(days=1 if words == "morgen" else 2)
    if found := re.search(_DATE, words):
        return _calendar(found.group(0), today)
    number_of_day = weekday(words.split()[-1])
    if number_of_day is None:
        return None
    if words.startswith("volgende week"):
        return monday + timedelta(days=number_of_day)
    return today + timedelta(days=(number_of_day - today.weekday() - 1) % 7 + 1)


def _first_of_next_month(today: date) -> date:
    return (today.replace(day=1) + timedelta(days=31)).replace(day=1)


def _calendar(words: str, today: date) -> date | None:
    """A date of the calendar: "3 december", "3/12"."""
    found = dateparser.parse(
        re.sub(r"(?<=\d)(?:e|ste|de)\b", "", words),
        languages=["nl"],
        settings={
            "PREFER_DATES_FROM": "future",
            "DATE_ORDER": "DMY",
            "RELATIVE_BASE": datetime(today.year, today.month, today.day),
        },
    )
    return found.date() if found else None
