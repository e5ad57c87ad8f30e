"""What is stored, and how to erase it."""

from __future__ import annotations

from datetime import timedelta

from bot.content import Button
from bot.skills.context import TurnContext
from bot.skills.reply import PARAGRAPH, Reply

# An old "Ja, wis alles" must not erase what was written since.
CONFIRM_WITHIN = timedelta(minutes=30)
# All that is kept; or the messages in the chat too, as far as a bot can.
ERASING = ("erase:yes", "erase:all")
# Telegram lets a bot delete nothing older.
DELETABLE = timedelta(hours=48)


async def privacy(turn: TurnContext) -> list[Reply]:
    """What is kept, why, and for how long."""
    reviewed = await turn.say(
        "safety_reviewed" if turn.content.safety_reviewed_by else "safety_not_reviewed"
    )
    told = await turn.say("privacy")
    # One message, however long: what is said of safety belongs to it.
    text = reviewed.text + PARAGRAPH + told.text
    return [Reply(reviewed.keys + told.keys, text, told.buttons)]


async def confirm_erase(turn: TurnContext) -> list[Reply]:
    """Ask once; the button carries the moment, so that it does not stay valid."""
    stamp = int(turn.now.timestamp())
    rows = tuple(
        tuple(
            Button(label=b.label, press=f"{b.press}:{stamp}" if b.press in ERASING else b.press)
            for b in row
        )
        for row in turn.content.messages["confirm_erase"].buttons
    )
    return [await turn.say("confirm_erase", buttons=rows)]


async def erase(turn: TurnContext, argument: str) -> list[Reply]:
    """Erase everything about this chat, or leave it; an old button says that it is past."""
    answer, _, stamp = argument.partition(":")
    if f"erase:{answer}" not in ERASING:
        return [await turn.say("erase_cancelled")]
    # Compared as numbers: a forged moment may be one that no calendar has.
    age = turn.now.timestamp() - int(stamp) if stamp.isdecimal() else -1
    if not 0 <= age <= CONFIRM_WITHIN.total_seconds():
        return [await turn.say("button_past")]
    # With the rows the ids go too, so they are taken along.
    written = await turn.chats.message_ids(turn.chat_id, turn.now - DELETABLE)
    await turn.chats.erase(turn.chat_id, turn.inbox_ids)
    turn.forget = True
    if answer == "all":
        said = turn.content.messages["erased_all"].variants[0]
        return [Reply(("erased_all",), said, clears=tuple(written))]
    return [Reply(("erased",), turn.content.messages["erased"].variants[0])]
