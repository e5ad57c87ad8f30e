"""What nobody needs any more is erased, once a day; who is silent for a year is asked first."""

from __future__ import annotations

import asyncio
import logging
from datetime import date

from babel.dates import format_date
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.content import Content
from bot.conversation.turn import Clock
from bot.db.encryption import Cipher
from bot.db.repositories import TIME_TO_ANSWER, Chats, Outbox, Review, Silences
from bot.db.session import forget_for_good, reading, writing
from bot.db.trouble import TROUBLE, reason
from bot.nudges.moments import local
from bot.skills.reply import Reply
from nlu.facts import DEFAULT_ZONE

# How often the loop looks whether the day's work is done, in seconds.
EVERY = 3600.0
# A question about what is kept comes by day: both countries have the same clock.
FIRST_HOUR, LAST_HOUR = 10, 20
BATCH = 100
# No turn has an id so low, nor has an apology: see Outbox.add.
ASKED_IDS = -(10**12)

logger = logging.getLogger(__name__)


class Retention:
    """Does the day's work, and asks who is silent.

    Args:
        engine: the database.
        cipher: encrypts what is queued.
        content: all copy.
        clock: tells the time.
        on_replies: set when something waits in the outbox.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        cipher: Cipher,
        content: Content,
        clock: Clock,
        on_replies: asyncio.Event,
    ) -> None:
        self._engine, self._cipher, self._content = engine, cipher, content
        self._clock, self._on_replies = clock, on_replies
        self._done_on: date | None = None

    async def run(self) -> None:
        """Once a day until cancelled; a failing database is tried again."""
        while True:
            try:
                await self.daily()
            except TROUBLE as error:
                logger.error("retention waits, the database fails: %s", reason(error))
            await asyncio.sleep(EVERY)

    async def daily(self) -> None:
        """The day's work, when it is day and not done yet."""
        now = local(self._clock(), DEFAULT_ZONE)
        if self._done_on == now.date() or not FIRST_HOUR <= now.hour < LAST_HOUR:
            return
        asked, erased = await self.step()
        self._done_on = now.date()
        if asked or erased:
            logger.info("retention: %d asked, %d erased", asked, erased)

    async def step(self) -> tuple[int, int]:
        """Sweep, erase and ask, in short transactions.

        Returns:
            How many chats were asked, and how many erased.
        """
        async with writing(self._engine) as session:
            await Silences(session).sweep(self._clock())
            await Review(session, self._cipher).sweep(self._clock())
        asked, erased = await self._ask(), await self._erase()
        # Once a day also where a file is too large to be written anew at each erasing.
        await forget_for_good(self._engine, largest=None)
        return asked, erased

    async def _ask(self) -> int:
        now, asked = self._clock(), 0
        question = self._question().as_json()
        while True:
            async with writing(self._engine) as session:
                chats = await Silences(session).ask(now, BATCH)
                for chat_id in chats:
                    turn_id = ASKED_IDS - int(now.timestamp())
                    await Outbox(session, self._cipher).add(chat_id, turn_id, [question], now)
            if not chats:
                return asked
            asked += len(chats)
            self._on_replies.set()

    def _question(self) -> Reply:
        message = self._content.messages["ask_to_stay"]
        until = local(self._clock() + TIME_TO_ANSWER, DEFAULT_ZONE).date()
        day = format_date(until, "d MMMM", locale="nl")
        return Reply(("ask_to_stay",), message.variants[0].format(day=day), message.buttons)

    async def _erase(self) -> int:
        now, erased = self._clock(), 0
        while True:
            async with reading(self._engine) as session:
                chats = await Silences(session).overdue(now, BATCH)
            done = [await self._erase_one(chat_id) for chat_id in chats]
            erased += sum(done)
            if not any(done):
                return erased

    async def _erase_one(self, chat_id: int) -> bool:
        """Erase a chat unless it was heard from meanwhile; what it just sent stays to be read."""
        async with writing(self._engine) as session:
            if not await Silences(session).still_overdue(chat_id, self._clock()):
                return False
            await Chats(session, self._cipher).erase(chat_id, unread=False)
            return True
