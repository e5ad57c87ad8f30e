"""The ranking of tips, as properties that hold whatever the situation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from benchmarks.ranking import median_seconds
from bot.content import Content, Question, Tip
from nlu.facts import Facts, GivenTip
from nlu.policies.ranking import ScoredTip, Situation, rank

NOW = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
FLAGS = (
    "suicide", "violence", "control", "fear", "child", "harm_other", "minor", "delusion",
    "stalking",
)  # fmt: skip
CONCERNS = ("lied_to", "cheated_on", "broke_trust", "blame")
WEIGHTS = st.integers(0, 10).map(lambda tenths: tenths / 10)


def make_tip(number: int, **values: object) -> Tip:
    return Tip.model_validate(
        {
            "id": f"tip_{number}",
            "number": number,
            "title": "t",
            "short": "t",
            "message": "m",
            "why": "w",
            "step": "s",
            "more": "m",
            "questions": [Question(id=f"tip_{number}.{n}", text="q") for n in "abc"],
            "helps_with": {},
            "audience": "both",
            **values,
        }
    )


@st.composite
def some_tips(draw: st.DrawFn, at_least: int = 1) -> list[Tip]:
    numbers = draw(st.sets(st.integers(1, 15), min_size=at_least, max_size=6))
    return [
        make_tip(
            number,
            helps_with=draw(st.dictionaries(st.sampled_from(CONCERNS), WEIGHTS)),
            audience=draw(st.sampled_from(["hurt", "breaker", "both"])),
            unsafe_when=sorted(draw(st.sets(st.sampled_from(FLAGS), max_size=2))),
            not_first_for=sorted(draw(st.sets(st.sampled_from(CONCERNS), max_size=2))),
            when_intense=draw(st.sampled_from([-0.15, 0.0, 0.1])),
        )
        for number in numbers
    ]


def histories(tip_ids: list[str]) -> st.SearchStrategy[tuple[GivenTip, ...]]:
    """Tips given before, newest first."""
    entry = st.tuples(
        st.sampled_from(tip_ids),
        st.floats(0, 40, allow_nan=False),
        st.sampled_from([None, True, False]),
    )
    return st.lists(entry, max_size=8).map(
        lambda entries: tuple(
            GivenTip(tip_id, NOW - timedelta(days=days), helped)
            for tip_id, days, helped in sorted(entries, key=lambda e: e[1])
        )
    )


@st.composite
def situations(draw: st.DrawFn, tips: list[Tip]) -> Situation:
    ids = [tip.id for tip in tips]
    counts = st.tuples(st.integers(0, 50), st.integers(0, 50))
    pooled = st.dictionaries(
        st.tuples(st.sampled_from(CONCERNS), st.sampled_from(ids)), counts, max_size=6
    )
    return Situation(
        Facts(NOW, given=draw(histories(ids)), pooled=draw(pooled)),
        concern=draw(st.sampled_from([None, *CONCERNS])),
        flags=draw(st.frozensets(st.sampled_from(FLAGS), max_size=2)),
        side=draw(st.sampled_from([None, "hurt", "breaker"])),
        tried=draw(st.frozensets(st.sampled_from(ids), max_size=2)),
        wished=draw(st.frozensets(st.sampled_from(ids), max_size=2)),
        intense=draw(st.booleans()),
        first=draw(st.booleans()),
    )


def score_of(ranking: list[ScoredTip], tip: Tip) -> float:
    return next(scored.score for scored in ranking if scored.tip.id == tip.id)


def order_of(ranking: list[ScoredTip]) -> list[str]:
    return [scored.tip.id for scored in ranking]


@given(st.data())
def test_a_tip_is_offered_when_and_only_when_no_flag_makes_it_unsafe(data: st.DataObject) -> None:
    tips = data.draw(some_tips())
    situation = data.draw(situations(tips))
    offered = set(order_of(rank(tips, situation)))
    assert offered == {tip.id for tip in tips if not set(tip.unsafe_when) & situation.flags}


@given(st.data())
def test_neither_the_order_of_tips_nor_that_of_any_dictionary_counts(data: st.DataObject) -> None:
    tips = data.draw(some_tips())
    situation = data.draw(situations(tips))

    def shuffled(values: Mapping[Any, Any]) -> dict[Any, Any]:
        return dict(data.draw(st.permutations(list(values.items()))))

    others = [
        tip.model_copy(update={"helps_with": shuffled(tip.helps_with)})
        for tip in data.draw(st.permutations(tips))
    ]
    facts = replace(situation.facts, pooled=shuffled(situation.facts.pooled))
    found = rank(others, replace(situation, facts=facts))
    assert [(s.tip.id, s.score) for s in found] == [
        (s.tip.id, pytest.approx(s.score)) for s in rank(tips, situation)
    ]


@given(flags=st.frozensets(st.sampled_from(FLAGS)), concern=st.sampled_from(CONCERNS))
def test_no_real_tip_passes_its_own_gate(
    content: Content, flags: frozenset[str], concern: str
) -> None:
    ranking = rank(content.tips, Situation(Facts(NOW), concern, flags))
    assert not [s.tip.id for s in ranking if set(s.tip.unsafe_when) & flags]


@given(st.data())
def test_the_tip_given_last_stands_last(data: st.DataObject) -> None:
    tips = data.draw(some_tips(at_least=2))
    situation = data.draw(situations(tips))
    order = order_of(rank(tips, situation))
    assume(situation.facts.given and situation.facts.given[0].tip_id in order)
    assert order[-1] == situation.facts.given[0].tip_id


@given(st.data())
def test_a_wish_brings_a_tip_forward_and_what_was_tried_comes_later(data: st.DataObject) -> None:
    tips = data.draw(some_tips(at_least=2))
    neutral = replace(
        data.draw(situations(tips)), wished=frozenset(), tried=frozenset(), flags=frozenset()
    )
    tip = data.draw(st.sampled_from(tips))
    wished = rank(tips, replace(neutral, wished=frozenset({tip.id})))
    tried = rank(tips, replace(neutral, tried=frozenset({tip.id})))
    score = score_of(rank(tips, neutral), tip)
    assert score_of(tried, tip) < score < score_of(wished, tip)
    places = [order_of(ranking).index(tip.id) for ranking in (wished, rank(tips, neutral), tried)]
    assert places == sorted(places)


@given(st.data())
def test_only_who_is_overwhelmed_gets_what_asks_little_sooner(data: st.DataObject) -> None:
    tips = data.draw(some_tips())
    calm = replace(data.draw(situations(tips)), flags=frozenset(), intense=False)
    for scored in rank(tips, replace(calm, intense=True)):
        before = score_of(rank(tips, calm), scored.tip)
        assert math.isclose(scored.score, before + scored.tip.when_intense, abs_tol=1e-9)


@given(st.data())
def test_a_dislike_makes_a_tip_sink_and_leaves_the_others_in_their_order(
    data: st.DataObject,
) -> None:
    tips = data.draw(some_tips(at_least=2))
    before = data.draw(situations(tips))
    disliked = data.draw(st.sampled_from(tips))
    assume(disliked.id in order_of(rank(tips, before)))
    given_at = NOW - timedelta(days=data.draw(st.floats(41, 60)))

    def with_verdict(helped: bool | None) -> list[ScoredTip]:
        others = tuple(g for g in before.facts.given if g.tip_id != disliked.id)
        facts = Facts(
            NOW,
            given=(*others, GivenTip(disliked.id, given_at, helped)),
            pooled=before.facts.pooled,
        )
        return rank(tips, replace(before, facts=facts))

    neutral, sunk = with_verdict(None), with_verdict(False)
    assert score_of(sunk, disliked) <= score_of(neutral, disliked) - 0.5
    assert order_of(sunk).index(disliked.id) >= order_of(neutral).index(disliked.id)
    assert [i for i in order_of(sunk) if i != disliked.id] == [
        i for i in order_of(neutral) if i != disliked.id
    ]


def test_a_disliked_tip_falls_behind_a_tip_that_fits_half_as_well() -> None:
    good = make_tip(1, helps_with={"lied_to": 1.0})
    fair = make_tip(2, helps_with={"lied_to": 0.5})
    other = make_tip(3)
    long_ago = NOW - timedelta(days=90)

    def order(helped: bool | None) -> list[str]:
        given = (GivenTip("tip_3", NOW), GivenTip("tip_1", long_ago, helped))
        return order_of(rank([good, fair, other], Situation(Facts(NOW, given=given), "lied_to")))

    assert order(None) == ["tip_1", "tip_2", "tip_3"]
    assert order(False) == ["tip_2", "tip_1", "tip_3"]


def test_the_newest_verdict_on_a_tip_counts_also_when_it_was_given_again_without_one() -> None:
    tip = make_tip(1, helps_with={"lied_to": 0.5})
    given = (
        GivenTip("tip_1", NOW - timedelta(days=1)),
        GivenTip("tip_1", NOW - timedelta(days=2), helped=False),
        GivenTip("tip_1", NOW - timedelta(days=3), helped=True),
    )
    [scored] = rank([tip], Situation(Facts(NOW, given=given), "lied_to"))
    assert "not_for_you" in [reason.code for reason in scored.reasons]
    assert "helped_you" not in [reason.code for reason in scored.reasons]


@given(st.data())
def test_the_order_of_the_tips_that_come_in_does_not_matter(data: st.DataObject) -> None:
    tips = data.draw(some_tips())
    situation = data.draw(situations(tips))
    shuffled = data.draw(st.permutations(tips))
    assert rank(shuffled, situation) == rank(tips, situation)


@given(st.data())
def test_a_score_is_the_sum_of_its_reasons_and_each_reason_is_named_once(
    data: st.DataObject,
) -> None:
    tips = data.draw(some_tips())
    for scored in rank(tips, data.draw(situations(tips))):
        codes = [reason.code for reason in scored.reasons]
        assert len(codes) == len(set(codes))
        assert math.isclose(scored.score, math.fsum(r.value for r in scored.reasons), abs_tol=1e-9)


def test_the_reasons_of_a_known_situation_are_these() -> None:
    tip = make_tip(1, helps_with={"lied_to": 0.7}, audience="hurt", not_first_for=["lied_to"])
    facts = Facts(
        NOW,
        given=(GivenTip("tip_1", NOW - timedelta(days=7), helped=True),),
        pooled={("lied_to", "tip_1"): (6, 0)},
    )
    [scored] = rank([tip], Situation(facts, "lied_to", side="hurt"))
    assert {reason.code: round(reason.value, 4) for reason in scored.reasons} == {
        "concern": 0.7,
        "too_soon": -4.0,
        "pooled": 0.12,
        "audience": 0.1,
        "given_before": -0.5886,
        "helped_you": 0.1,
    }


@settings(max_examples=300)
@given(st.data())
def test_a_tip_that_comes_too_soon_is_never_first_while_another_can_be(
    content: Content, data: st.DataObject
) -> None:
    concern = data.draw(st.sampled_from(sorted(content.concerns)))
    given = data.draw(histories([tip.id for tip in content.tips]))
    flags = data.draw(st.frozensets(st.sampled_from(FLAGS), max_size=1))
    ranking = rank(content.tips, Situation(Facts(NOW, given=given), concern, flags, first=True))
    last = given[0].tip_id if given else None
    timely = [s for s in ranking if concern not in s.tip.not_first_for and s.tip.id != last]
    assume(timely)
    assert concern not in ranking[0].tip.not_first_for


def test_even_after_all_other_tips_were_disliked_a_tip_does_not_come_too_soon() -> None:
    tips = [
        make_tip(1, helps_with={"lied_to": 1.0}, not_first_for=["lied_to"]),
        make_tip(2, audience="breaker"),
        make_tip(3),
    ]
    facts = Facts(
        NOW,
        given=(GivenTip("tip_3", NOW), GivenTip("tip_2", NOW, helped=False)),
        pooled={("lied_to", "tip_1"): (1000, 0), ("lied_to", "tip_2"): (0, 1000)},
    )
    assert order_of(rank(tips, Situation(facts, "lied_to", side="hurt"))) == [
        "tip_2",
        "tip_1",
        "tip_3",
    ]


def test_a_tip_that_came_too_soon_may_come_later() -> None:
    late = make_tip(1, helps_with={"lied_to": 0.9}, not_first_for=["lied_to"])
    early = make_tip(2, helps_with={"lied_to": 0.4})
    first = Situation(Facts(NOW), "lied_to", first=True)
    later = Situation(Facts(NOW), "lied_to", first=False)
    assert order_of(rank([late, early], first)) == ["tip_2", "tip_1"]
    assert order_of(rank([late, early], later)) == ["tip_1", "tip_2"]


@given(st.floats(0, 60), st.floats(0, 60))
def test_a_tip_becomes_new_again_over_the_days(one: float, other: float) -> None:
    tip = make_tip(1, helps_with={"lied_to": 0.5})

    def score(days: float) -> float:
        given = (GivenTip("tip_1", NOW - timedelta(days=days)),)
        return rank([tip], Situation(Facts(NOW, given=given), "lied_to"))[0].score

    never = rank([tip], Situation(Facts(NOW), "lied_to"))[0].score
    assert score(min(one, other)) <= score(max(one, other)) < never
    assert score(0) <= never - 0.5
    assert score(60) >= never - 0.01


def test_a_clock_that_went_back_does_not_make_a_tip_worse_than_just_given() -> None:
    tip = make_tip(1, helps_with={"lied_to": 0.5})
    ahead = (GivenTip("tip_1", NOW + timedelta(days=30)),)
    just = (GivenTip("tip_1", NOW),)
    assert (
        rank([tip], Situation(Facts(NOW, given=ahead), "lied_to"))[0].score
        == rank([tip], Situation(Facts(NOW, given=just), "lied_to"))[0].score
    )


@given(WEIGHTS, WEIGHTS, st.booleans())
def test_one_vote_never_turns_a_clear_difference_around(
    better: float, worse: float, for_the_worse: bool
) -> None:
    assume(better - worse >= 0.1 - 1e-9)
    tips = [make_tip(1, helps_with={"lied_to": worse}), make_tip(2, helps_with={"lied_to": better})]
    votes = {("lied_to", "tip_1"): (1, 0)} if for_the_worse else {("lied_to", "tip_2"): (0, 1)}
    order = order_of(rank(tips, Situation(Facts(NOW, pooled=votes), "lied_to")))
    assert order == ["tip_2", "tip_1"]


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_votes_count_in_their_direction_and_within_bounds(helped: int, unhelped: int) -> None:
    tip = make_tip(1, helps_with={"lied_to": 0.5})

    def moved(votes: tuple[int, int]) -> float:
        facts = Facts(NOW, pooled={("lied_to", "tip_1"): votes})
        return rank([tip], Situation(facts, "lied_to"))[0].score - 0.5

    assert abs(moved((helped, unhelped))) <= 0.2
    assert moved((helped + 1, unhelped)) > moved((helped, unhelped + 1))
    assert abs(moved((1, 0))) <= 0.05
    assert moved((40, 0)) >= 0.15


def test_votes_of_another_concern_do_not_count() -> None:
    tip = make_tip(1, helps_with={"lied_to": 0.5})
    facts = Facts(NOW, pooled={("blame", "tip_1"): (50, 0)})
    assert rank([tip], Situation(facts, "lied_to"))[0].score == pytest.approx(0.5)


def test_without_a_concern_the_tip_that_fits_most_comes_first() -> None:
    narrow = make_tip(1, helps_with={"lied_to": 1.0})
    broad = make_tip(2, helps_with={"lied_to": 0.5, "blame": 0.5, "cheated_on": 0.5})
    assert order_of(rank([narrow, broad], Situation(Facts(NOW)))) == ["tip_2", "tip_1"]


def test_a_tip_for_the_other_side_sinks_and_one_for_both_does_not() -> None:
    both = make_tip(1, helps_with={"blame": 0.5})
    hurt = make_tip(2, helps_with={"blame": 0.6}, audience="hurt")
    assert order_of(rank([both, hurt], Situation(Facts(NOW), "blame"))) == ["tip_2", "tip_1"]
    breaker = Situation(Facts(NOW), "blame", side="breaker")
    assert order_of(rank([both, hurt], breaker)) == ["tip_1", "tip_2"]


def test_ranking_takes_less_than_two_milliseconds(content: Content) -> None:
    assert median_seconds(content, times=101) < 0.002
