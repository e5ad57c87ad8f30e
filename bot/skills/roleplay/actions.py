"""What the steps and buttons of role-play do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from bot.conversation.steps import Roleplay, Say, Step
from bot.skills import safety
from bot.skills.context import TurnContext
from bot.skills.reply import Reply
from bot.skills.roleplay import choosing, looking, playing
from bot.skills.roleplay.progress import progress
from bot.skills.roleplay.table import PAUSED

ACTIONS: dict[str, Callable[[TurnContext, str], Awaitable[list[Reply]]]] = {
    "offer": choosing.offer,
    "case": choosing.case,
    "begin": choosing.begin,
    "with": choosing.with_,
    "again": choosing.again,
    "line": playing.line,
    "unheard": playing.unheard,
    "example": playing.example,
    "coach": playing.coach,
    "stop": playing.stop,
    "too_much": playing.too_much,
    "waits": playing.waits,
    "after": playing.after,
    "resume": playing.resume,
    "look": looking.look,
    "rewind": looking.rewind_menu,
    "back": looking.back,
    "done": looking.done,
    "progress": progress,
}


async def act(turn: TurnContext, action: str) -> list[Reply]:
    """Carry out a step or a press; during a hold only safety speaks (shared rule 8)."""
    if turn.facts.hold is not None:
        return await safety.act(turn, "ask_again" if turn.facts.hold.level == "ask" else "hold")
    name, _, argument = action.partition(":")
    return await ACTIONS[name](turn, argument)


async def step_aside(turn: TurnContext, steps: Sequence[Step]) -> None:
    """A turn that is about something else lets the play stand still.

    So danger in the middle of a scene, a tip or a help line never leads back into it by itself.
    """
    play = turn.facts.roleplay
    if play is None or play.stage == PAUSED or turn.forget:
        return
    if any(not isinstance(step, Roleplay | Say) for step in steps):
        await turn.roleplays.pause(turn.chat_id)
