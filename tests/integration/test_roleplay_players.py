"""Simulated players, with the styles that the real model hears in their lines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from bot.content import Content
from bot.conversation.dialogue import Dialogue
from bot.roleplay.play import level
from bot.roleplay.scenario import Style
from nlu.facts import Facts
from tests.roleplay.players import LINES, PLAYERS, Spoken
from tests.roleplay.test_cases import RUNS, SEATS, case_of, run

NOW = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)
_HEARD: dict[str, Style] = {}


@pytest.fixture
async def heard(dialogue: Dialogue) -> dict[str, Style]:
    """Each line of the players with its style, as the model reads it; read once."""
    for text in [text for texts in LINES.values() for text in texts]:
        if text not in _HEARD:
            decision = await dialogue.decide_text([text], Facts(now=NOW), None, style=True)
            style = decision.understanding.style
            assert style is not None
            _HEARD[text] = style["name"]
    return _HEARD


def test_most_lines_are_heard_as_they_are_meant(heard: dict[str, Style]) -> None:
    meant = {text: style for style, texts in LINES.items() for text in texts}
    right = sum(heard[text] == style for text, style in meant.items())
    assert right >= 0.85 * len(meant), {t: (s, heard[t]) for t, s in meant.items() if heard[t] != s}


@pytest.mark.parametrize(("scenario", "seat"), SEATS)
def test_gentle_play_ends_two_levels_above_contemptuous_play(
    content: Content, heard: dict[str, Style], scenario: str, seat: str
) -> None:
    case = case_of(content, scenario, seat)

    def levels(name: str) -> list[int]:
        def play(seed: int) -> Iterator[Spoken]:
            for text, style in PLAYERS[name](seed):
                # Numbered copies read as the line itself.
                yield text, heard.get(text.split(" Echt ")[0], style)

        return [level(run(case, play, seed)[1]) for seed in range(RUNS)]

    worst_good = min(levels("gentle") + levels("responsible"))
    assert worst_good >= max(levels("contempt")) + 2
