"""The day of a reminder, as people type it."""

from __future__ import annotations

from datetime import date

import pytest

from nlu.schedule import find_day
from nlu.schedule.words import fold

SUNDAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("zaterdag", date(2026, 11, 28)),
        ("doe maar zondag", date(2026, 11, 29)),
        ("morgen", date(2026, 11, 23)),
        ("overmorgen graag", date(2026, 11, 24)),
        ("volgende week vrijdag", date(2026, 11, 27)),
        ("12 december", date(2026, 12, 12)),
        ("3/12", date(2026, 12, 3)),
        ("1 november", date(2027, 11, 1)),
        ("over twee weken", date(2026, 12, 6)),
        ("over 3 dagen", date(2026, 11, 25)),
        ("over een maand", date(2026, 12, 22)),
        ("over een week", date(2026, 11, 29)),
        ("vandaag", None),
        ("blauw", None),
        ("weet ik niet", None),
    ],
)
def test_a_day_is_found_in_words(text: str, day: date | None) -> None:
    assert find_day(fold(text), SUNDAY) == day
