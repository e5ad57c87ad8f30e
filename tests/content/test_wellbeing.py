"""What the bot never says: guilt, streaks, flattery; and what it always is: a program."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from bot.content import Content

# How apps hold on to people: guilt for staying away, counting days, needing or missing the user.
HOLDING_ON = (
    r"\b(?:ik|we) (?:heb|hebben|had) je gemist",
    r"\bik mis(?:te)? je\b",
    r"\bop rij\b",
    r"\bstreak",
    r"\breeks\b",
    r"\brecord\b",
    r"\b(?:lang|tijd|dagen) niet (?:gezien|gesproken|gehoord)",
    r"\bwaar (?:was|bleef) je\b",
    r"\bje (?:hebt|had) (?:al )?\w+ dagen (?:niet|overgeslagen)",
    r"\b(?:jammer|teleurgesteld|verdrietig) dat je\b",
    r"\bniet opgeven\b",
    r"\bblijf bij me\b",
    r"\bik ben er altijd voor je\b",
    r"\bik hou van je\b",
    r"\balleen ik\b",
    r"\bje hebt me nodig\b",
)
FLATTERY = (
    r"\bwat goed (?:van|dat)\b",
    r"\bwat (?:knap|dapper|super|fantastisch)\b",
    r"\btrots op je\b",
    r"\bje doet het (?:geweldig|super|fantastisch)",
    r"\bkomt (?:allemaal )?goed\b",
    r"\bje hebt (?:helemaal )?gelijk\b",
)
PROGRAM = re.compile(r"\bprogramma\b")
PEOPLE = re.compile(r"\b(?:mens|mensen|huisarts|arts|iemand|hulplijn)\b|/hulp\b")


def every_text(content: Content) -> Iterator[tuple[str, str]]:
    """Every sentence that a user may read, with where it comes from."""
    for key, message in content.messages.items():
        yield from ((key, variant) for variant in message.variants)
    for tip in content.tips:
        for field in ("message", "message_breaker", "why", "why_breaker", "step", "step_breaker"):
            if words := getattr(tip, field):
                yield f"{tip.id}.{field}", words
    for name, concern in content.concerns.items():
        yield from ((name, reflection.text) for reflection in concern.reflections)
        yield from ((name, bridge) for bridge in concern.bridges)
    for question in content.question_by_id.values():
        yield question.id, question.text


@pytest.mark.parametrize("pattern", [*HOLDING_ON, *FLATTERY])
def test_nothing_holds_on_to_people_or_flatters_them(content: Content, pattern: str) -> None:
    found = [(at, text) for at, text in every_text(content) if re.search(pattern, text, re.I)]
    assert not found


def test_the_patterns_see_what_they_are_for() -> None:
    bad = (
        "Ik heb je gemist!",
        "Vijf dagen op rij!",
        "Wat goed dat je dit deelt!",
        "Alles komt goed.",
    )
    for text in bad:
        assert any(re.search(p, text, re.I) for p in (*HOLDING_ON, *FLATTERY)), text


@pytest.mark.parametrize("key", ["start", "bot_challenge", "bot_description",
                                 "bot_short_description"])  # fmt: skip
def test_a_program_says_that_it_is_one_in_every_wording(content: Content, key: str) -> None:
    for text in content.messages[key].variants:
        assert PROGRAM.search(text) or "toetsen" in text, text


def test_nothing_denies_being_a_program(content: Content) -> None:
    denial = re.compile(
        r"\bik ben (?:een |ook maar een )?(?:echt )?mens\b|\bgeen (?:robot|programma|bot)\b", re.I
    )
    assert not [(at, text) for at, text in every_text(content) if denial.search(text)]


@pytest.mark.parametrize("kind", ["suicide", "violence", "child", "harm_other"])
def test_danger_leads_to_people_in_every_wording(content: Content, kind: str) -> None:
    keys = [f"crisis_{kind}_act", f"unsafe_{kind}"]
    for key in keys:
        for text in content.messages[key].variants:
            assert "112" in text or "{lines}" in text, text
    for key in ("hold_bye", "hold_not_yet", "crisis_denied", "no_safe_tip", "delusion"):
        for text in content.messages[key].variants:
            assert PEOPLE.search(text), (key, text)


def test_who_comes_back_is_not_asked_where_they_were(content: Content) -> None:
    for key in ("welcome_back", "hold_return"):
        for text in content.messages[key].variants:
            assert not re.search(r"\bwaarom\b|\beindelijk\b|\bzo lang\b", text, re.I), text


def test_help_numbers_can_be_tapped_and_called(content: Content) -> None:
    for lines in content.helplines.values():
        for line in lines:
            assert re.fullmatch(r"\d{3,4}(?:-\d+)?", line.call), line.id
            assert line.call in line.text


def test_numbers_of_violence_stand_behind_a_button(content: Content) -> None:
    for key in (
        "crisis_violence_act",
        "crisis_violence_ask",
        "crisis_violence_again",
        "unsafe_violence",
    ):
        for text in content.messages[key].variants:
            assert "{lines}" not in text
            assert not re.search(r"\d{3}", text.replace("112", ""))
