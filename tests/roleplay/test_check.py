"""What `./tevoet content check` finds in a case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from bot.roleplay.check import findings
from bot.roleplay.paths import explore
from bot.roleplay.scenario import STYLES, Scenario, StyleFile
from tests.roleplay import example

TIPS = {"gooi_het_open", "durf_te_delen"}


def told(changed: dict[str, Any]) -> list[str]:
    return [text for _, text in findings(example.scenario(changed), example.STYLES, TIPS)]


def seat(raw: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = raw["seats"]["noor"]
    return found


def scene(raw: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = seat(raw)["scenes"][0]
    return found


def another(raw: dict[str, Any], name: str, **fields: Any) -> dict[str, Any]:
    """A second scene, with lines of its own."""
    new = {
        **scene(example.raw()),
        "id": name,
        "says": [f"Zeg maar iets over {name}."],
        "replies": {style: [f"{name} {style}."] for style in STYLES},
        **fields,
    }
    seat(raw)["scenes"].append(new)
    return new


def test_the_example_of_the_documentation_is_in_order() -> None:
    assert told(example.raw()) == []


def _circle(raw: dict[str, Any]) -> None:
    scene(raw)["next"] = [{"to": "winkel"}]
    another(raw, "winkel", next=[{"to": "fiets"}])


MISTAKES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "a style without an answer": (
        lambda raw: scene(raw)["replies"].pop("contempt"),
        "noor: fiets does not answer contempt",
    ),
    "a dead end": (
        lambda raw: scene(raw)["next"].pop(),
        "noor: fiets: the last way has a condition",
    ),
    "a way to nowhere": (
        lambda raw: scene(raw)["next"].append({"to": "winkel"}),
        "noor: fiets leads to winkel: not there",
    ),
    "a way that is never taken": (
        lambda raw: scene(raw)["next"].append({"to": "samen"}),
        "noor: fiets never goes to samen",
    ),
    "a way that needs too much": (
        lambda raw: scene(raw)["next"].insert(0, {"to": "samen", "when": {"trust": [19, 20]}}),
        "noor: fiets never goes to samen",
    ),
    "a scene that nothing leads to": (
        lambda raw: another(raw, "winkel", next=[{"to": "stil"}]),
        "noor: winkel cannot be reached",
    ),
    "an ending that nothing leads to": (
        lambda raw: scene(raw).update(next=[{"to": "stil"}]),
        "noor: samen cannot be reached",
    ),
    "scenes in a circle": (_circle, "noor: goes round in a circle: fiets > winkel > fiets"),
    "a line for a trust that never comes": (
        lambda raw: scene(raw)["replies"]["contempt"].append(
            {"text": "Wat aardig.", "when": {"trust": [15, 20]}}
        ),
        "noor: fiets/contempt never says: Wat aardig.",
    ),
    "no line for some trust": (
        lambda raw: scene(raw)["replies"].update(
            contempt=[{"text": "Zo.", "when": {"trust": [0, 2]}}]
        ),
        "noor: fiets/contempt has no line for some trust and openness",
    ),
    "no line when nothing is read": (
        lambda raw: scene(raw)["replies"].update(
            other=[{"text": "Zo.", "when": {"reads": ["feeling"]}}]
        ),
        "noor: fiets/other has no line for some trust and openness",
    ),
    "farewells for good days only": (
        lambda raw: seat(raw)["endings"][1].update(
            says=[{"text": "Dag.", "when": {"trust": [5, 20]}}]
        ),
        "noor: stil/says has no line for some trust and openness",
    ),
    "a line that stands there twice": (
        lambda raw: seat(raw)["asides"].append("Zeg eens iets."),
        "noor: silences says the same as asides: Zeg eens iets.",
    ),
    "a scene of the same name": (
        lambda raw: another(raw, "fiets"),
        "noor: fiets is used twice",
    ),
    "a tip that is not there": (
        lambda raw: seat(raw)["endings"][0].update(tips=["tien"]),
        "noor: samen: tien is no tip",
    ),
    "a way out to a scene": (
        lambda raw: seat(raw).update(breaks=[{"to": "fiets", "when": {"trust": [0, 1]}}]),
        "noor: fiets is no ending",
    ),
    "a way out without a reason": (
        lambda raw: seat(raw).update(breaks=[{"to": "stil"}]),
        "noor: a way out needs a condition",
    ),
    "a way out that is never taken": (
        lambda raw: seat(raw).update(breaks=[{"to": "stil", "when": {"trust": [20, 20]}}]),
        "noor: never goes to stil",
    ),
    "adrift to a scene": (
        lambda raw: seat(raw).update(adrift="fiets"),
        "noor: fiets is no ending",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_found(name: str) -> None:
    change, text = MISTAKES[name]
    raw = example.raw()
    change(raw)
    assert text in told(raw)


@pytest.mark.parametrize(
    "when",
    [
        {"trust": [3, 2]},
        {"trust": [0, 21]},
        {"openness": [-1, 4]},
        {"openness": [0, 11]},
        {"reads": ["feeling"], "lacks": ["feeling"]},
        {"reads": ["weather"]},
        {"heard": ["shouting"]},
        {"mood": "good"},
    ],
)
def test_a_condition_that_cannot_be_is_refused(when: dict[str, Any]) -> None:
    raw = example.raw()
    scene(raw)["replies"]["other"] = [{"text": "Zo.", "when": when}]
    with pytest.raises(ValidationError):
        Scenario.model_validate(raw)


def test_a_missing_style_in_the_table_is_refused() -> None:
    styles = {name: info.model_dump() for name, info in example.STYLES.items()}
    del styles["contempt"]
    with pytest.raises(ValidationError, match="styles are missing: contempt"):
        StyleFile.model_validate({"styles": styles})


def test_a_finding_says_where_it_stands() -> None:
    raw = example.raw()
    scene(raw)["replies"]["contempt"].append({"text": "Wat aardig.", "when": {"trust": [15, 20]}})
    [(path, _)] = findings(example.scenario(raw), example.STYLES, TIPS)
    assert path == ("seats", "noor", "scenes", 0, "replies", "contempt", 1)


def test_every_state_that_lines_lead_to_is_walked() -> None:
    paths = explore(example.case())
    assert paths.scenes == {"fiets"}
    assert paths.endings == {"samen", "stil"}
    # From 8: contempt takes four, criticism three here; a good line brings up to three.
    assert min(paths.trust_at_end["stil"]) == 4
    assert paths.trust_at_end["samen"] == {9, 10, 11}
