"""The nudge loop: what is due is claimed, moved on and queued in one transaction, then sent.

The outbox is kept short: as many nudges are claimed as the sender can send in a while, so that
a hundred thousand in the same minute cost no more memory than a few hundred, and who is
answered meanwhile need not wait behind them.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.content import Content
from bot.conversation.turn import Clock
from bot.db.encryption import Cipher
from bot.db.repositories import CHECKIN, Nudge, NudgeQueue, Schedules
from bot.db.session import writing
from bot.db.trouble import TROUBLE, reason
from bot.metrics import Metrics
from bot.nudges.outcomes import SENT, Decided, Outcome, decide
from bot.nudges.wording import nudge_reply

# How often the loop looks, in seconds; sooner while there is more.
EVERY, SOON = 30.0, 1.0
# Ten seconds of sending at Telegram's limit: so many are claimed at once, and wait at most.
WAITING_AT_MOST = 300

logger = logging.getLogger(__name__)


class Nudges:
    """Queues what is due.

    Args:
        engine: the database.
        cipher: encrypts what is queued.
        content: all copy.
        clock: tells the time.
        on_replies: set when something waits in the outbox.
        at_most: so many nudges may wait in the outbox; None for any number.
        metrics: counts what becomes of them.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        cipher: Cipher,
        content: Content,
        clock: Clock,
        on_replies: asyncio.Event,
        at_most: int | None = WAITING_AT_MOST,
        metrics: Metrics | None = None,
    ) -> None:
        self._engine, self._cipher, self._content = engine, cipher, content
        self._clock, self._on_replies, self._at_most = clock, on_replies, at_most
        self._metrics = metrics or Metrics()
        # The payload of each wording of a check-in's nudge, made once.
        self._payloads: dict[str, Any] = {}
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Look for what is due until stopped; a failing database is tried again."""
        while not self._stopping.is_set():
            await self.all_due()
            await self._pause(EVERY)

    async def all_due(self) -> None:
        """Claim all that is due, as quickly as it can be sent; a failing database ends it."""
        more = True
        while more and not self._stopping.is_set():
            try:
                counts, more = await self.step()
            except TROUBLE as error:
                logger.error("nudges could not be claimed: %s", reason(error))
                return
            if counts:
                told = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
                logger.info("nudges: %s", told)
            if more:
                await self._pause(SOON)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    def stop(self) -> None:
        """End the loop after the step under way."""
        self._stopping.set()

    async def step(self, batch: int | None = None) -> tuple[Counter[Outcome], bool]:
        """Claim one batch of what is due.

        Args:
            batch: the most schedules to claim; default: as many as may wait.

        Returns:
            What became of them, and whether there may be more.
        """
        now = self._clock()
        async with writing(self._engine) as session:
            queue = NudgeQueue(session, self._cipher)
            room = batch or self._at_most or WAITING_AT_MOST
            if self._at_most is not None:
                room = min(room, self._at_most - await queue.waiting(self._at_most))
            if room <= 0:
                return Counter(), True
            schedules = Schedules(session)
            decided = [decide(due, now) for due in await schedules.due(now, room)]
            await schedules.claim([each.claim for each in decided])
            nudges = [self._nudge(each, now) for each in decided if each.outcome in SENT]
            await queue.add(nudges, now)
        if nudges:
            self._on_replies.set()
        still_due = any(each.is_due(now) for each in decided)
        counts = Counter(each.outcome for each in decided)
        self._metrics.nudged(counts)
        return counts, still_due or len(decided) == room

    def _nudge(self, decided: Decided, now: datetime) -> Nudge:
        due = decided.due
        reply = nudge_reply(decided, self._content, now)
        if due.kind != CHECKIN:
            return Nudge(due.chat_id, due.id, due.next_at, reply.as_json())
        if (payload := self._payloads.get(reply.text)) is None:
            payload = self._payloads[reply.text] = reply.as_json()
        return Nudge(due.chat_id, due.id, due.next_at, payload)
