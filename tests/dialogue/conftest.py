"""The program on the real model and an empty database, for whole dialogues."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.bootstrap import App, running
from bot.content import Content
from bot.conversation.dialogue import Dialogue
from bot.settings import Settings
from tests.clock import Clock


@pytest.fixture
async def app(
    settings: Settings, dialogue: Dialogue, content: Content, clock: Clock, empty_database: Path
) -> AsyncIterator[App]:
    """The program, as one user meets it for the first time."""
    settings.data_dir.mkdir(parents=True)
    shutil.copy(empty_database, settings.data_dir / "tevoet.db")
    async with running(settings, clock, dialogue, content) as app:
        yield app
