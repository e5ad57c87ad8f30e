"""No way round a gate: every path to a tip, a question, an exercise or a role-play is walked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from bot.content import Content
from bot.content_files import RedFlag
from bot.conversation.steps import (
    STEP_BY_KEY,
    Acknowledge,
    Ask,
    Bridge,
    Clarify,
    Do,
    ExplainTip,
    Feedback,
    GiveTip,
    Recall,
    Safety,
    Say,
    Step,
    Summarise,
    TellMore,
)
from bot.conversation.understanding import NO_CRISIS, Understanding
from bot.skills import gates, registry, safety
from bot.skills.context import TurnContext
from bot.skills.reply import Reply
from nlu.facts import ANY_RELATION, Facts, GivenTip, Hold
from nlu.policies.ranking import Situation, rank

NOW = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
FLAGS: tuple[str, ...] = get_args(RedFlag)
RELATIONS = ("partner", "ex", "colleague", "friend", "parent", "self", None)
HOLDS = [Hold("ask", "suicide"), Hold("ask", "violence"), Hold("act", "suicide")]
HOLDS += [Hold("act", kind, asked) for kind in ("violence", "child") for asked in ("", "choose")]


class Remembers:
    """A chat whose last tip is known, so that nothing stops for lack of one."""

    def __getattr__(self, name: str) -> Any:
        async def nothing(*args: Any, **options: Any) -> None:
            return None

        return nothing

    async def last_given(self, chat_id: int, tip_id: str) -> tuple[Any, dict[str, Any]]:
        class Row:
            helped = None

        Row.tip_id = tip_id
        return Row(), {"concern": "lied_to", "reasons": [["concern", 0.9]]}

    async def plan(self, chat_id: int) -> dict[int, str]:
        return {1: "wandelen"}


class Holds:
    """Has this of every chat."""

    def __init__(self, kept: Any) -> None:
        self._kept = kept

    async def of_chat(self, chat_id: int) -> Any:
        return self._kept


def turn_of(content: Content, facts: Facts, flags: tuple[str, ...] = (), **slots: Any) -> Any:
    return TurnContext(
        chat_id=1,
        turn_id=1,
        now=NOW,
        content=content,
        chats=Remembers(),  # type: ignore[arg-type]
        saved=Holds([tip.id for tip in content.tips]),  # type: ignore[arg-type]
        everything=Holds({}),  # type: ignore[arg-type]
        plans=Remembers(),  # type: ignore[arg-type]
        schedules=Remembers(),  # type: ignore[arg-type]
        entries=Remembers(),  # type: ignore[arg-type]
        roleplays=Remembers(),  # type: ignore[arg-type]
        exercises=Remembers(),  # type: ignore[arg-type]
        agreements=Remembers(),  # type: ignore[arg-type]
        review=Remembers(),  # type: ignore[arg-type]
        facts=facts,
        understanding=Understanding(crisis={**NO_CRISIS, "flags": list(flags)}),
        slots=slots,
        contact_url="https://coach.example",
    )


def every_step(content: Content) -> Iterator[Step]:
    """Every Step that there is, with everything that it can be about."""
    yield from (GiveTip(tip.id) for tip in content.tips)
    yield from (ExplainTip(tip.id) for tip in content.tips)
    for tip in content.tips:
        yield from (TellMore(tip.id), Recall(tip.id), Summarise(tip.id))
    yield from (Ask(question) for question in content.question_by_id)
    for concern in content.concerns:
        yield from (Acknowledge(concern), Bridge(concern))
    yield Clarify(",".join(list(content.concerns)[:3]))
    yield from (Feedback("helped"), Feedback("unhelped"))
    yield from (Do(action) for action in registry.DO)
    yield from (Say(key) for key in content.messages if not content.messages[key].params)


def test_no_sort_of_step_is_left_out(content: Content) -> None:
    walked = {type(step) for step in every_step(content)} | {Safety}
    assert walked >= set(STEP_BY_KEY.values()) & {
        Say, Acknowledge, Ask, Bridge, GiveTip, ExplainTip, TellMore, Recall, Summarise, Clarify,
        Feedback, Safety, Do,
    }  # fmt: skip
    # A Step that a new skill brings is not named above: it must be frozen all the same.

    class NewStep:
        action = "dance"

    for hold in HOLDS:
        turn = turn_of(content, Facts(NOW, hold=hold))
        assert isinstance(gates.frozen(NewStep(), turn), Safety)  # type: ignore[arg-type]


async def say_it(step: Step, turn: TurnContext) -> list[Reply]:
    """What comes out of a Step, on the way that every Step goes."""
    turn.slots.setdefault("tip_id", "wat_wel")
    return await gates.let_through(await registry.carry_out(step, turn), turn)


def advises(content: Content, replies: list[Reply]) -> list[str]:
    """What a reply holds of tips, questions, exercises or scenarios, also in its words."""
    found = [key for r in replies for key in r.keys if key.partition(".")[0] in gates.SORTS]
    found = [key for key in found if "." in key]
    found += [r.tip_id for r in replies if r.tip_id]
    text = "\n".join(r.text for r in replies)
    found += [tip.id for tip in content.tips if tip.message in text or tip.step in text]
    return found + [q.id for q in content.question_by_id.values() if q.text in text]


@pytest.mark.parametrize("hold", HOLDS, ids=str)
async def test_no_path_leads_past_a_hold(
    content: Content, hold: Hold, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stands_in(turn: TurnContext) -> list[Reply]:
        return [await turn.say("hold")]

    for action in ("hold", "ask_again"):
        monkeypatch.setitem(safety.ACTIONS, action, stands_in)
    given = tuple(GivenTip(tip.id, NOW) for tip in content.tips)
    walked = 0
    for step in every_step(content):
        facts = Facts(NOW, hold=hold, given=given)
        replies = await say_it(step, turn_of(content, facts, concern="lied_to"))
        assert advises(content, replies) == [], step
        presses = [b.press for r in replies for row in r.buttons for b in row]
        assert not [p for p in presses if p.startswith(("tip:", "coach:", "mean:"))], step
        walked += 1
    assert walked > 350


@pytest.mark.parametrize("flag", FLAGS)
async def test_no_path_leads_past_a_red_flag(content: Content, flag: str) -> None:
    """Raised before or said in this message, about this relation, or about nobody in particular."""
    gate = content.gates[flag]
    closed = {t.id for t in content.tips if gate.withholds("tips", t.id)}
    asked = {q for q in content.question_by_id if gate.withholds("questions", q)}
    assert closed
    assert asked
    raised = [
        (Facts(NOW, gates={"partner": frozenset({flag})}), (), "partner"),
        (Facts(NOW, gates={"partner": frozenset({flag})}), (), None),
        (Facts(NOW, gates={ANY_RELATION: frozenset({flag})}), (), "colleague"),
        (Facts(NOW), (flag,), "friend"),
    ]
    for facts, flags, relation in raised:
        for tip in content.tips:
            for step in (GiveTip(tip.id), ExplainTip(tip.id), TellMore(tip.id)):
                turn = turn_of(content, facts, flags, relation=relation, concern="lied_to")
                said = advises(content, await say_it(step, turn))
                assert bool(said) == (tip.id not in closed), (step, said)
            if tip.id in closed:
                past = replace(facts, given=(GivenTip(tip.id, NOW),))
                for step in (Recall(tip.id), Summarise(tip.id)):
                    turn = turn_of(content, past, flags, relation=relation, concern="lied_to")
                    assert not [r for r in await say_it(step, turn) if tip.title in r.text], step
        for question in content.question_by_id:
            turn = turn_of(content, facts, flags, relation=relation)
            said = advises(content, await say_it(Ask(question), turn))
            assert bool(said) == (question not in asked), (question, said)
        turn = turn_of(content, facts, flags, relation=relation)
        for action in ("list_tips", "saved_tips"):
            for listed in await say_it(Do(action), turn):
                offered = {b.press.removeprefix("tip:") for row in listed.buttons for b in row}
                assert not offered & closed


@pytest.mark.parametrize("flag", FLAGS)
def test_the_ranking_never_offers_what_is_withheld(content: Content, flag: str) -> None:
    for concern in (*content.concerns, None):
        ranking = rank(content.tips, Situation(Facts(NOW), concern, frozenset({flag})))
        assert not [s.tip.id for s in ranking if content.withholds({flag}, "tips", s.tip.id)]


async def test_a_gate_about_one_relation_leaves_the_others_free(content: Content) -> None:
    facts = Facts(NOW, gates={"partner": frozenset({"violence", "control"})})
    colleague = turn_of(content, facts, relation="colleague")
    assert advises(content, await say_it(GiveTip("gooi_het_open"), colleague))
    partner = turn_of(content, facts, relation="partner")
    assert not advises(content, await say_it(GiveTip("gooi_het_open"), partner))


@pytest.mark.parametrize("key", ["tip.gooi_het_open", "ask.gooi_het_open.plek", "why.vergeef",
                                 "exercise.brief", "scenario.omgang"])  # fmt: skip
async def test_a_reply_that_no_step_announced_is_stopped_at_the_door(
    content: Content, key: str
) -> None:
    """A skill that says what it likes, past the Steps, in a message joined with others."""
    sneaky = Reply(("greet", key), "Hoi. Praat het uit.")
    harmless = Reply(("greet",), "Hoi.")
    facts = Facts(NOW, gates={"partner": frozenset({"violence"})})
    turn = turn_of(content, facts, relation="partner")
    through = await gates.let_through([harmless, sneaky], turn)
    assert [reply.keys for reply in through] == [("greet",), ("no_safe_tip",)]
    turn = turn_of(content, Facts(NOW, hold=Hold("act", "suicide")))
    assert sneaky not in await gates.let_through([sneaky], turn)
    assert await gates.let_through([sneaky], turn_of(content, Facts(NOW))) == [sneaky]


async def test_danger_in_this_very_message_counts_as_a_hold(content: Content) -> None:
    turn = turn_of(content, Facts(NOW))
    turn.understanding.crisis["level"] = "ask"
    tip = Reply(("tip.wat_wel",), "Een tip.", tip_id="wat_wel")
    assert [r.keys for r in await gates.let_through([tip], turn)] == [("no_safe_tip",)]
