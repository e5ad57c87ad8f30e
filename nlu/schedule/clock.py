"""Times of the day in Dutch: "half negen", "kwart voor acht", "21u30", "'s avonds".

Somebody who says "acht uur" may mean eight in the morning or in the evening: a time has two
readings unless a part of the day, an hour after noon or a clock's notation says which.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nlu.schedule.words import NUMBER, blank, number

HALF_DAY, DAY = 12 * 60, 24 * 60

_HOUR_WORD = r"(?:uur(?:tje)?|u|h)"
_MONTH = r"jan|feb|maart|mrt|apr|mei|jun|jul|aug|sep|okt|nov|dec"
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "clock",
        re.compile(
            r"(?<![\d.,:/-])(?P<hour>\d{1,2}) ?(?:[:.]|[uh]) ?(?P<minute>\d\d)(?![\d/])"
            rf" ?{_HOUR_WORD}?(?! ?[ap]m)\b"
        ),
    ),
    (
        "clock",
        re.compile(r"(?:^|(?<=om )|(?<=naar )|(?<=op ))(?P<hour>\d\d)(?P<minute>\d\d)(?!\d)"),
    ),
    (
        "spoken",
        re.compile(
            rf"\b(?P<hour>{NUMBER}) ?{_HOUR_WORD} "
            r"(?P<minute>\d\d|vijf|tien|vijftien|twintig|vijfentwintig|dertig|vijfendertig|veertig"
            r"|vijfenveertig|vijftig|vijfenvijftig)\b(?! ?(?:min|dag|week|weken|voor|over|na)\b)"
        ),
    ),
    (
        "around",
        re.compile(
            rf"\b(?P<minutes>{NUMBER}|kwart) ?(?:min\w* )?(?P<side>voor|over|na) "
            rf"(?P<half>half ?)?(?P<hour>{NUMBER})\b ?{_HOUR_WORD}?\b"
        ),
    ),
    ("half", re.compile(rf"\bhalf ?-?(?P<hour>{NUMBER})\b ?{_HOUR_WORD}?\b")),
    ("english", re.compile(r"\b(?P<hour>\d{1,2})(?:[:.](?P<minute>\d\d))? ?(?P<half>am|pm)\b")),
    ("whole", re.compile(rf"\b(?P<hour>{NUMBER}) ?{_HOUR_WORD}\b")),
    (
        "bare",
        re.compile(
            r"\b(?:om|rond|tegen|naar|op|vanaf|tot|na|voor|tussen|of|maak (?:er|daar)(?: maar)?)"
            rf"(?: ne keer| ongeveer)? (?P<hour>{NUMBER})\b"
            rf"(?! ?(?:dag|week|weken|maand|min|keer|jaar|x\b|%|/|-\d|e\b|ste\b|(?:{_MONTH})))"
        ),
    ),
    ("midnight", re.compile(r"\b(?:om )?middernacht\b")),
    ("noon", re.compile(r"\b(?:s )?noens?\b")),
)
_PARTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("morning", re.compile(r"\b(?:s ?morgens|(?:in de|elken?|iedere) morgen|\w*morgenvroeg"
                           r"|vanmorgen)\b|\b\w*(?:ochtend|voormiddag)\w*")),
    ("afternoon", re.compile(r"\b\w*(?<!voor)middag\w*")),
    ("evening", re.compile(r"\b\w*avond(?!eten)\w*")),
    ("night", re.compile(r"\b(?:s ?nachts|\w*(?<!midder)nacht)\b")),
)  # fmt: skip
_CLAUSE_END = re.compile(r"[,;?!]|\.(?!\d)")
_SENTENCE_END = re.compile(r"[;?!]|\.(?!\d)")
# A part of the day that is not the one to come.
_EARLIER = re.compile(r"\b(?:vanmorgen|vanochtend|gisteren|vannacht)\b")
_INSTEAD_OF = re.compile(r"\b(?:ipv|in plaats van|niet) (?:s ?)?\w+")
# Moments without an hour of their own, with the times to choose from.
_VAGUE: tuple[tuple[re.Pattern[str], tuple[int, ...]], ...] = (
    (re.compile(r"\b(?:slapen\w*|bedtijd|bed)\b"), (1290, 1320, 1350)),
    (re.compile(r"\blunch\w*"), (720, 750, 780)),
    (re.compile(r"\b(?:avond)?eten(?:stijd)?\b"), (1110, 1140, 1170)),
    (re.compile(r"\b(?:opsta\w*|wakker|ontbijt\w*)\b"), (420, 450, 480)),
)
_OPTIONS = {
    "morning": (420, 480, 570),
    "afternoon": (780, 900, 1020),
    "evening": (1140, 1230, 1320),
    "night": (1380, 0, 120),
}


@dataclass(frozen=True, slots=True)
class Mention:
    """A time in a text.

    Args:
        start: where it stands.
        end: where it ends.
        readings: minutes since midnight that it can mean; none for a time that no clock has.
    """

    start: int
    end: int
    readings: tuple[int, ...]


def hhmm(minutes: int) -> str:
    """Minutes since midnight as "HH:MM"."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def parts_of_day(text: str) -> list[tuple[int, str]]:
    """Where a folded text names a part of the day, and which."""
    return sorted((m.start(), name) for name, pattern in _PARTS for m in pattern.finditer(text))


