"""What a line in a role-play does."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from nlu.reading import DEFAULT, KINDS, Reader

RULES = yaml.safe_load(DEFAULT.read_text(encoding="utf-8"))
READER = Reader.load()


def found(text: str, answering: str = "") -> set[str]:
    reading = READER.read(text, answering)
    extra = {name for name in ("stop", "too_much") if getattr(reading, name)}
    return {*reading.does, *extra, *(["talk"] if reading.spoken else [])}


def _own(kind: str, text: str) -> bool:
    # What does something is spoken to somebody too: `talk` is asked of the pattern itself.
    return (
        bool(READER._patterns[kind].search(text.lower()))
        if kind == "talk"
        else (kind in found(text))
    )


@pytest.mark.parametrize(("kind", "text"), [(k, t) for k in KINDS for t in RULES[k]["hits"]])
def test_it_is_found(kind: str, text: str) -> None:
    assert _own(kind, text)


@pytest.mark.parametrize(("kind", "text"), [(k, t) for k in KINDS for t in RULES[k]["misses"]])
def test_it_is_not_found_where_it_is_not(kind: str, text: str) -> None:
    assert not _own(kind, text)


def test_one_line_can_do_all_of_it() -> None:
    text = (
        "Ik hoorde van de etentjes en ik voel me buitengesloten. "
        "Ik heb eerlijkheid nodig. Wil je me voortaan zelf iets zeggen?"
    )
    assert {"event", "feeling", "need", "request"} <= found(text)


def test_a_word_in_common_takes_up_what_the_other_said() -> None:
    assert "answer" not in found("Die etentjes waren geheim.", "Heb je al koffie?")
    assert "answer" in found("Die etentjes waren geheim.", "Het was maar een etentje.")


@pytest.mark.parametrize("text", ["", "…", "...", "?!", "🤷", "  \n "])
def test_a_line_without_words_is_empty(text: str) -> None:
    reading = READER.read(text)
    assert reading.empty
    assert not reading.spoken


def test_accents_capitals_and_commas_do_not_matter() -> None:
    assert "feeling" in found("IK VOEL, EERLIJK GEZEGD, … ik ben DAAR heel VERDRIETIG van")
    assert "need" in found("ik heb één ding nódig")


@given(st.text(max_size=300), st.text(max_size=100))
def test_whatever_is_typed_is_read(text: str, answering: str) -> None:
    reading = READER.read(text, answering)
    assert reading.does <= {"event", "feeling", "need", "request", "answer"}
    assert not (reading.empty and reading.does - {"answer"})


@pytest.mark.parametrize(
    ("text", "name", "who"),
    [
        ("ik wil oefenen met Eduard", "Eduard", "other"),
        ("speel jij Bob", "Bob", "other"),
        ("doe alsof je Joyce bent", "Joyce", "other"),
        ("geef mij Eduard, ik wil zien hoe hij reageert", "Eduard", "other"),
        ("Bob", "Bob", "other"),
        ("ik wil saskia spelen", "Saskia", "me"),
        ("jij bent de ex en ik ben Joyce, oké?", "Joyce", "me"),
        ("ik ben Eduard, begin maar", "Eduard", "me"),
        ("laat mij Saskia zijn", "Saskia", "me"),
        ("ik wil een rollenspel doen", "Bob", None),
    ],
)
def test_who_somebody_asks_for(text: str, name: str, who: str | None) -> None:
    assert READER.cast(text, name) == who
