"""What Dutch and Flemish words ask of the check-in."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.schedule import WEEK, Schedule, only_when, read_schedule, settle

NOW = datetime(2026, 11, 18, 14, 0, tzinfo=ZoneInfo("Europe/Amsterdam"))
TABLE: list[tuple[str, dict[str, Any] | None]] = [
    tuple(line)
    for line in yaml.safe_load(Path(__file__).with_name("schedules.yml").read_text("utf-8"))
]
GROUPS = {"all": WEEK, "work": WEEK[:5], "weekend": WEEK[5:]}


def expected(asks: dict[str, Any]) -> dict[str, Any]:
    days = asks.get("days")
    options = asks.get("options", [])
    return {
        "action": asks["action"],
        "time": asks.get("time"),
        "days": list(GROUPS[days] if isinstance(days, str) else days) if days else None,
        "pause_from": asks.get("from"),
        "pause_until": asks.get("until"),
        "ambiguous": bool(options or asks.get("unsure")),
        "options": options,
    }


@pytest.mark.parametrize(("text", "asks"), TABLE, ids=[text for text, _ in TABLE])
def test_what_is_said_is_read(text: str, asks: dict[str, Any] | None) -> None:
    read = read_schedule(text, NOW)
    assert (read.as_json() if read else None) == (expected(asks) if asks else None)


def test_the_table_is_long_enough_and_has_no_doubles() -> None:
    texts = [text for text, _ in TABLE]
    assert len(texts) == len(set(texts)) >= 140


@pytest.mark.parametrize(
    ("asked", "answer", "asks"),
    [
        ("elke dag om 8 uur", "'s avonds", {"action": "set", "time": "20:00", "days": "all"}),
        ("elke dag om 8 uur", "de avond", {"action": "set", "time": "20:00", "days": "all"}),
        ("doordeweeks half 9", "ochtend", {"action": "set", "time": "08:30", "days": "work"}),
        ("doordeweeks half 9", "20:30", {"action": "set", "time": "20:30", "days": "work"}),
        ("elke dag", "21", {"action": "set", "time": "21:00", "days": "all"}),
        ("elke dag", "9", {"action": "set", "days": "all", "options": ["09:00", "21:00"]}),
        ("om 8 uur", "8 uur", {"action": "set", "options": ["08:00", "20:00"]}),
        ("om 20:00", "alleen doordeweeks", {"action": "set", "time": "20:00", "days": "work"}),
        ("om 8 uur", "laat maar, geen berichten meer", {"action": "stop"}),
    ],
)
def test_an_answer_settles_what_was_asked(asked: str, answer: str, asks: dict[str, Any]) -> None:
    question = read_schedule(asked, NOW)
    assert question is not None
    settled = settle(question, answer, NOW)
    assert settled is not None
    assert settled.as_json() == expected(asks)


def test_an_answer_about_something_else_settles_nothing() -> None:
    question = read_schedule("om 8 uur", NOW)
    assert question is not None
    assert settle(question, "mijn man heeft gelogen", NOW) is None


@pytest.mark.parametrize(
    ("text", "intent", "action"),
    [
        ("mute", "stop_reminders", "stop"),
        ("wilt u mij van de lijst halen?", "stop_reminders", "stop"),
        ("die vraag elke avond hoeft voor mij niet", "stop_reminders", "stop"),
        ("geen berichtjes op zondag", "stop_reminders", "change"),
        ("pauze tot maandag", "stop_reminders", "pause"),
        ("kun je dat voor me regelen", "set_reminder", "set"),
        ("doe mijn dag maar", "start_checkin", None),
    ],
)
def test_what_a_message_is_for_helps_to_read_it(text: str, intent: str, action: str | None) -> None:
    read = read_schedule(text, NOW, intent)
    assert (str(read.action) if read else None) == action


def test_a_schedule_survives_as_json() -> None:
    for text, _ in TABLE:
        if (read := read_schedule(text, NOW)) is not None:
            assert Schedule.from_json(read.as_json()) == read


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=80))
def test_no_text_stops_it(text: str) -> None:
    read = read_schedule(text, NOW)
    assert read is None or not (read.time and read.ambiguous and read.options)


@given(st.integers(0, 23), st.integers(0, 59), st.sampled_from([":", ".", "u", "h"]))
def test_a_clock_says_what_it_says(hour: int, minute: int, sign: str) -> None:
    read = read_schedule(f"elke dag om {hour:02d}{sign}{minute:02d}", NOW)
    assert read is not None
    assert (read.time, read.ambiguous) == (f"{hour:02d}:{minute:02d}", False)


@pytest.mark.parametrize(
    "text",
    [
        "21 u", "8u", "rond vieren", "om middernacht", "7u15", "2030", "halfnegen", "halfeen",
        "tien over half zeven", "tien over acht", "voor het slapengaan", "alleen doordeweeks",
        "alleen in het weekend", "niet in het weekend", "ook in het weekend graag", "pauze",
        "een week niet", "deze week niet meer", "dit weekend niet", "pauze tot volgende week",
        "pauze tot na het weekend", "pauze tot en met 5 januari", "niet op zaterdag 21 november",
        "later vandaag", "straks", "nu even niet", "vanavond", "morgenochtend", "ma, wo en vr",
    ],
)  # fmt: skip
def test_a_message_of_nothing_but_time_is_known(text: str) -> None:
    assert only_when(text)
    assert read_schedule(text, NOW) is not None


@pytest.mark.parametrize(
    "text",
    [
        "", "ja", "nee", "niet meer", "ik", "hoe gaat het", "hij kwam om 8 uur thuis",
        "ik heb hem al acht jaar niet vertrouwd", "gisteren loog ze weer", "elke dag ruzie",
        "het is weer zover", "ik wil niet meer", "morgen praat ik met haar", "een tip graag",
    ],
)  # fmt: skip
def test_a_message_with_more_in_it_is_left_to_the_classifier(text: str) -> None:
    assert not only_when(text)
