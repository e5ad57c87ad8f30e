"""Safety: help lines, the hold on tips, and the way back out of it."""

from __future__ import annotations

from bot.content import Content
from bot.skills.context import TurnContext
from bot.skills.reply import Reply
from nlu.facts import ANY_RELATION

# The gates of these kinds outlive the hold (shared rule 8).
LASTING = frozenset({"violence", "child", "harm_other"})
# What the first answer to danger asks, by kind (see Hold.asked).
ASKED_BY_DANGER = {"suicide": "danger", "violence": "type"}
GATE_FLAGS = frozenset({"control", "fear", "stalking", "minor", "delusion"})


def help_lines(content: Content, country: str | None, kind: str | None) -> str:
    """The lines that help, one a row; of both countries, by name, while it is unknown.

    Args:
        content: all copy.
        country: NL, BE or None.
        kind: what is going on, None for all lines.
    """

    def of(code: str) -> str:
        lines = [
            line.text for line in content.helplines[code] if kind is None or kind in line.kinds
        ]
        return "\n".join(f"• {line}" for line in lines)

    if country in content.helplines:
        return of(str(country))
    return "\n\n".join(f"{content.country_names[code]}:\n{of(code)}" for code in content.helplines)


async def _with_lines(turn: TurnContext, key: str, kind: str | None) -> Reply:
    """A message with the help lines of the user's country for what is going on."""
    return await turn.say(key, lines=help_lines(turn.content, turn.facts.country, kind))


async def remember_flags(turn: TurnContext) -> None:
    """A red flag counts from now on, whatever is said about it: the tip comes a turn later."""
    for flag in GATE_FLAGS & set(turn.understanding.crisis["flags"]):
        await turn.chats.add_gate(turn.chat_id, _about(turn), flag, turn.now)


def _about(turn: TurnContext) -> str:
    """The relation that a gate is raised for."""
    return turn.understanding.relation or turn.slots.get("relation") or ANY_RELATION


async def act(turn: TurnContext, action: str) -> list[Reply]:
    """Carry out a safety step or a press on a safety button."""
    return await ACTIONS[action](turn) if action in ACTIONS else [await turn.say("button_past")]


async def lines(turn: TurnContext) -> list[Reply]:
    """/hulp: always, for everybody."""
    hold = turn.facts.hold
    return [await _with_lines(turn, "help_lines", hold.kind if hold else None)]


async def found(turn: TurnContext) -> list[Reply]:
    """The crisis check found danger, or a sign of it."""
    crisis = turn.understanding.crisis
    if not turn.facts.onboarded:
        # After consent every turn remembers them, danger or not.
        await remember_flags(turn)
    return await _danger(turn, crisis["level"], crisis["kind"])


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
    return [await _with_lines(turn, f"crisis_{kind}_{level}", kind)]


async def denied(turn: TurnContext) -> list[Reply]:
    """The user says no to the question: the pause ends, the lines stay within reach."""
    hold = await turn.chats.hold(turn.chat_id)
    if hold is None or hold.level != "ask":
        return await on_hold(turn)
    await turn.chats.end_hold(turn.chat_id)
    return [await turn.say("crisis_denied")]


async def ask_again(turn: TurnContext) -> list[Reply]:
    """Something else than yes or no came after the question."""
    hold = turn.facts.hold
    kind = hold.kind if hold else "suicide"
    return [await _with_lines(turn, f"crisis_{kind}_again", kind)]


async def on_hold(turn: TurnContext) -> list[Reply]:
    """Any message while tips are frozen: careful, no tip, the way to help and on."""
    hold = await turn.chats.hold(turn.chat_id)
    if hold is None:
        return [await turn.say("button_past")]
    hold.asked = "choose" if hold.safe_said else "safe"
    return [await turn.say("hold_choose" if hold.safe_said else "hold")]


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
    return [await _with_lines(turn, f"unsafe_{kind}", kind)]


async def resume(turn: TurnContext) -> list[Reply]:
    """Go on: only after the safety question was answered with safe."""
    hold = await turn.chats.hold(turn.chat_id)
    if hold is None:
        return [await turn.say("button_past")]
    if not hold.safe_said:
        return await on_hold(turn)
    await turn.chats.end_hold(turn.chat_id)
    return [await turn.say("hold_ended")]


async def kind_lines(turn: TurnContext) -> list[Reply]:
    """The numbers behind the neutral button."""
    await _asked(turn, "")
    hold = turn.facts.hold
    kind = hold.kind if hold else None
    return [
        await _with_lines(turn, "violence_numbers" if kind == "violence" else "help_lines", kind)
    ]


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
    return [await _with_lines(turn, "minor", "minor")]


async def ground(turn: TurnContext) -> list[Reply]:
    """An exercise that brings one back to the room."""
    return [await turn.say("grounding")]


async def plan(turn: TurnContext) -> list[Reply]:
    """The steps of a safety plan, in Stanley and Brown's order."""
    return [await turn.say("safety_plan")]


async def clear_chat(turn: TurnContext) -> list[Reply]:
    """Somebody may read along: how to clear the chat, and what is lost then."""
    return [await turn.say("clear_chat")]


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
    "ground": ground,
    "plan": plan,
    "clear": clear_chat,
}
