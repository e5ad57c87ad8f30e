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
WITHDRAWING = "withdraw:yes"
STAMPED = (*ERASING, WITHDRAWING)
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
    return [await turn.say("confirm_erase", buttons=_stamped(turn, "confirm_erase"))]


async def confirm_withdraw(turn: TurnContext) -> list[Reply]:
    """Say what withdrawing consent means, offer the data first, and ask once."""
    return [await turn.say("confirm_withdraw", buttons=_stamped(turn, "confirm_withdraw"))]


def _stamped(turn: TurnContext, key: str) -> tuple[tuple[Button, ...], ...]:
    stamp = int(turn.now.timestamp())
    return tuple(
        tuple(
            Button(label=b.label, press=f"{b.press}:{stamp}" if b.press in STAMPED else b.press)
            for b in row
        )
        for row in turn.content.messages[key].buttons
    )


def _in_time(turn: TurnContext, stamp: str) -> bool:
    """Whether a button is of just now; a forged moment may be one that no calendar has."""
    age = turn.now.timestamp() - int(stamp) if stamp.isdecimal() else -1
    return 0 <= age <= CONFIRM_WITHIN.total_seconds()


async def erase(turn: TurnContext, argument: str) -> list[Reply]:
    """Erase everything about this chat, or leave it; an old button says that it is past."""
    answer, _, stamp = argument.partition(":")
    if f"erase:{answer}" not in ERASING:
        return [await turn.say("erase_cancelled")]
    if not _in_time(turn, stamp):
        return [await turn.say("button_past")]
    # With the rows the ids go too, so they are taken along.
    written = await turn.chats.message_ids(turn.chat_id, turn.now - DELETABLE)
    await turn.chats.erase(turn.chat_id, turn.inbox_ids)
    turn.forget = True
    if answer == "all":
        said = turn.content.messages["erased_all"].variants[0]
        return [Reply(("erased_all",), said, clears=tuple(written))]
    return [Reply(("erased",), turn.content.messages["erased"].variants[0])]


async def withdraw(turn: TurnContext, argument: str) -> list[Reply]:
    """Take consent back: all goes but the country and what safety needs, as before consent."""
    answer, _, stamp = argument.partition(":")
    if f"withdraw:{answer}" != WITHDRAWING:
        return [await turn.say("withdraw_cancelled")]
    if not _in_time(turn, stamp):
        return [await turn.say("button_past")]
    await turn.chats.withdraw(turn.chat_id, turn.inbox_ids)
    turn.forget = True
    return [Reply(("withdrawn",), turn.content.messages["withdrawn"].variants[0])]
