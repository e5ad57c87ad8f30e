"""A running emulator and a very small bot at its other end."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from . import Emulator, TelegramUser, running_emulator
from .tiny_bot import TinyBot, polling


@pytest_asyncio.fixture
async def emulator() -> AsyncIterator[Emulator]:
    """A fresh emulator."""
    async with running_emulator() as running:
        yield running


@pytest_asyncio.fixture
async def bot(emulator: Emulator) -> AsyncIterator[TinyBot]:
    """The tiny bot, polling."""
    async with polling(TinyBot(emulator)) as running:
        yield running


@pytest_asyncio.fixture
async def sam(emulator: Emulator) -> TelegramUser:
    """A person."""
    return TelegramUser(1001, emulator)
