"""The play on the table: read from the database, put back, and named."""

from __future__ import annotations

import html
from dataclasses import dataclass

from pydantic import ValidationError

from bot.content import Content
from bot.roleplay.engine import fits
from bot.roleplay.play import Case, Play
from bot.roleplay.scenario import Scenario
from bot.skills.context import TurnContext
from bot.skills.reply import Reply

ISSUE, PLAYING, PAUSED, OVER = "issue", "playing", "paused", "over"


@dataclass(frozen=True, slots=True)
class Table:
    """A play with its rules, and how its people are called."""

    stage: str
    play: Play
    scenario: Scenario
    case: Case
    name: str

    @classmethod
    def of(cls, content: Content, stage: str, play: Play) -> Table:
        """Lay a play on the table.

        Raises:
            KeyError: content has no such case or seat any more.
        """
        scenario = content.scenarios[play.scenario]
        case = Case.of(scenario, play.seat, content.styles)
        name = filled(content, play, case.seat.other)
        return cls(stage, play, scenario, case, name)


def filled(content: Content, play: Play, text: str) -> str:
    """A text of a case with the name of the other in it."""
    other = content.other(play.relation, play.word)
    return text.format_map({"other": other, "Other": other[:1].upper() + other[1:]})


async def opened(turn: TurnContext) -> Table | None:
    """The play of this chat; one that no longer goes with its case is forgotten."""
    found = await turn.roleplays.load(turn.chat_id)
    if found is None:
        return None
    try:
        table = Table.of(turn.content, found[0], Play.model_validate(found[1]))
    except (ValidationError, KeyError):
        table = None
    if table is None or not fits(table.case, table.play):
        await turn.roleplays.drop(turn.chat_id)
        return None
    return table


async def put(turn: TurnContext, stage: str, play: Play) -> Table:
    """Keep a play as it is now."""
    await turn.roleplays.save(turn.chat_id, stage, play.model_dump(mode="json"), turn.now)
    return Table.of(turn.content, stage, play)


def withheld(turn: TurnContext, scenario: Scenario, relation: str | None) -> bool:
    """Whether a red flag stands between this user and this case.

    Args:
        turn: the turn.
        scenario: the case.
        relation: of the user's own situation; None when it is not chosen yet.
    """
    about = scenario.relation or relation
    if about is None:
        return False
    flags = turn.facts.red_flags(about) | set(turn.understanding.crisis["flags"])
    return bool(flags & set(scenario.unsafe_when))


async def spoken(turn: TurnContext, table: Table, *lines: str | None) -> list[Reply]:
    """What the other says, in one breath."""
    words = [filled(turn.content, table.play, line) for line in lines if line]
    if not words:
        return []
    return [await turn.say("roleplay_line", name=table.name, line="\n\n".join(words))]


def quoted(text: str, most: int = 160) -> str:
    """The user's own words, short enough to quote."""
    plain = " ".join(text.split())
    return plain if len(plain) <= most else plain[: most - 1].rstrip() + "…"


def with_buttons(turn: TurnContext, table: Table, replies: list[Reply]) -> list[Reply]:
    """One message of it, with the buttons of a play under way."""
    coached = table.play.coach
    message = turn.content.messages["scene_coached" if coached else "scene_alone"]
    text = "\n\n".join(reply.text for reply in replies)
    keys = tuple(key for reply in replies for key in reply.keys)
    return [Reply(keys, text, message.buttons)]


def plain(text: str) -> str:
    """A text of content as it stands in a picture."""
    return html.unescape(text)
