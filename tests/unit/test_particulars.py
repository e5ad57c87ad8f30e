"""What a message tells besides its concern: it changes which tip comes first."""

from __future__ import annotations

import pytest

from bot.content import Content
from nlu.particulars import Particulars, read_particulars, read_side


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("ik ben vreemdgegaan en mijn vrouw weet het", "breaker"),
        ("Ik heb tegen haar gelogen over het geld.", "breaker"),
        ("ik heb mijn vrouw bedrogen", "breaker"),
        ("ik heb al honderd keer sorry gezegd", "breaker"),
        ("ik heb mijn man betrapt, hij is vreemdgegaan", "hurt"),
        ("ik ben degene die gelogen heeft", "breaker"),
        ("hoe kan ik zijn vertrouwen terugwinnen?", "breaker"),
        ("hij heeft maanden tegen me gelogen", "hurt"),
        ("ik ben bedrogen door mijn man", "hurt"),
        ("ik heb gehoord dat ze heeft gelogen", "hurt"),
        ("mijn zus heeft het doorverteld", "hurt"),
        ("ik heb gelogen en hij heeft ook gelogen", "both"),
        ("ik heb hem nooit bedrogen", None),
        ("ik heb niet gelogen", None),
        ("we zien elkaar alleen nog op zondag", None),
    ],
)
def test_who_broke_the_trust_is_read_from_the_words(text: str, side: str | None) -> None:
    assert read_particulars(text).side == side


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("ik werd gekwetst", "hurt"),
        ("ik kwetste hem", "breaker"),
        ("ik heb haar gekwetst", "breaker"),
        ("zij deed me pijn", "hurt"),
        ("het eerste", "hurt"),
        ("ik deed hem pijn", "breaker"),
        ("allebei", "both"),
        ("weet ik niet", "both"),
        ("gisteren in de keuken", None),
    ],
)
def test_the_question_who_broke_it_takes_a_typed_answer(text: str, side: str | None) -> None:
    assert read_side(text) == side


@pytest.mark.parametrize(
    ("text", "tried"),
    [
        ("we hebben al drie keer gepraat maar het helpt niet", {"gooi_het_open"}),
        ("we zijn al in relatietherapie geweest", {"hulp"}),
        ("we hebben toen afspraken gemaakt", {"maak_afspraken"}),
        ("we moeten nog praten", set()),
    ],
)
def test_what_was_tried_is_read_as_the_tip_that_it_is_like(text: str, tried: set[str]) -> None:
    assert read_particulars(text).tried == tried


@pytest.mark.parametrize(
    ("text", "wished"),
    [
        ("ik wil gewoon weer met hem kunnen praten", {"gooi_het_open"}),
        ("ik zou hem willen vergeven", {"vergeef"}),
        ("ik hoop op een tweede kans", {"kans"}),
        ("ik wil dat hij stopt", set()),
    ],
)
def test_a_wish_is_read_as_the_tip_that_it_is_like(text: str, wished: set[str]) -> None:
    assert read_particulars(text).wished == wished


@pytest.mark.parametrize(
    ("text", "intense"),
    [
        ("ik slaap al weken niet", True),
        ("ik lig er elke nacht wakker van", True),
        ("mijn hart bonkt als ze belt", True),
        ("ik heb goed geslapen", False),
        ("het zit me dwars", False),
    ],
)
def test_somebody_who_is_overwhelmed_is_heard(text: str, intense: bool) -> None:
    assert read_particulars(text).intense is intense


def test_what_is_told_later_adds_to_what_was_told_before() -> None:
    before = Particulars("hurt", frozenset({"hulp"}))
    after = before.with_more(Particulars("breaker", frozenset({"vergeef"}), intense=True))
    assert after == Particulars("breaker", frozenset({"hulp", "vergeef"}), frozenset(), True)
    assert Particulars.from_json(after.as_json()) == after
    assert Particulars.from_json(None) == Particulars()


def test_the_rules_name_only_tips_that_exist(content: Content) -> None:
    told = read_particulars("")
    assert told == Particulars()
    text = "ik wil praten, we hebben al afgesproken, ik hoop op een tweede kans, ik wil hulp"
    found = read_particulars(text)
    assert found.wished | found.tried
    assert found.wished | found.tried <= set(content.tip_by_id)
