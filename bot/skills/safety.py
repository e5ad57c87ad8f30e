"""Safety: help lines, the hold on tips, and the way back out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.conversation.steps import Do, Step
from bot.skills import guided
from bot.skills.context import TurnContext
from bot.skills.helplines import cards, with_lines
from bot.skills.reply import Reply
from nlu.facts import ANY_RELATION

# The gates of these kinds outlive the hold (shared rule 8).
LASTING = frozenset({"violence", "child", "harm_other"})
# What the first answer to danger asks, by kind (see Hold.asked).
ASKED_BY_DANGER = {"suicide": "danger", "violence": "type", "child": "safe", "harm_other": "safe"}
# These flags count in every later turn too.
GATE_FLAGS = frozenset({"control", "fear", "stalking", "contact_ban", "minor", "delusion"})


async def remember_flags(turn: TurnContext) -> None:
    """A red flag counts from now on, whatever is said about it: the tip comes a turn later."""
    for flag in GATE_FLAGS & set(turn.understanding.crisis["flags"]):
        await turn.chats.add_gate(turn.chat_id, _about(turn), flag, turn.now)


def _about(turn: TurnContext) -> str:
    """The relation that a gate is raised for."""
    return turn.understanding.relation or turn.slots.get("relation") or ANY_RELATION


async def act(turn: TurnContext, action: str) -> list[Reply]:
    """Carry out a safety step or a press on a safety button ("action" or "action:argument")."""
    name, _, argument = action.partition(":")
    if name == "wonder":
        return await wonder(turn, argument)
    if name in guided.ACTIONS:
        return await guided.ACTIONS[name](turn, argument)
    return await ACTIONS[name](turn) if name in ACTIONS else [await turn.say("button_past")]


def knows(action: str) -> bool:
    """Whether a safety step or button means something."""
    name = action.partition(":")[0]
    return name == "wonder" or name in guided.ACTIONS or name in ACTIONS


async def seen(turn: TurnContext, steps: Sequence[Step]) -> None:
    """Note during a hold that the user was here; blocking the bot is not being here."""
    if turn.facts.hold and not any(isinstance(s, Do) and s.action == "reach" for s in steps):
        await turn.chats.see_hold(turn.chat_id, turn.now)


async def lines(turn: TurnContext) -> list[Reply]:
    """/hulp: always, for everybody."""
    hold = turn.facts.hold
    return [await with_lines(turn, "help_lines", hold.kind if hold else None)]


async def found(turn: TurnContext) -> list[Reply]:
    """The crisis check found danger, or a sign of it."""
    crisis = turn.understanding.crisis
    if not turn.facts.onboarded:
        # After consent every turn remembers them, danger or not.
        await remember_flags(turn)
    # Words of danger may well be the answer to a step of the plan.
    await guided.keep_typed(turn)
    hold, guide = turn.facts.hold, turn.facts.guide
    known = hold is not None and (hold.level, hold.kind) == ("act", crisis["kind"])
    replies = await _danger(turn, crisis["level"], crisis["kind"])
    if known and guide and guide.what == guided.PLAN:
        # It was danger already, and the plan is the way through: the lines, and the next step.
        lines = await with_lines(turn, "plan_danger", crisis["kind"])
        return [lines, *await guided.plan_at(turn, str(guide.step + 1))]
    return replies


async def wonder(turn: TurnContext, kind: str) -> list[Reply]:
    """Two veiled signs in one episode: none of them alone said enough to ask."""
    return await _danger(turn, "ask", kind)


async def confirmed(turn: TurnContext) -> list[Reply]:
    """The user says yes to the question whether it is so."""
    hold = turn.facts.hold
    return await _danger(turn, "act", hold.kind if hold else "suicide")


async def _danger(turn: TurnContext, level: str, kind: str) -> list[Reply]:
    hold = turn.facts.hold
    if hold and hold.level == "act" and level == "ask":
        level = "act"
    relation = _about(turn)
    await turn.chats.set_hold(turn.chat_id, level, kind, relation, turn.now)
    if level == "act" and kind in LASTING:
        await turn.chats.add_gate(turn.chat_id, relation, kind, turn.now)
    await _asked(turn, ASKED_BY_DANGER.get(kind, "") if level == "act" else "")
    return [await with_lines(turn, f"crisis_{kind}_{level}", kind)]


async def denied(turn: TurnContext) -> list[Reply]:
    """The user says no to the question: the pause ends, the lines stay within reach."""
    hold = await turn.chats.hold(turn.chat_id)
    if hold is None or hold.level != "ask":
        return await on_hold(turn)
    await turn.chats.end_hold(turn.chat_id)
    play = turn.facts.roleplay
    if play is not None and play.stage == "paused":
        # A hard sentence in a play is often why it was asked.
        return [await turn.say("crisis_denied_play")]
    return [await turn.say("crisis_denied")]


async def ask_again(turn: TurnContext) -> list[Reply]:
    """Something else than yes or no came after the question."""
    hold = turn.facts.hold
    kind = hold.kind if hold else "suicide"
    return [await with_lines(turn, f"crisis_{kind}_again", kind)]


async def on_hold(turn: TurnContext) -> list[Reply]:
    """Any message while tips are frozen: careful, no tip, the way to help and on."""
    hold = await turn.chats.hold(turn.chat_id)
    if hold is None:
        return [await turn.say("button_past")]
    if turn.facts.hold and turn.facts.hold.returning:
        # Another moment: being safe then says nothing about now.
        hold.safe_said, hold.asked = False, "safe"
        return [await turn.say("hold_return")]
    hold.asked = "choose" if hold.safe_said else "safe"
    return [await turn.say("hold_choose" if hold.safe_said else "hold")]


async def bye(turn: TurnContext) -> list[Reply]:
    """Thanks or a goodbye during a hold: no safety question as an answer to that."""
    await _asked(turn, "")
    return [await turn.say("hold_bye")]


async def safe(turn: TurnContext) -> list[Reply]:
    """The user says to be safe now; going on is still a choice of their own."""
    hold = await turn.chats.hold(turn.chat_id)
    if hold is None:
        return [await turn.say("button_past")]
    hold.safe_said, hold.asked = True, "choose"
    return [await turn.say("hold_choose")]


async def unsafe(turn: TurnContext) -> list[Reply]:
    """The user is not safe now."""
    hold = await turn.chats.hold(turn.chat_id)
    kind = hold.kind if hold else "suicide"
    if hold:
        hold.level, hold.safe_said = "act", False
        # Violence: the answer asks once more whether it is safe to type.
        hold.asked = "type" if kind == "violence" else ""
    return [await with_lines(turn, f"unsafe_{kind}", kind)]


async def resume(turn: TurnContext) -> list[Reply]:
    """Go on: only after the safety question was answered with safe."""
    hold = await turn.chats.hold(turn.chat_id)
    if hold is None:
        return [await turn.say("button_past")]
    if not hold.safe_said or (turn.facts.hold and turn.facts.hold.returning):
        return await on_hold(turn)
    await turn.chats.end_hold(turn.chat_id)
    return [await turn.say("hold_ended")]


async def kind_lines(turn: TurnContext) -> list[Reply]:
    """The numbers behind the neutral button, and whether it is safe now."""
    hold = turn.facts.hold
    kind = hold.kind if hold else None
    if kind != "violence":
        await _asked(turn, "")
        return [await with_lines(turn, "help_lines", kind)]
    await _asked(turn, "safe")
    return [await with_lines(turn, "violence_numbers", kind)]


async def call(turn: TurnContext) -> list[Reply]:
    """The numbers as cards; not for violence, whose traces others may find."""
    hold = turn.facts.hold
    if hold and hold.kind == "violence":
        return await kind_lines(turn)
    return cards(turn, hold.kind if hold else "suicide")


async def _asked(turn: TurnContext, question: str) -> None:
    """Remember what a typed yes or no will answer."""
    if hold := await turn.chats.hold(turn.chat_id):
        hold.asked = question


async def delusion(turn: TurnContext) -> list[Reply]:
    """Acknowledge the feeling, not the premise; from now on no tip that looks at the other."""
    await turn.chats.add_gate(turn.chat_id, ANY_RELATION, "delusion", turn.now)
    return [await turn.say("delusion")]


async def minor(turn: TurnContext) -> list[Reply]:
    """Under eighteen: a line for young people, and no partner tips."""
    await turn.chats.add_gate(turn.chat_id, ANY_RELATION, "minor", turn.now)
    return [await with_lines(turn, "minor", "minor")]


async def clear_chat(turn: TurnContext) -> list[Reply]:
    """Somebody may read along: how to clear the chat, and what is lost then."""
    await _asked(turn, "")
    on_hold = await turn.chats.hold(turn.chat_id)
    return [await turn.say("clear_chat" if on_hold else "clear_chat_free")]


async def wipe(turn: TurnContext) -> list[Reply]:
    """Delete the messages of the last days from the chat, at once: somebody may be coming in."""
    await _asked(turn, "")
    said = await turn.say("wiped")
    return [replace(said, clears=())]


async def not_yet(turn: TurnContext) -> list[Reply]:
    """The user does not want to go on yet."""
    return [await turn.say("hold_not_yet")]


ACTIONS = {
    "found": found,
    "confirmed": confirmed,
    "denied": denied,
    "ask_again": ask_again,
    "hold": on_hold,
    "delusion": delusion,
    "minor": minor,
    "safe": safe,
    "unsafe": unsafe,
    "resume": resume,
    "not_yet": not_yet,
    "lines": kind_lines,
    "call": call,
    "clear": clear_chat,
    "wipe": wipe,
    "bye": bye,
}
