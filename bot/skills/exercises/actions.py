"""What the steps and buttons of exercises do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from bot.conversation.steps import Do, Exercise, Safety, Say, Step
from bot.skills.context import TurnContext
from bot.skills.exercises import doing, keeping
from bot.skills.reply import Reply

ACTIONS: dict[str, Callable[[TurnContext, str], Awaitable[list[Reply]]]] = {
    "list": keeping.listed,
    "choose": keeping.choose,
    "start": doing.start,
    "again": doing.again,
    "side": doing.side,
    "answer": doing.answer,
    "option": doing.option,
    "same": doing.same,
    "skip": doing.skip,
    "back": doing.back,
    "pause": doing.pause,
    "tomorrow": doing.tomorrow,
    "stop": doing.stop,
    "go": doing.go,
    "waits": doing.waits,
    "later": doing.later,
    "keep": doing.keep,
    "drop": doing.drop,
    "open": keeping.open_,
    "edit": keeping.edit,
    "change": keeping.change,
    "erase": keeping.erase,
    "erased": keeping.erased,
}
# Without a word about it: danger and erasing everything.
QUIETLY = frozenset({"erase", "confirm_erase", "lines", "reach"})


async def act(turn: TurnContext, action: str) -> list[Reply]:
    """Carry out a step or a press."""
    if action == "answer" and (press := await doing.typed_press(turn)):
        action = press.removeprefix("exercise:")
    name, _, argument = action.partition(":")
    return await ACTIONS[name](turn, argument)


async def step_aside(turn: TurnContext, steps: Sequence[Step]) -> list[Reply]:
    """A turn that is about something else lets the exercise stand still.

    So danger in the middle of it, a tip or a help line never leads back into it by itself.

    Returns:
        A word about it, unless what is said instead matters more.
    """
    if turn.facts.exercise is None or all(isinstance(step, Exercise | Say) for step in steps):
        return []
    await turn.exercises.set_aside(turn.chat_id)
    quiet = any(
        isinstance(step, Safety) or (isinstance(step, Do) and step.action in QUIETLY)
        for step in steps
    )
    return [] if quiet else [await turn.say("exercise_aside")]
