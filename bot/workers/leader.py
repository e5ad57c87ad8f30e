"""What only one of several workers may do at a time: sending, so that order and pace hold.

Whoever holds one lock of PostgreSQL leads. The lock ends with its connection, so who is killed is
followed by another within two seconds, with no time to run out first.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.db.session import CONNECT_SECONDS
from bot.db.trouble import TROUBLE, reason

# Any number, the same in all workers.
LEADER_LOCK = 7_005_002
# How often who leads looks whether the lock is still held, and another whether it is free.
EVERY = 1.0

logger = logging.getLogger(__name__)


class Leader:
    """Works while this process is the one that may.

    Args:
        engine: PostgreSQL.
        work: what to do; it returns when it is ended.
        end: ends the work.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        work: Callable[[], Awaitable[None]],
        end: Callable[[], Awaitable[None]],
    ) -> None:
        self._engine, self._work, self._end = engine, work, end

    async def run(self, stop: asyncio.Event) -> None:
        """Lead whenever nobody else does, until stopped."""
        while not stop.is_set():
            try:
                async with self._engine.connect() as connection:
                    await self._lead(
                        await connection.execution_options(isolation_level="AUTOCOMMIT"), stop
                    )
            except (TimeoutError, *TROUBLE) as error:
                logger.error("nobody may send, the database fails: %s", reason(error))
            await _pause(stop)

    async def _lead(self, connection: AsyncConnection, stop: asyncio.Event) -> None:
        if not await connection.scalar(select(func.pg_try_advisory_lock(LEADER_LOCK))):
            return
        logger.info("this worker sends")
        working = asyncio.ensure_future(self._work())
        try:
            while not working.done():
                # First of all, so that the work has begun before it is ended.
                await _pause(stop)
                if stop.is_set():
                    break
                async with asyncio.timeout(CONNECT_SECONDS):
                    await connection.execute(select(1))
        finally:
            await self._end()
            await working
            # Not back to the pool, which would keep the lock.
            await connection.invalidate()


async def _pause(stop: asyncio.Event) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), EVERY)
