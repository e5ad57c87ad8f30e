"""What the content check finds in an exercise that does not hold."""

from __future__ import annotations

from typing import Any

import pytest

from bot.exercises.check import findings
from bot.exercises.exercise import Exercise


def exercise(**changes: Any) -> Exercise:
    """An exercise of three steps that holds, with something changed."""
    good: dict[str, Any] = {
        "title": "Voorbeeld",
        "label": "Voorbeeld",
        "minutes": 3,
        "intro": "Hier begint het.",
        "steps": {
            "een": {"ask": "Wat?", "skip": False},
            "twee": {
                "ask": "En bij ‘{een}’?",
                "options": [{"label": "Ja"}, {"label": "Nee"}],
            },
            "drie": {"ask": "Hoe?"},
        },
        "result": [
            {"heading": "Wat", "text": "{een}, {twee}"},
            {"text": "{een}"},
            {"text": "{drie}"},
        ],
        "closing": "Klaar.",
    }
    return Exercise.model_validate({**good, **changes})


def steps(**changes: Any) -> dict[str, Any]:
    base = exercise().model_dump(by_alias=True)["steps"]
    return {
        name: {**base.get(name, {}), **step}
        for name, step in {**{name: {} for name in base}, **changes}.items()
    }


def found(wrong: Exercise) -> str:
    return " | ".join(text for _, text in findings(wrong))


def test_one_that_holds_has_no_findings() -> None:
    assert found(exercise()) == ""


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"een": {"next": "vier"}}, "vier is no step"),
        (
            {"twee": {"options": [{"label": "Ja", "next": "weg"}, {"label": "Nee"}]}},
            "weg is no step",
        ),
        ({"twee": {"options": [{"label": "Ja"}]}}, "1 options"),
        ({"twee": {"options": [{"label": "Ja"}, {"label": "ja"}]}}, "two buttons say"),
        ({"drie": {"next": "een"}}, "never ends"),
        ({"vier": {"ask": "Los?"}, "drie": {"next": "end"}}, "vier is never reached"),
        ({"een": {"next": "end"}}, "never reached"),
        ({"twee": {"next": "end"}}, "drie is never reached"),
        ({"een": {"skip": True}}, "{een} may not have been answered yet"),
        ({"een": {"ask": "En {drie}?"}}, "{drie} may not have been answered yet"),
        ({"een": {"ask": "En {vier}?"}}, "{vier} is no step"),
        ({"drie": {"ask": "Wat doet {other}?"}}, "trust in oneself"),
        ({"other": {"ask": "Wat?"}}, "no name for a step"),
    ],
)  # fmt: skip
def test_what_does_not_hold_is_found(changes: dict[str, Any], expected: str) -> None:
    assert expected in found(exercise(steps=steps(**changes)))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"result": [{"text": "{een}, {twee}"}]}, "the answer to drie is used nowhere"),
        ({"result": [{"text": "{twee} {een}"}, {"text": "{drie}"}]}, "may be empty"),
        ({"closing": "Klaar: {een}."}, "knows no answers"),
        ({"result": [{"text": "{een}"}, {"text": "{twee} {drie} {zes}"}]}, "{zes} is no step"),
    ],
)
def test_a_result_that_does_not_hold_is_found(changes: dict[str, Any], expected: str) -> None:
    assert expected in found(exercise(**changes))


def test_a_path_of_more_than_seven_steps_is_too_long() -> None:
    long = {f"stap{n}": {"ask": "Wat?", "skip": False} for n in range(8)}
    result = [{"text": " ".join(f"{{{name}}}" for name in long)}]
    assert "8 to 8 steps" in found(exercise(steps=long, result=result))
