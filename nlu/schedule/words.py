"""The plain form of a text, and the numbers that people write in words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from num2words import num2words

_APOSTROPHES = re.compile("['\u2018\u2019\u02bc`\u00b4]")
_SPACES = re.compile(r"\s+")
# "rond vieren", "tegen achten", "na zessen": the hour as people say it.
_SPOKEN_HOURS = {
    "enen": 1, "tweeen": 2, "drieen": 3, "vieren": 4, "vijven": 5, "zessen": 6,
    "zevenen": 7, "achten": 8, "negenen": 9, "tienen": 10, "elven": 11, "twaalven": 12,
}  # fmt: skip


def fold(text: str) -> str:
    """Lower case, without accents and apostrophes, one space between words."""
    decomposed = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text.lower()))
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return _SPACES.sub(" ", plain).strip()


def _names() -> Iterator[tuple[str, int]]:
    for number in range(60):
        yield fold(num2words(number, lang="nl")), number
    yield from _SPOKEN_HOURS.items()


NUMBERS: dict[str, int] = dict(_names())
# Longest first, so that "negentien" is not read as "negen".
NUMBER = rf"(?:\d{{1,2}}|{'|'.join(sorted(NUMBERS, key=len, reverse=True))})"


def number(word: str) -> int:
    """What a match of NUMBER stands for."""
    return int(word) if word.isdigit() else NUMBERS[word]


def blank(text: str, *found: re.Match[str] | None) -> str:
    """The text with matches made blank: what was read once is not read again."""
    for match in found:
        if match:
            start, end = match.span()
            text = text[:start] + " " * (end - start) + text[end:]
    return text
