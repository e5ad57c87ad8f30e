"""Everything about one chat, to take along: as data, and as a page that can be read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from babel.dates import format_date, format_datetime

from bot.archive import Archive
from bot.content import ExportWords
from bot.nudges.moments import local
from bot.page import Page, draw
from bot.skills.context import TurnContext
from bot.skills.planning import LOCALE
from bot.skills.reply import Reply

ARCHIVE, DATA, PAGE = "tevoet.zip", "tevoet.json", "tevoet.html"
# Columns that name a tip, of which an exercise is one too.
TIPS = frozenset({"tip_id", "step_tip", "exercise_id"})
Row = Mapping[str, Any]


async def confirm(turn: TurnContext) -> list[Reply]:
    """Ask once: who opens the phone can open the file."""
    return [await turn.say("confirm_export")]


async def keep(turn: TurnContext) -> list[Reply]:
    """No file."""
    return [await turn.say("export_cancelled")]


async def export(turn: TurnContext) -> list[Reply]:
    """The file with all that is kept."""
    kept = await turn.everything.of_chat(turn.chat_id)
    data = json.dumps(kept, ensure_ascii=False, indent=2, default=_as_text)
    files = {PAGE: draw(_page(turn, kept)), DATA: data}
    said = await turn.say("exported")
    return [Reply(said.keys, said.text, said.buttons, archive=Archive(name=ARCHIVE, files=files))]


def _page(turn: TurnContext, kept: Mapping[str, list[dict[str, Any]]]) -> Page:
    words = turn.content.export
    made = format_date(local(turn.now, turn.facts.zone).date(), "d MMMM y", locale=LOCALE)
    return Page(
        title=words.title,
        before=(words.intro, f"{words.made_on} {made}."),
        chapters=tuple(
            (table.title, tuple(tuple(_entry(turn, table.columns, row)) for row in kept[name]))
            for name, table in words.tables.items()
            if name in kept
        ),
        after=(words.not_here,),
    )


def _entry(turn: TurnContext, columns: Mapping[str, str], row: Row) -> Iterator[tuple[str, str]]:
    for column, label in columns.items():
        if (value := _in_words(turn, column, row[column])) != "":
            yield label, value


def _in_words(turn: TurnContext, column: str, value: Any) -> str:
    """A value as people read it; empty when there is none."""
    words: ExportWords = turn.content.export
    match value:
        case None:
            return ""
        case bool():
            return words.answers["yes" if value else "no"]
        case datetime():
            shown = local(value, turn.facts.zone)
            return str(format_datetime(shown, "d MMMM y, HH:mm", locale=LOCALE))
        case date():
            return str(format_date(value, "d MMMM y", locale=LOCALE))
        case dict() | list():
            return "\n".join(_leaves(value))
        case str() if column in TIPS and value in turn.content.tip_by_id:
            return turn.content.tip_by_id[value].title
        case str() if column == "country":
            return turn.content.country_names.get(value, value)
    return str(value)


def _leaves(value: Any) -> Iterator[str]:
    """The words and numbers in a stored value, a line each, with the name they are kept under."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, dict | list):
                yield from _leaves(inner)
            elif inner not in (None, ""):
                yield f"{name}: {inner}"
    elif isinstance(value, list):
        for inner in value:
            if isinstance(inner, dict | list):
                yield from _leaves(inner)
            elif inner not in (None, ""):
                yield str(inner)


def _as_text(value: Any) -> str:
    """Dates and moments in JSON."""
    return str(value.isoformat()) if isinstance(value, date) else str(value)
