"""A sign of life for health checks: a file that the running bot touches."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path

FILE = "heartbeat"
EVERY = 15.0
ALIVE_WITHIN = 60.0

logger = logging.getLogger(__name__)


async def beat(data_dir: Path) -> None:
    """Touch the file for as long as the event loop turns.

    Args:
        data_dir: the data folder of this installation.
    """
    path = data_dir / FILE
    while True:
        try:
            await asyncio.to_thread(path.touch)
        except OSError as error:
            logger.error("no sign of life can be given: %s", error.strerror)
        await asyncio.sleep(EVERY)


def is_alive(data_dir: Path) -> bool:
    """Whether the bot gave a sign of life in the last minute.

    Args:
        data_dir: the data folder of this installation.
    """
    path = data_dir / FILE
    return path.exists() and time.time() - path.stat().st_mtime < ALIVE_WITHIN
