"""Days of the week in Dutch: "doordeweeks", "niet in het weekend", "ma, wo en vr"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nlu.schedule.model import WEEK

WORK, WEEKEND = WEEK[:5], WEEK[5:]
_STEMS = ("maan", "dins", "woens", "donder", "vrij", "zater", "zon")
_SHORT = ("ma", "di", "wo", "do", "vr", "za", "zo")
_SUFFIX = r"(?:en|s|ochtend|morgen|voormiddag|middag|namiddag|avond)?(?:en|s)?"
_NAME = rf"\b(?:{'|'.join(_STEMS)})dag{_SUFFIX}\b"
_UP_TO = r"\s*(?:t/m|t\.m\.|tem|tot en met|tot|-)\s*"
_AND = r"\s*(?:,|/|&|en|of|,\s*en)\s*"
# "zo" and "do" are words too: short names count only in a row.
_ABBREVIATION = rf"\b(?:{'|'.join(_SHORT)})\b"
_SHORT_ROW = re.compile(rf"{_ABBREVIATION}(?:(?:{_AND}|{_UP_TO}){_ABBREVIATION})+")
_RANGE = re.compile(rf"(?P<first>{_NAME}|{_ABBREVIATION}){_UP_TO}(?P<last>{_NAME}|{_ABBREVIATION})")
_ONE = re.compile(rf"{_NAME}|{_ABBREVIATION}")
_SET = (
    rf"(?:{_NAME}{_UP_TO}{_NAME}|{_NAME}|weekends?\b|weekenden\b|werkdagen\b|{_SHORT_ROW.pattern})"
)
_NEGATED = re.compile(
    r"\b(?:niet|geen\b[^.,;]*?|behalve|buiten|zonder|uitgezonderd|nooit)\s+(?:meer\s+)?"
    rf"(?:(?:op|in|tijdens)\s+)?(?:het\s+|de\s+)?(?P<days>{_SET}(?:{_AND}{_SET})*)"
)
_ALL = re.compile(
    r"\b(?:elke|elken|iedere|ieder|elk|alle) (?:dag(?:en)?|avond(?:en)?|ochtend(?:en)?|morgen"
    r"|middag|namiddag|voormiddag|nacht)\b|\bdagelijks\w*|\bdaily\b|\bde hele week\b"
    r"|\book in het weekend\b|\book op (?:zaterdag|zondag|weekenddagen)\b"
)
_WORK = re.compile(r"\b(?:doordeweeks\w*|door de weeks?|\w*werkdag(?:en)?|weekdagen|in de week)\b")
_WEEKEND = re.compile(r"\bweekend(?:s|en)?\b")
_RARE = re.compile(
    r"\b(?:een|1) (?:keer|maal|x) (?:per|in de) week\b|\bwekelijks\w*|\belke week\b"
    r"|\bom de (?:andere |twee |2 )?dag(?:en)?\b|\b(?:twee|2|drie|3) (?:keer|maal) per week\b"
)


_ONLY = re.compile(rf"\b(?:alleen|enkel|slechts)\b[^.,;]*?(?P<days>{_SET}|{_WORK.pattern})")


@dataclass(frozen=True, slots=True)
class Days:
    """Which days a text names.

    Args:
        days: days of WEEK in order, None when none are named.
        excluded: it says on which days not.
        unclear: it asks for a rhythm that is not yet told in days of the week.
    """

    days: tuple[str, ...] | None
    excluded: bool = False
    unclear: bool = False


def find_days(text: str) -> Days:
    """The days of a folded text."""
    negated = [m for m in _NEGATED.finditer(text) if not re.search(r"\bdit\b", m.group(0))]
    excluded = {day for m in negated for day in _named(m.group("days"))}
    rest = text
    for match in negated:
        rest = rest[: match.start()] + " " * len(match.group(0)) + rest[match.end() :]
    every = _ALL.search(rest)
    named = _named(_ALL.sub(" ", rest))
    if every and ("ook" in rest or not named):
        # "elke avond op maandag" is every Monday.
        named = set(WEEK)
    if only := _ONLY.search(rest):
        named = _named(rest[only.start() :])
        if clause_end := re.search(r"[,;.]", rest[only.end() :]):
            named = _named(rest[only.start() : only.end() + clause_end.start()])
    unclear = bool(_RARE.search(rest)) and not _named(rest)
    if not named and excluded:
        named = set(WEEK)
    named -= excluded
    days = tuple(day for day in WEEK if day in named) if named else None
    return Days(days, bool(excluded), unclear)


def weekday(word: str) -> int | None:
    """The number of a day in WEEK, None when the word is no day."""
    for number, (stem, short) in enumerate(zip(_STEMS, _SHORT, strict=True)):
        if word.startswith(f"{stem}dag") or word == short:
            return number
    return None


def _named(text: str) -> set[str]:
    days: set[str] = set()
    if _WORK.search(text):
        days |= set(WORK)
    if _WEEKEND.search(text):
        days |= set(WEEKEND)
    for row in _SHORT_ROW.finditer(text):
        days |= _listed(row.group(0))
    return days | _listed(re.sub(_ABBREVIATION, " ", text))


def _listed(text: str) -> set[str]:
    days: set[str] = set()
    for match in _RANGE.finditer(text):
        first, last = weekday(match.group("first")), weekday(match.group("last"))
        if first is not None and last is not None:
            days |= {WEEK[(first + n) % 7] for n in range((last - first) % 7 + 1)}
    for word in _ONE.findall(text):
        if (number := weekday(word)) is not None:
            days.add(WEEK[number])
    return days
