"""Which red flags count for whom the user talks about."""

from __future__ import annotations

from datetime import UTC, datetime

from nlu.facts import ANY_RELATION, Facts

NOW = datetime(2026, 11, 22, tzinfo=UTC)
GATES = {
    "partner": frozenset({"violence", "control"}),
    "parent": frozenset({"fear"}),
    ANY_RELATION: frozenset({"minor"}),
}


def test_a_known_relation_has_its_own_flags_and_those_of_nobody_in_particular() -> None:
    assert Facts(NOW, gates=GATES).red_flags("partner") == {"violence", "control", "minor"}


def test_flags_about_somebody_else_do_not_count() -> None:
    assert Facts(NOW, gates=GATES).red_flags("colleague") == {"minor"}
    assert "fear" not in Facts(NOW, gates=GATES).red_flags("partner")


def test_when_nobody_was_named_every_flag_counts() -> None:
    assert Facts(NOW, gates=GATES).red_flags(None) == {"violence", "control", "fear", "minor"}


def test_without_gates_there_are_no_flags() -> None:
    assert Facts(NOW).red_flags(None) == frozenset()
    assert Facts(NOW).red_flags("partner") == frozenset()
