"""Step by step through a hard moment: coming back to the room, and a safety plan of one's own.

The plan's steps stand in Stanley and Brown's order (Safety Planning Intervention, 2012). Every
step carries its number on its buttons, so that an old one still works; what is typed answers the
step that was asked last. None of it counts as a tip, and it goes on during a hold.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from bot.conversation.steps import Safety, Step
from bot.skills.context import TurnContext
from bot.skills.helplines import with_lines
from bot.skills.reply import Reply

GROUND, PLAN = "ground", "plan"
SENSES = 5  # five things to see, then four to touch, down to one to taste
PLAN_STEPS = 6
# The step of the plan that names people whose work is helping.
PROFESSIONALS = 5
ANSWER_CHARACTERS = 500


async def step_aside(turn: TurnContext, steps: Sequence[Step]) -> None:
    """What is done next is no step of it: then what is typed answers no step either."""
    goes_on = any(isinstance(s, Safety) and s.action.partition(":")[0] in ACTIONS for s in steps)
    if turn.facts.guide and not goes_on:
        await turn.plans.end_guide(turn.chat_id)


async def typed(turn: TurnContext, argument: str) -> list[Reply]:
    """An answer to the step that was asked last; the next step follows."""
    guide = turn.facts.guide
    if guide is None:
        return [await turn.say("button_past")]
    if guide.what == GROUND:
        return await ground(turn, str(guide.step - 1))
    await keep_typed(turn)
    return await plan_at(turn, str(guide.step + 1))


async def keep_typed(turn: TurnContext) -> None:
    """Keep what was typed as the answer to the plan's open step, when the user wanted that."""
    guide = turn.facts.guide
    if guide and guide.what == PLAN and guide.keep and turn.text.strip():
        answer = turn.text.strip()[:ANSWER_CHARACTERS]
        await turn.plans.keep_answer(turn.chat_id, guide.step, answer, turn.now)


async def ground(turn: TurnContext, argument: str) -> list[Reply]:
    """One sense of the exercise 5-4-3-2-1; the argument says how many things are looked for."""
    number = int(argument) if argument.isdecimal() and len(argument) == 1 else SENSES
    if not 1 <= number <= SENSES:
        return await _end(turn, "ground_done")
    await _open(turn, GROUND, number, keep=False)
    return [await turn.say(f"ground_{number}")]


async def plan(turn: TurnContext, argument: str) -> list[Reply]:
    """The plan that is kept, or the choice whether to keep one."""
    if kept := await turn.plans.plan(turn.chat_id):
        return [await _shown(turn, kept)]
    if not turn.facts.onboarded:
        # Before consent nothing is kept, so there is nothing to choose.
        return await plan_at(turn, "1")
    return [await turn.say("plan_start")]


async def plan_keep(turn: TurnContext, argument: str) -> list[Reply]:
    """The answers are kept from now on."""
    return await _ask(turn, 1, keep=turn.facts.onboarded)


async def plan_at(turn: TurnContext, argument: str) -> list[Reply]:
    """A step of the plan; beyond the last one it is finished."""
    number = int(argument) if argument.isdecimal() and len(argument) == 1 else 1
    if not 1 <= number <= PLAN_STEPS:
        return await plan_done(turn, "")
    guide = turn.facts.guide
    keep = guide.keep if guide and guide.what == PLAN else await _has_plan(turn)
    return await _ask(turn, number, keep=keep)


async def plan_done(turn: TurnContext, argument: str) -> list[Reply]:
    """The plan as it is now, and where to find it."""
    kept = await turn.plans.plan(turn.chat_id)
    ended = await _end(turn, "plan_done")
    return [await _shown(turn, kept), *ended] if kept else ended


async def plan_erase(turn: TurnContext, argument: str) -> list[Reply]:
    """Ask once before the plan is erased."""
    return [await turn.say("plan_erase" if await _has_plan(turn) else "plan_none")]


async def plan_erased(turn: TurnContext, argument: str) -> list[Reply]:
    """Erase the plan."""
    await turn.plans.erase_plan(turn.chat_id)
    await turn.plans.end_guide(turn.chat_id)
    return [await turn.say("plan_erased")]


async def stop(turn: TurnContext, argument: str) -> list[Reply]:
    """Stop at any step."""
    return await _end(turn, "guide_stopped")


async def follow_up(turn: TurnContext, key: str) -> Reply:
    """A message that during a hold asks whether it is safe now, and else how it is.

    Args:
        turn: the turn.
        key: the message's key; "_hold" behind it names the wording during a hold.
    """
    hold = await turn.chats.hold(turn.chat_id)
    if hold is None or hold.level == "ask":
        return await turn.say(key)
    hold.asked = "safe"
    return await turn.say(f"{key}_hold")


async def _ask(turn: TurnContext, number: int, *, keep: bool) -> list[Reply]:
    await _open(turn, PLAN, number, keep=keep)
    if number == PROFESSIONALS:
        hold = turn.facts.hold
        return [await with_lines(turn, "plan_5", hold.kind if hold else "suicide")]
    return [await turn.say(f"plan_{number}")]


async def _open(turn: TurnContext, what: str, step: int, *, keep: bool) -> None:
    """From now on what is typed answers this step; a yes or no answers nothing else."""
    if turn.facts.onboarded:
        await turn.plans.guide(turn.chat_id, what, step, keep, turn.now)
    if hold := await turn.chats.hold(turn.chat_id):
        hold.asked = ""


async def _end(turn: TurnContext, key: str) -> list[Reply]:
    await turn.plans.end_guide(turn.chat_id)
    return [await follow_up(turn, key)]


async def _has_plan(turn: TurnContext) -> bool:
    return bool(await turn.plans.plan(turn.chat_id))


async def _shown(turn: TurnContext, kept: dict[int, str]) -> Reply:
    lines = [await turn.say(f"plan_line_{step}", answer=answer) for step, answer in kept.items()]
    text = "\n\n".join(line.text for line in lines)
    shown = await turn.say("plan_shown")
    return Reply(shown.keys, f"{shown.text}\n\n{text}", shown.buttons)


ACTIONS: dict[str, Callable[[TurnContext, str], Awaitable[list[Reply]]]] = {
    "guided": typed,
    "guide_stop": stop,
    "ground": ground,
    "plan": plan,
    "plan_keep": plan_keep,
    "plan_at": plan_at,
    "plan_done": plan_done,
    "plan_erase": plan_erase,
    "plan_erased": plan_erased,
}
