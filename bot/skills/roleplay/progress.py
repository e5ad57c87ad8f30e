"""Over several role-plays: how they ended, and which styles were used."""

from __future__ import annotations

from collections import Counter
from typing import Any

from bot.skills.context import TurnContext
from bot.skills.reply import Reply
from bot.skills.roleplay.looking import level_name

PLAYS_SHOWN = 5
STYLES_SHOWN = 2


async def progress(turn: TurnContext, argument: str = "") -> list[Reply]:
    """The last plays, and the styles of the first and of the last one."""
    results = [
        result
        for _, result in await turn.roleplays.results(turn.chat_id)
        # A coach may have taken a case away since.
        if result["seat"] in getattr(turn.content.scenarios.get(result["scenario"]), "seats", {})
    ]
    if not results:
        return [await turn.say("roleplay_no_progress")]
    told = [reply for result in results[-PLAYS_SHOWN:] for reply in await _play(turn, result)]
    replies = [await turn.say("roleplay_progress", plays="\n".join(told))]
    spoken = [result for result in results if result["styles"]]
    if len(spoken) > 1:
        replies.append(
            await turn.say(
                "roleplay_progress_styles",
                first=_styles(turn, spoken[0]["styles"]),
                last=_styles(turn, spoken[-1]["styles"]),
            )
        )
    return replies


async def _play(turn: TurnContext, result: dict[str, Any]) -> list[str]:
    scenario = turn.content.scenarios[result["scenario"]]
    seat = scenario.seats[result["seat"]]
    endings = {ending.id: ending.title for ending in seat.endings}
    if result["ending"] not in endings:
        return []
    reply = await turn.say(
        "roleplay_progress_play",
        title=scenario.title,
        me=seat.me,
        ending=endings[result["ending"]],
        level=await level_name(turn, result["trust"]),
    )
    return [reply.text]


def _styles(turn: TurnContext, counts: dict[str, int]) -> str:
    """The most used styles, by their names."""
    most = Counter(counts).most_common(STYLES_SHOWN)
    return ", ".join(turn.content.styles[style].label for style, _ in most)
