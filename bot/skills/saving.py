"""Tips that somebody wants to find again."""

from __future__ import annotations

from bot.content import Button
from bot.skills.context import TurnContext
from bot.skills.reply import Reply


async def save(turn: TurnContext, tip_id: str) -> list[Reply]:
    """Put a tip with the saved ones."""
    tip = turn.content.tip_by_id.get(tip_id)
    if tip is None:
        return [await turn.say("button_past")]
    await turn.saved.save(turn.chat_id, tip_id, turn.now)
    return [await turn.say("tip_saved", title=tip.title)]


async def let_go(turn: TurnContext, tip_id: str) -> list[Reply]:
    """Take a tip from the saved ones."""
    tip = turn.content.tip_by_id.get(tip_id)
    if tip is None:
        return [await turn.say("button_past")]
    await turn.saved.let_go(turn.chat_id, tip_id)
    return [await turn.say("tip_let_go", title=tip.title)]


async def listing(turn: TurnContext) -> list[Reply]:
    """The saved tips, a button to open each and one to let it go."""
    tips = [
        turn.content.tip_by_id[tip_id]
        for tip_id in await turn.saved.of_chat(turn.chat_id)
        if tip_id in turn.content.tip_by_id
        and not turn.content.withholds(turn.flags, "tips", tip_id)
    ]
    if not tips:
        return [await turn.say("saved_none")]
    away = turn.content.messages["saved_away"].variants[0]
    rows = tuple(
        (
            Button(label=tip.short, press=f"tip:{tip.id}"),
            Button(label=away, press=f"coach:let_go:{tip.id}"),
        )
        for tip in tips
    )
    return [await turn.say("saved_tips", buttons=rows)]
