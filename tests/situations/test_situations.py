"""The first tip fits, as two readers see it who knew nothing of the weights."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from bot.content import Content
from bot.conversation.dialogue import Dialogue
from nlu.evaluation.sets import training_lines
from nlu.facts import Facts
from nlu.particulars import read_particulars
from nlu.policies.ranking import Situation as Ranked
from nlu.policies.ranking import rank
from tests.situations.review import (
    Outcome,
    Situation,
    Verdict,
    given_before,
    play,
    read_table,
)

NOW = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)
TABLE = read_table()


async def review(some: list[Situation], dialogue: Dialogue, content: Content) -> list[Outcome]:
    return [await play(situation, dialogue, content, NOW) for situation in some]


def test_the_table_is_as_large_as_it_must_be_and_names_tips_that_exist(content: Content) -> None:
    assert len(TABLE) >= 150
    assert sum(s.held_out for s in TABLE) >= len(TABLE) // 3
    assert {s.meant for s in TABLE} >= set(content.concerns)
    for situation in TABLE:
        named = {*situation.acceptable, *situation.unacceptable}
        named |= {given.tip for given in situation.history}
        assert named <= set(content.tip_by_id), situation.id
        assert not set(situation.acceptable) & set(situation.unacceptable), situation.id


def test_no_situation_stands_in_the_training_data() -> None:
    trained = {text.casefold() for text, _ in training_lines()}
    assert not {s.message.casefold() for s in TABLE} & trained


@pytest.mark.parametrize("held_out", [False, True], ids=["read", "held out"])
async def test_the_first_tip_is_acceptable(
    dialogue: Dialogue, content: Content, held_out: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes = await review([s for s in TABLE if s.held_out == held_out], dialogue, content)
    counts = Counter(outcome.verdict for outcome in outcomes)
    given = [o for o in outcomes if o.verdict is not Verdict.NONE]
    with capsys.disabled():
        name = "held out" if held_out else "read"
        print(f"\nsituations {name}: " + ", ".join(f"{v} {counts[v]}" for v in Verdict))
    # The goal is 0.95, none unacceptable and nobody left without a tip where advice is safe. What
    # stands here is what was reached: it may not get worse (docs/decisions/0013).
    assert counts[Verdict.ACCEPTABLE] >= 0.75 * len(given)
    assert counts[Verdict.UNACCEPTABLE] <= 0.10 * len(outcomes)
    left = [o for o in outcomes if o.verdict is Verdict.NONE and not o.situation.may_be_none]
    assert len(left) <= 0.33 * len(outcomes)


def test_by_its_meaning_alone_a_situation_gets_an_acceptable_tip(content: Content) -> None:
    """The ranking by itself, told what the author of a situation meant."""
    verdicts = Counter()
    for situation in TABLE:
        if situation.held_out or situation.may_be_none or situation.meant not in content.concerns:
            continue
        facts = Facts(now=NOW, given=given_before(situation, NOW))
        told = read_particulars(situation.message).with_more(read_particulars(situation.answer))
        ranked = Ranked.of(facts, content, situation.meant, frozenset(), told)
        best = rank(content.tips, ranked)[0]
        verdicts[Outcome(situation, (), best.tip.id).verdict] += 1
    assert verdicts[Verdict.UNACCEPTABLE] == 0
    assert verdicts[Verdict.ACCEPTABLE] >= 0.95 * verdicts.total()
