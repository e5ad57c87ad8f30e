"""Never faster than Telegram lets a bot: all processes on one database share one limit."""

from __future__ import annotations

import asyncio
import logging
import time

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.db.repositories import SendLimits
from bot.db.session import writing
from bot.db.trouble import TROUBLE, reason

LIMIT = "telegram"
# So many messages go at once. Larger portions ask the database less often, but Telegram counts
# them all in the second in which they come.
PORTION = 3
SECOND = 1_000_000

logger = logging.getLogger(__name__)


class Pace:
    """Lets messages go one after another.

    Args:
        engine: the database that holds the limit.
        a_second: the most messages a second, of all processes; None for any number.
    """

    def __init__(self, engine: AsyncEngine, a_second: float | None) -> None:
        self._engine = engine
        self._stretch = round(PORTION / a_second * SECOND) if a_second else 0
        self._one_at_a_time = asyncio.Lock()
        # What is left of the stretch that this process took last, in microseconds since 1970.
        self._places, self._until = 0, 0

    async def wait(self) -> None:
        """Return when one more message may go."""
        if not self._stretch:
            return
        async with self._one_at_a_time:
            now = _now()
            if not self._places or now >= self._until:
                start = await self._reserve(now)
                self._places, self._until = PORTION, start + self._stretch
                await asyncio.sleep(max(0, start - now) / SECOND)
            self._places -= 1

    async def _reserve(self, now: int) -> int:
        try:
            async with writing(self._engine) as session:
                return await SendLimits(session).reserve(LIMIT, now, self._stretch)
        except TROUBLE as error:
            # Help lines go out without a database too.
            logger.error("the limit of sending is not available: %s", reason(error))
            return max(now, self._until)


def _now() -> int:
    return time.time_ns() // 1000
