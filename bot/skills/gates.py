"""The one place that says what may not be said: nothing past a hold, nothing past a red flag.

Every Step goes through `refuses` before a skill sees it, every reply through `let_through` before
it is queued. So a skill that knows nothing of safety is frozen all the same, and one that forgets
a gate is stopped at the door. What is withheld for which red flag stands in content/gates.yml.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.conversation.steps import (
    Ask,
    Do,
    ExplainTip,
    GiveTip,
    Recall,
    Safety,
    Say,
    Step,
    Summarise,
    TellMore,
)
from bot.skills.context import TurnContext
from bot.skills.reply import Reply

# What may still be done while tips are frozen; all else, also what is yet to be built, waits.
FREE_ACTIONS = frozenset(
    {
        "lines", "privacy", "confirm_erase", "erase", "confirm_export", "export",
        "export_cancelled", "country", "consent", "reach", "onboard", "confirm_withdraw",
        "withdraw", "offer_review", "review",
    }
)  # fmt: skip
FREE_WORDS = (
    "media_", "ask_country", "group_chat", "delayed", "button_past", "bot_challenge",
)  # fmt: skip
# The sort of thing that a reply holds, by how its keys begin.
SORTS = {
    "tip": "tips", "why": "tips", "more": "tips", "recall": "tips", "ask": "questions",
    "exercise": "exercises", "scenario": "scenarios",
}  # fmt: skip


def frozen(step: Step, turn: TurnContext) -> Step | None:
    """What comes in place of a Step while there is a hold; None when the Step may be done."""
    hold = turn.facts.hold
    if hold is None or isinstance(step, Safety):
        return None
    if isinstance(step, Do):
        # Who has not consented yet must be able to.
        free = step.action in FREE_ACTIONS or (step.action == "start" and not turn.facts.onboarded)
    else:
        free = isinstance(step, Say) and step.key.startswith(FREE_WORDS)
    if free:
        return None
    return Safety("ask_again" if hold.level == "ask" else "hold")


def withheld(step: Step, turn: TurnContext) -> bool:
    """Whether a red flag stands in the way of a Step."""
    match step:
        case (
            GiveTip(tip_id)
            | ExplainTip(tip_id)
            | TellMore(tip_id)
            | Recall(tip_id)
            | Summarise(tip_id)
        ):
            return turn.content.withholds(turn.flags, "tips", tip_id)
        case Ask(question_id):
            return turn.content.withholds(turn.flags, "questions", question_id)
    return False


async def let_through(replies: Sequence[Reply], turn: TurnContext) -> list[Reply]:
    """The replies of a turn without what a hold or red flag withholds.

    Args:
        replies: what the skills want to say.
        turn: the turn that they belong to.

    Returns:
        The replies that may be sent; a word about help where one was taken out.
    """
    danger = await _danger(replies, turn)
    kept: list[Reply] = []
    for reply in replies:
        things = _things(reply)
        if not any(danger or turn.content.withholds(turn.flags, *thing) for thing in things):
            kept.append(_without_buttons(reply, turn))
        elif not any("no_safe_tip" in other.keys for other in kept):
            kept.append(await turn.say("no_safe_tip"))
    return kept


async def _danger(replies: Sequence[Reply], turn: TurnContext) -> bool:
    """A danger of this very turn counts as much as a hold of before."""
    if turn.facts.hold is not None or turn.understanding.crisis["level"] != "none":
        return True
    # Asked only where it matters: most turns give advice or say nothing of the sort.
    advises = any(_things(reply) for reply in replies)
    return advises and await turn.chats.hold(turn.chat_id) is not None


def _things(reply: Reply) -> list[tuple[str, str]]:
    """The tips, questions, exercises and scenarios in a reply, each with its sort."""
    things = [thing for key in reply.keys if (thing := _thing(key))]
    return [*things, ("tips", reply.tip_id)] if reply.tip_id else things


def _thing(key: str) -> tuple[str, str] | None:
    """The tip, question, exercise or scenario that a key of a reply stands for."""
    begin, _, name = key.partition(".")
    if begin == "exercise":
        # Its questions are called "exercise.tip.step".
        name = name.partition(".")[0]
    return (SORTS[begin], name) if begin in SORTS and name else None


def _without_buttons(reply: Reply, turn: TurnContext) -> Reply:
    """A reply without buttons of tips that are withheld."""

    def shown(press: str) -> bool:
        begin, _, name = press.partition(":")
        return begin != "tip" or not turn.content.withholds(turn.flags, "tips", name)

    rows = tuple(tuple(b for b in row if shown(b.press)) for row in reply.buttons)
    return replace(reply, buttons=tuple(row for row in rows if row))