def vague_options(text: str) -> tuple[int, ...]:
    """The times to choose from when a text has no hour but names a moment of the day."""
    for pattern, options in _VAGUE:
        if pattern.search(text):
            return options
    parts = parts_of_day(_INSTEAD_OF.sub(" ", text))
    return _OPTIONS[parts[-1][1]] if parts else ()


def in_part(minutes: int, part: str) -> bool:
    """Whether a time lies in a part of the day."""
    start, end = {
        "morning": (300, 720), "afternoon": (720, 1080), "evening": (1020, DAY), "night": (0, 360)
    }[part]  # fmt: skip
    return start <= minutes < end


def mentions(text: str) -> list[Mention]:
    """The times of a folded text, in order."""
    parts = parts_of_day(text)
    found: list[Mention] = []
    rest = text
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(rest):
            readings = tuple(_readings(kind, match, _part_for(match, text, parts)))
            found.append(Mention(match.start(), match.end(), readings))
        rest = blank(rest, *pattern.finditer(rest))
    return sorted(found, key=lambda mention: mention.start)


def _part_for(match: re.Match[str], text: str, parts: list[tuple[int, str]]) -> str | None:
    """The nearest part of the day in the same clause, else the only one that is named."""
    start, end = clause(text, match.start())
    near = [(abs(at - match.start()), part) for at, part in parts if start <= at < end]
    if near:
        return min(near)[1]
    start, end = clause(text, match.start(), _SENTENCE_END)
    if len({part for at, part in parts if start <= at < end}) == 1 and not _EARLIER.search(text):
        return next(part for at, part in parts if start <= at < end)
    daily = re.search(r"\b(?:elke|elken|iedere) (?:\w+ )?(ochtend|middag|namiddag|avond)", text)
    return parts_of_day(daily.group(0))[0][1] if daily else None


def clause(text: str, at: int, end_of: re.Pattern[str] = _CLAUSE_END) -> tuple[int, int]:
    """Where the clause around a position begins and ends; a full stop in "20.30" ends nothing."""
    ends = [m.end() for m in end_of.finditer(text)]
    start = max((e for e in ends if e <= at), default=0)
    return start, min((e for e in ends if e > at), default=len(text))


def _readings(kind: str, match: re.Match[str], part: str | None) -> Iterator[int]:
    if kind in ("midnight", "noon"):
        yield 0 if kind == "midnight" else HALF_DAY
        return
    groups = match.groupdict()
    hour, sure = number(groups["hour"]), kind == "clock" or groups["hour"].startswith("0")
    minute = number(groups["minute"]) if groups.get("minute") else 0
    if hour > 24 or minute > 59:
        return
    minutes = hour * 60 + minute
    if kind == "half" or (kind == "around" and groups["half"]):
        minutes -= 30
    if kind == "around":
        by = 15 if groups["minutes"] == "kwart" else number(groups["minutes"])
        minutes += -by if groups["side"] == "voor" else by
    if kind == "english":
        yield minutes % HALF_DAY + (HALF_DAY if groups["half"] == "pm" else 0)
    elif hour > 12 or hour == 0 or (sure and part is None):
        yield minutes % DAY
    elif part is not None:
        yield _within(minutes % HALF_DAY, part)
    else:
        early, late = minutes % HALF_DAY, minutes % HALF_DAY + HALF_DAY
        # Twelve is noon before it is midnight.
        yield from (late, early) if early < 60 else (early, late)


def _within(early: int, part: str) -> int:
    """Which of the two readings a part of the day means; `early` is the one before noon."""
    late = early + HALF_DAY
    match part:
        case "morning":
            return late if early < 60 else early
        case "afternoon":
            return early if early >= 630 else late
        case "evening":
            return late if early >= 240 else early
        case _:
            return late if early >= 540 else early
