"""The lines that help: as text with numbers to tap, and as cards to call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.content import Content, Helpline
from bot.skills.reply import Card, Reply

if TYPE_CHECKING:
    # Needed by turns only; the way in is up a second sooner without it.
    from bot.skills.context import TurnContext


def help_lines(content: Content, country: str | None, kind: str | None) -> str:
    """The lines that help, one a row; of both countries, by name, while it is unknown.

    Args:
        content: all copy.
        country: NL, BE or None.
        kind: what is going on, None for all lines.
    """

    def of(code: str) -> str:
        return "\n".join(f"• {line.text}" for line in _lines(content, code, kind))

    if country in content.helplines:
        return of(str(country))
    return "\n\n".join(f"{content.country_names[code]}:\n{of(code)}" for code in content.helplines)


async def with_lines(turn: TurnContext, key: str, kind: str | None) -> Reply:
    """A message with the help lines of the user's country for what is going on."""
    return await turn.say(key, lines=help_lines(turn.content, turn.facts.country, kind))


def cards(turn: TurnContext, kind: str | None) -> list[Reply]:
    """The numbers for what is going on, each as a card that one tap calls."""
    country = turn.facts.country
    codes = [country] if country in turn.content.helplines else list(turn.content.helplines)
    found = [line for code in codes for line in _lines(turn.content, str(code), kind)]
    return [
        Reply(("call",), f"{line.name}: {line.call}", card=Card(line.name, line.call))
        for line in dict.fromkeys(found)
    ]


def _lines(content: Content, code: str, kind: str | None) -> Iterator[Helpline]:
    return (line for line in content.helplines[code] if kind is None or kind in line.kinds)
