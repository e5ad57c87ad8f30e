"""How a talk begins for who was here before, and how it ends."""

from __future__ import annotations

from datetime import datetime

from babel.dates import format_date

from bot.content import Tip
from bot.conversation.steps import Recall, Summarise
from bot.nudges.moments import local
from bot.skills.coaching import for_tip
from bot.skills.context import TurnContext
from bot.skills.planning import LOCALE
from bot.skills.reply import Reply

# From so many days ago a weekday alone no longer says which day it was.
WEEK_AGO, WEEKS_AGO = 7, 14


async def returning(turn: TurnContext) -> list[Reply]:
    """Meet who comes back with the tip of last time."""
    return [await _told(turn, "returning")]


async def tried_it(turn: TurnContext) -> list[Reply]:
    """Something came of it: ask what the tip was worth."""
    return [await _told(turn, "tried_it")]


async def not_yet(turn: TurnContext) -> list[Reply]:
    """Nothing came of it, and that is fine."""
    return [await _told(turn, "not_yet")]


async def recall(step: Recall, turn: TurnContext) -> list[Reply]:
    """The tip that was given with this concern before."""
    tip = turn.content.tip_by_id[step.tip_id]
    given = turn.facts.last_given(tip.id)
    if given is None:
        return []
    when = await _when(turn, given.given_at)
    said = await turn.say("recall_helped" if given.helped else "recall", title=tip.title, when=when)
    return [Reply((f"recall.{tip.id}",), said.text)]


async def summarise(step: Summarise, turn: TurnContext) -> list[Reply]:
    """What it was about and what goes along, in a sentence or two."""
    tip = turn.content.tip_by_id[step.tip_id]
    concern = turn.content.concerns.get(turn.concern or "")
    if concern is None:
        return []
    return [
        await turn.say(
            "summary_other" if turn.knows_other else "summary",
            label=concern.label,
            title=tip.title,
        )
    ]


async def _told(turn: TurnContext, key: str) -> Reply:
    tip: Tip = turn.content.tip_by_id[turn.slots["tip_id"]]
    given = turn.facts.last_given(tip.id)
    values = {"title": tip.title, "when": await _when(turn, given.given_at if given else turn.now)}
    wanted = {name: values[name] for name in turn.content.messages[key].params}
    said = await turn.say(key, buttons=for_tip(turn, key, tip.id), **wanted)
    return Reply((key, f"recall.{tip.id}"), said.text, said.buttons)


async def _when(turn: TurnContext, moment: datetime) -> str:
    """An earlier moment as people say it: "gisteren", "afgelopen zondag", "vorige week"."""
    then, today = local(moment, turn.facts.zone).date(), local(turn.now, turn.facts.zone).date()
    days = (today - then).days
    if days < 2:
        return (await turn.say("ago_yesterday" if days else "ago_today")).text
    if days < WEEK_AGO:
        return (await turn.say("ago_day", day=format_date(then, "EEEE", locale=LOCALE))).text
    return (await turn.say("ago_week" if days < WEEKS_AGO else "ago_weeks")).text
