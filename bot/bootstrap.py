"""The one place that constructs objects; tests hand in their own clock, database or model."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio import AsyncEngine

from bot import content as copy
from bot.content import Content
from bot.db.encryption import Cipher
from bot.db.keys import check_keys, sealed_samples
from bot.db.migrate import upgrade
from bot.db.session import make_engine
from bot.settings import Settings
from bot.training import trained_model
from nlu.lexicon import Lexicon

if TYPE_CHECKING:
    from bot.conversation.arrivals import Arrivals, Tell
    from bot.conversation.dialogue import Dialogue
    from bot.conversation.drain import Conversation
    from bot.conversation.late_dialogue import LateDialogue
    from bot.conversation.turn import Clock, Turns
    from bot.metrics import Metrics
    from bot.nudges.loop import Nudges
    from bot.retention import Retention


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
    retention: Retention
    clock: Clock
    metrics: Metrics


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


async def make_dialogue(settings: Settings) -> Dialogue:
    """Train the model when needed, in a process of its own, and load it beside the event loop.

    Raises:
        NoModelError: it could not be trained.
    """
    if trained_model(settings.models_dir) is None:
        environment = {**os.environ, "TEVOET_DATA_DIR": str(settings.data_dir)}
        training = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "train", env=environment, stdin=subprocess.DEVNULL
        )
        try:
            await training.wait()
        finally:
            if training.returncode is None:
                training.terminate()
    return await asyncio.to_thread(load_dialogue, settings)


@asynccontextmanager
async def arriving(late: LateDialogue | None) -> AsyncIterator[None]:
    """While a model is still to come, let it come."""
    if late is None:
        yield
        return
    coming = asyncio.create_task(late.arrive())
    try:
        yield
    finally:
        coming.cancel()
        with suppress(asyncio.CancelledError):
            await coming


@asynccontextmanager
async def receiving(settings: Settings, clock: Clock = now) -> AsyncIterator[Arrivals]:
    """Put together what only stores, without a model, and take it apart again.

    On PostgreSQL it tells workers of what it stored.

    Args:
        settings: of this installation.
        clock: tells the time.

    Raises:
        ContentError, SettingsError, DatabaseError: what is wrong, before anything starts.
    """
    from bot.conversation.arrivals import Arrivals
    from bot.conversation.emergency import Emergency

    emergency = Emergency(copy.load(), Lexicon.load())
    async with stored(settings) as (engine, cipher), _telling(settings) as tell:
        yield Arrivals(engine, cipher, emergency, clock, tell)


@asynccontextmanager
async def _telling(settings: Settings) -> AsyncIterator[Tell | None]:
    """Whom to tell of what was stored: workers, where there can be any."""
    if not settings.on_postgres:
        yield None
        return
    from bot.workers import jobs

    async with jobs.opened(settings.database) as opened:
        yield opened.drain


@asynccontextmanager
async def running(
    settings: Settings,
    clock: Clock = now,
    dialogue: Dialogue | LateDialogue | None = None,
    content: Content | None = None,
    look_again: timedelta | None = None,
) -> AsyncIterator[App]:
    """Put TeVoet together and take it apart again.

    Args:
        settings: of this installation.
        clock: tells the time.
        dialogue: a loaded model; loaded here when not given.
        content: the copy; loaded here when not given.
        look_again: as of Conversation, for one of several processes.

    Raises:
        ContentError, SettingsError, DatabaseError, NoModelError: what is wrong, before anything
            starts.
    """
    from bot.conversation.drain import Conversation
    from bot.conversation.turn import Turns
    from bot.metrics import Metrics
    from bot.nudges.loop import Nudges
    from bot.retention import Retention

    content = content or copy.load()
    lexicon = Lexicon.load()
    dialogue = dialogue or load_dialogue(settings)
    async with stored(settings) as (engine, cipher):
        turns = Turns(engine, cipher, dialogue, content, clock, settings.contact_url)
        merge = timedelta(seconds=settings.merge_seconds)
        metrics = Metrics()
        conversation = Conversation(
            engine, cipher, turns, content, lexicon, clock, merge, metrics, look_again
        )
        nudges = Nudges(engine, cipher, content, clock, conversation.on_replies, metrics=metrics)
        retention = Retention(engine, cipher, content, clock, conversation.on_replies)
        yield App(
            settings, content, engine, cipher, turns, conversation, nudges, retention, clock,
            metrics,
        )  # fmt: skip


@asynccontextmanager
async def stored(settings: Settings) -> AsyncIterator[tuple[AsyncEngine, Cipher]]:
    """The database at its newest schema, and the encryption that it was written with.

    Args:
        settings: of this installation.

    Raises:
        SettingsError, DatabaseError: what is wrong with them.
    """
    settings.make_data_dir()
    await upgrade(settings.database)
    engine = make_engine(settings.database)
    try:
        yield engine, await _fitting_cipher(settings, engine)
    finally:
        await engine.dispose()


async def _fitting_cipher(settings: Settings, engine: AsyncEngine) -> Cipher:
    """The encryption of this installation; a database in use gets no new key.

    Raises:
        SettingsError, DatabaseError: there is no key, or it is another's.
    """
    samples = await sealed_samples(engine)
    cipher = Cipher(settings.keys(make=not samples), settings.key_file)
    check_keys(cipher, samples)
    return cipher
