"""A sheet of paper, whatever stands on it."""

from __future__ import annotations

import logging

import pytest

from bot.sheet import Sheet, draw

PARTS = (("Waarover", "zijn telefoon"), ("De afspraak", "We bellen om negen uur.\nElke avond."))


def pages(pdf: bytes) -> int:
    return pdf.count(b"/Type /Page\n")


def test_a_sheet_is_one_page() -> None:
    pdf = draw(Sheet(name="a.pdf", title="Onze afspraak", parts=PARTS, lines=("Naam", "Naam")))
    assert pdf.startswith(b"%PDF")
    assert pages(pdf) == 1


def test_what_does_not_fit_goes_on_the_next_page() -> None:
    long = "Dan praten we er rustig over, zonder telefoon en zonder de kinderen erbij. " * 120
    assert pages(draw(Sheet(name="a.pdf", title="Onze afspraak", parts=(("Wie", long),)))) > 1


@pytest.mark.parametrize(
    "words",
    ["", " ", "\n\n", "𓀀 🫠 ﷽ 漢字", "\u202eomgekeerd\u200b", "a" * 3000, "<b>&amp;</b>"],
    ids=["nothing", "a space", "lines", "other scripts", "invisible", "one long word", "markup"],
)
def test_odd_signs_break_nothing_and_are_told_to_nobody(
    words: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert pages(draw(Sheet(name="a.pdf", title="Onze afspraak", parts=(("Wie", words),)))) >= 1
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
