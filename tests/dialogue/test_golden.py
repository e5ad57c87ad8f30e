"""The golden conversations go as they are written down."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.content import Content
from bot.conversation.dialogue import Dialogue
from bot.settings import Settings
from tests.dialogue.golden.record import played, scripts

SCRIPTS = scripts()


def test_there_are_twelve() -> None:
    assert len(SCRIPTS) >= 12


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
async def test_a_conversation_goes_as_written_down(
    script: Path, settings: Settings, dialogue: Dialogue, content: Content
) -> None:
    written = script.with_suffix(".md").read_text(encoding="utf-8")
    assert await played(script, settings, dialogue, content) == written
