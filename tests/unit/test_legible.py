"""A text as people see it: nothing invisible hides a word, and nothing breaks a message."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.inbound import read_text
from bot.conversation.legible import legible, unmarked
from bot.db.encryption import Cipher
from nlu.lexicon import Level, Lexicon

LEXICON = Lexicon.load()
DANGER = ("ik wil zelfmoord plegen", "ik wil dood", "hij slaat me elke dag")
# Put inside or around a word, these change nothing that anybody sees.
UNSEEN = (
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2069\ufeff"
    "\u00ad\u034f\u061c\u115f\u17b4\ufe0e\ue000\U000e0041\x00\x07\x1b\x7f\ufffe\ud800\udfff"
)
characters = st.characters(exclude_categories=[]) | st.sampled_from(UNSEEN)
texts = st.text(characters, max_size=60)


@given(st.sampled_from(DANGER), st.data())
def test_no_invisible_character_hides_danger(text: str, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 20))):
        at = data.draw(st.integers(0, len(text)))
        text = text[:at] + data.draw(st.sampled_from(UNSEEN)) + text[at:]
    assert LEXICON.check([read_text(text).plain]).level is Level.ACT


@given(st.sampled_from(DANGER), st.data())
def test_no_pile_of_accents_hides_danger(text: str, data: st.DataObject) -> None:
    marks = st.text(st.characters(min_codepoint=0x300, max_codepoint=0x36F), max_size=30)
    piled = "".join(c + data.draw(marks) if c.isalpha() else c for c in text)
    assert LEXICON.check([legible(piled)]).level is Level.ACT


@pytest.mark.parametrize(
    "text",
    [
        "<b>ik</b> wil d<i>oo</i>d",
        "ik wil d<tg-spoiler>oo</tg-spoiler>d",
        "ik wil d&#111;&#x6f;d",
        "ik&nbsp;wil&nbsp;dood",
        "ik wil zelf&shy;moord plegen",
        "ik wil &lt;b&gt;dood&lt;/b&gt;",
        "ik wil **do**od",
        "__ik__ wil ||dood||",
        "ik ~~wil~~ d`oo`d",
        "[ik wil dood](https://example.org)",
        "ik\u3164wil\u2028dood",
        "ik\x1fwil\x0bdood",
        "ik wil d\u043e\u043ed",
        "ik wil d\u03bf\u03bfd",
        "ik wil d\u1d0f\u1d0fd",
        "ik wil \uff44\uff4f\uff4f\uff44",
        "ik wil \U0001d589\U0001d594\U0001d594\U0001d589",
        "\u202eik wil dood\u202c",
        "\u200f\u202bik wil dood",
    ],
)
def test_no_markup_and_no_strange_letters_hide_danger(text: str) -> None:
    assert LEXICON.check([read_text(text).plain]).level is Level.ACT


@pytest.mark.parametrize(
    "text",
    [
        "Ik voel wantrouwen.",
        "één plus één, zei Zoë: \u201cça va?\u201d",
        "i <3 jou, en a < b > c & d",
        "hij zei <b>nee</b> &amp; **ging** weg",
        "k*t, en zelfm**rd",
        "snake_case en 3 * 4 * 5",
        "👩\u200d👧 ❤️ 1️⃣ 🏳️\u200d🌈",
        "½ van 10 m²",
        "дом и мир",
        "السلام عليكم",
        "मेरा भाई",
        "regel een\n\nregel twee",
    ],
)
def test_what_people_type_stays_as_it_is(text: str) -> None:
    assert legible(text) == text


@given(texts)
def test_what_comes_out_can_be_stored_and_shown(text: str) -> None:
    read = legible(text)
    assert Cipher([b"A" * 43 + b"="]).seal(read)
    categories = {unicodedata.category(c) for c in read if c not in "\n\t\u200d"}
    assert not categories & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


@pytest.mark.parametrize("piece", ["<b>a&b\u0301 ", " **a", "`", "<a ", "&amp;", "<<b>b>", "|"])
def test_reading_takes_no_longer_than_the_text(piece: str) -> None:
    start = time.process_time()
    unmarked(legible((piece * 10_000)[:10_000]))
    assert time.process_time() - start < 0.5
