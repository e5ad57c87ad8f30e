"""Typos: what is mended, and what is left as somebody wrote it."""

from __future__ import annotations

import pytest

from nlu.evaluation.sets import training_lines
from nlu.spelling import Speller, words_of
from nlu.typos import mistyped


@pytest.fixture(scope="module")
def speller() -> Speller:
    """With the words of all lines that the model learns from."""
    return Speller(words_of([text for text, _ in training_lines()]))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ik wul dood", "ik wil dood"),
        ("ik vertruow hem niet meer", "ik vertrouw hem niet meer"),
        ("Wantrouwne, elke dag", "Wantrouwen, elke dag"),
        ("hij heeft gelogn", "hij heeft gelogen"),
        ("ze slaatt me", "ze slaat me"),
        ("morgne\nnog eem keer", "morgen\nnog een keer"),
    ],
    ids=["neighbouring key", "swapped", "capital kept", "dropped", "doubled", "two lines"],
)
def test_a_slip_of_the_thumb_is_mended(speller: Speller, typed: str, meant: str) -> None:
    assert speller.mend(typed) == meant


@pytest.mark.parametrize(
    "text",
    [
        "kheb ni gezegd dat gij liegt",
        "mn moeder zegt da 't niks is 😀",
        'Hij zei: "morgen". En toen? Om 21u, in straat 5b…',
        "Sanne's broer heet Joyce",
        "",
        "a",
        "12345 !!! 🙃",
    ],
)
def test_what_is_no_slip_is_left_as_it_was_written(speller: Speller, text: str) -> None:
    assert speller.mend(text) == text


def test_our_own_words_are_known_though_no_list_of_dutch_has_them() -> None:
    text = "zuurkaarting"
    assert Speller(words_of([text, text])).mend(text) == text


def test_more_than_half_of_the_slips_in_ordinary_lines_are_mended(speller: Speller) -> None:
    meant = (
        "Mijn vriend heeft gelogen over het geld en nu weet ik niet meer wat ik moet geloven",
        "Gisteren vertelde mijn zus dat ze mijn geheim aan iedereen heeft verteld",
        "Ik ben bang dat het opnieuw gebeurt als ik haar weer vertrouw",
    )
    slips = mended = 0
    for seed, line in enumerate(meant):
        typed = mistyped(line, seed)
        pairs = zip(line.split(), typed.split(), speller.mend(typed).split(), strict=True)
        for word, was, now in pairs:
            slips += word != was
            mended += word != was and word == now
    assert slips >= 10
    assert mended / slips > 0.5
