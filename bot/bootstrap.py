"""The one place that constructs objects; tests hand in their own clock, database or model."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio import AsyncEngine

from bot import content as copy
from bot.content import Content
from bot.db.encryption import Cipher
from bot.db.migrate import upgrade
from bot.db.session import make_engine
from bot.settings import Settings
from bot.training import trained_model
from nlu.lexicon import Lexicon

if TYPE_CHECKING:
    from bot.conversation.dialogue import Dialogue
    from bot.conversation.drain import Conversation
    from bot.conversation.turn import Clock, Turns
    from bot.nudges.loop import Nudges


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class App:
    """The parts of a running TeVoet, put together."""

    settings: Settings
    content: Content
    engine: AsyncEngine
    cipher: Cipher
    turns: Turns
    conversation: Conversation
    nudges: Nudges
    clock: Clock


class NoModelError(Exception):
    """There is no trained model of the present sources."""


def load_dialogue(settings: Settings, model: Path | None = None) -> Dialogue:
    """Load the trained model.

    Args:
        settings: where models are.
        model: another model's file.

    Raises:
        NoModelError: it has to be trained first.
    """
    path = model or trained_model(settings.models_dir)
    if path is None or not path.exists():
        raise NoModelError("train the model first: ./tevoet train")
    # Rasa takes seconds to import: only what needs it pays for it.
    from bot.conversation.dialogue import Dialogue

    return Dialogue(path)


@asynccontextmanager
async def running(
    settings: Settings,
    clock: Clock = now,
    dialogue: Dialogue | None = None,
    content: Content | None = None,
) -> AsyncIterator[App]:
    """Put TeVoet together and take it apart again.

    Args:
        settings: of this installation.
        clock: tells the time.
        dialogue: a loaded model; loaded here when not given.
        content: the copy; loaded here when not given.

    Raises:
        ContentError, SettingsError, NoModelError: what is wrong, before anything starts.
    """
    from bot.conversation.drain import Conversation
    from bot.conversation.turn import Turns
    from bot.nudges.loop import Nudges

    settings.data_dir.mkdir(parents=True, exist_ok=True)
    content = content or copy.load()
    cipher = Cipher(settings.keys())
    lexicon = Lexicon.load()
    dialogue = dialogue or load_dialogue(settings)
    await upgrade(settings.database)
    engine = make_engine(settings.database)
    try:
        turns = Turns(engine, cipher, dialogue, content, clock, settings.contact_url)
        merge = timedelta(seconds=settings.merge_seconds)
        conversation = Conversation(engine, cipher, turns, content, lexicon, clock, merge)
        nudges = Nudges(engine, cipher, content, clock, conversation.on_replies)
        yield App(settings, content, engine, cipher, turns, conversation, nudges, clock)
    finally:
        await engine.dispose()
