"""Lines that were not understood, kept for a person to read: only of who agreed to that."""

from __future__ import annotations

from collections.abc import Sequence

from bot.conversation.steps import Clarify, Say, Step
from bot.skills.context import TurnContext
from bot.skills.reply import Reply

NOT_UNDERSTOOD = "not_understood"
GUESSES_KEPT = 3


async def offer(turn: TurnContext) -> list[Reply]:
    """Tell what is read by whom and ask; or, to who agreed before, how to end it."""
    return [await turn.say("review_stands" if turn.facts.review else "review_offer")]


async def answer(turn: TurnContext, argument: str) -> list[Reply]:
    """Agree, leave it, or end it; what was kept goes then."""
    match argument:
        case "yes":
            await turn.review.agree(turn.chat_id, turn.now)
            return [await turn.say("review_agreed")]
        case "stop":
            await turn.review.refuse(turn.chat_id)
            return [await turn.say("review_stopped")]
    return [await turn.say("review_left" if turn.facts.review else "review_refused")]


async def note(turn: TurnContext, steps: Sequence[Step]) -> None:
    """Keep what was typed when it was not understood and speaks of no danger at all."""
    crisis = turn.understanding.crisis
    in_danger = turn.facts.hold is not None or crisis["level"] != "none" or crisis["flags"]
    in_doubt = any(isinstance(s, Clarify) or s == Say(NOT_UNDERSTOOD) for s in steps)
    if turn.facts.review and turn.text and in_doubt and not in_danger:
        guesses = [intent for intent, _ in turn.understanding.ranking[:GUESSES_KEPT]]
        await turn.review.note(turn.chat_id, turn.text, guesses, turn.now)
