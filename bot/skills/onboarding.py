"""The first minutes: what the bot is, the country, and consent."""

from __future__ import annotations

from bot.skills.context import TurnContext
from bot.skills.reply import Reply


async def start(turn: TurnContext) -> list[Reply]:
    """Say what the bot is; go on where the user was."""
    if turn.facts.onboarded:
        return [await turn.say("welcome_back")]
    return [await turn.say("start"), await _next_question(turn)]


async def onboard(turn: TurnContext) -> list[Reply]:
    """A message before consent: kindly back to the question that is open."""
    return [await turn.say("consent_first"), await _next_question(turn)]


async def country(turn: TurnContext, code: str) -> list[Reply]:
    """The country of the help lines; asked first, so that help fits from the start."""
    if code not in turn.content.helplines:
        return [await turn.say("button_past")]
    user = await turn.chats.ensure_user(turn.chat_id, turn.now)
    user.country = code
    if turn.facts.onboarded:
        return [await turn.say("country_changed")]
    return [await turn.say("ask_consent")]


async def consent(turn: TurnContext, answer: str) -> list[Reply]:
    """Explicit consent of somebody of sixteen or over, a no, or somebody younger."""
    if answer == "yes":
        user = await turn.chats.ensure_user(turn.chat_id, turn.now)
        user.consented_at = user.consented_at or turn.now
        return [await turn.say("consent_given")]
    if answer == "young":
        return [await turn.say("under_sixteen")]
    return [await turn.say("consent_refused")]


async def reach(turn: TurnContext, change: str) -> list[Reply]:
    """The user blocked the bot, or took it back."""
    since = turn.now if change == "blocked" else None
    await turn.chats.set_unreachable(turn.chat_id, since)
    return []


async def _next_question(turn: TurnContext) -> Reply:
    return await turn.say("ask_consent" if turn.facts.country else "ask_country")
