"""One process of the bot as far as nudges go: claims, queues and sends when told the time."""

from __future__ import annotations

import asyncio
import os
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bot.content import load
from bot.db.encryption import Cipher
from bot.db.session import make_engine
from bot.nudges.loop import Nudges
from bot.telegram.sender import Sender
from tests.clock import Clock

CONTENT = load()


class Letterbox:
    """Stands in for Telegram: what arrives there is a line of a file, whoever is killed then."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._clock = clock

    async def send_message(self, chat_id: int, text: str, **options: Any) -> Any:
        await asyncio.sleep(0.001)  # the way to Telegram ...
        os.write(self._file, f"{chat_id} {self._clock().isoformat()}\n".encode())
        await asyncio.sleep(0.001)  # ... and back

        class Message:
            message_id = 1

        return Message


class _Bell:
    def __init__(self) -> None:
        self.on_replies = asyncio.Event()


def work(orders: Connection, url: str, letters: Path, key: bytes) -> None:
    """Run until the other end closes or the process is killed.

    Args:
        orders: gets moments, gives back True for each that was dealt with.
        url: the database.
        letters: the file of what arrived.
        key: the key of the database.
    """
    asyncio.run(_work(orders, url, letters, key))


async def _work(orders: Connection, url: str, letters: Path, key: bytes) -> None:
    engine, cipher, bell = make_engine(url), Cipher([key]), _Bell()
    clock = Clock(datetime.min)
    nudges = Nudges(engine, cipher, CONTENT, clock, bell.on_replies)
    sender = Sender(
        Letterbox(letters, clock),  # type: ignore[arg-type]
        engine,
        cipher,
        bell,  # type: ignore[arg-type]
        clock,
        a_second=None,
        spacing=timedelta(0),
    )
    while True:
        try:
            clock.moment = orders.recv()
        except EOFError:
            break
        more = True
        while more:
            _, more = await nudges.step()
            await sender.flush()
        orders.send(clock.moment)
    await engine.dispose()
