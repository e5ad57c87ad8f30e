"""What is stored, and how to erase it."""

from __future__ import annotations

from datetime import timedelta

from bot.content import Button
from bot.skills.context import TurnContext
from bot.skills.reply import Reply

# An old "Ja, wis alles" must not erase what was written since.
CONFIRM_WITHIN = timedelta(minutes=30)


async def privacy(turn: TurnContext) -> list[Reply]:
    """What is kept, why, and for how long."""
    reviewed = await turn.say(
        "safety_reviewed" if turn.content.safety_reviewed_by else "safety_not_reviewed"
    )
    return [reviewed, await turn.say("privacy")]


async def confirm_erase(turn: TurnContext) -> list[Reply]:
    """Ask once; the button carries the moment, so that it does not stay valid."""
    stamp = int(turn.now.timestamp())
    rows = tuple(
        tuple(
            Button(label=b.label, press=f"{b.press}:{stamp}" if b.press == "erase:yes" else b.press)
            for b in row
        )
        for row in turn.content.messages["confirm_erase"].buttons
    )
    return [await turn.say("confirm_erase", buttons=rows)]


async def erase(turn: TurnContext, argument: str) -> list[Reply]:
    """Erase everything about this chat, or leave it; an old button says that it is past."""
    answer, _, stamp = argument.partition(":")
    if answer != "yes":
        return [await turn.say("erase_cancelled")]
    # Compared as numbers: a forged moment may be one that no calendar has.
    age = turn.now.timestamp() - int(stamp) if stamp.isdecimal() else -1
    if not 0 <= age <= CONFIRM_WITHIN.total_seconds():
        return [await turn.say("button_past")]
    await turn.chats.erase(turn.chat_id, turn.inbox_ids)
    turn.forget = True
    return [Reply(("erased",), turn.content.messages["erased"].variants[0])]
