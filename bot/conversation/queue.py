"""What waits for a chat: read from the inbox, and thinned out when it is a flood."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.conversation import crowd
from bot.conversation.crowd import Waiting
from bot.conversation.inbound import Inbound
from bot.conversation.turn import Clock
from bot.db.encryption import Cipher, DecryptionError
from bot.db.repositories import MOST_WAITING, Inbox, Outbox
from bot.db.session import reading, writing
from bot.skills.reply import Reply
from nlu.lexicon import Lexicon

# While so many answers to a chat wait to be sent (Telegram takes one a second), no other is made.
ANSWERS_WAITING = 10

logger = logging.getLogger(__name__)


class Queue:
    """What waits for each chat.

    Args:
        engine: the database.
        cipher: decrypts what users wrote.
        lexicon: sees what may not be let go.
        clock: tells the time.
        too_fast: what a chat reads once in a flood.
    """

    def __init__(
        self, engine: AsyncEngine, cipher: Cipher, lexicon: Lexicon, clock: Clock, too_fast: Reply
    ) -> None:
        self._engine, self._cipher, self._lexicon = engine, cipher, lexicon
        self._clock, self._too_fast = clock, too_fast
        # Chats that were told, in this flood, that not all of it is read.
        self._told: set[int] = set()

    async def waiting(self, chat_id: int) -> list[Waiting]:
        """What waits, the oldest first; what no key can read is parked and stops nothing."""
        opened, unreadable = [], []
        async with reading(self._engine) as session:
            inbox = Inbox(session, self._cipher)
            for item in await inbox.waiting(chat_id):
                try:
                    opened.append((item, Inbound.from_json(inbox.payload(item))))
                except DecryptionError:
                    unreadable.append(item.id)
        if unreadable:
            logger.error("%d updates cannot be read with the keys of today", len(unreadable))
            async with writing(self._engine) as session:
                await Inbox(session, self._cipher).mark_failed(
                    unreadable, DecryptionError.__name__, self._clock(), park=True
                )
        return opened

    async def is_full(self, chat_id: int) -> bool:
        """Whether a chat asks more quickly than Telegram takes the answers."""
        async with reading(self._engine) as session:
            return await Outbox(session, self._cipher).waiting(chat_id) >= ANSWERS_WAITING

    async def urgent(self, opened: Sequence[Waiting]) -> list[Waiting]:
        """What is answered at once all the same: a turn with danger or a call for help."""
        now = self._clock()
        ready = [one for one in opened if not one[0].attempts or one[0].not_before <= now]
        return crowd.up_to((await self._sorted(ready)).urgent)

    async def let_go(self, chat_id: int, opened: Sequence[Waiting]) -> bool:
        """Leave the oldest of a flood unanswered, and say so once.

        Danger and calls for help are never among them, and the newest updates are not either.

        Returns:
            Whether anything was left.
        """
        harmless = (await self._sorted(opened)).harmless
        # A full look means that there are newer ones, which are looked at next, together with
        # what a sentence may have begun in.
        full = len(opened) == MOST_WAITING
        kept = harmless[-(crowd.IN_A_ROW // 2) :] if full else crowd.newest(harmless)
        gone = [item.id for item, _ in harmless[: len(harmless) - len(kept)]]
        if not gone:
            return False
        async with writing(self._engine) as session:
            await Inbox(session, self._cipher).mark_handled(gone)
            if chat_id not in self._told:
                # No apology has such an id, which ends in zero.
                turn_id = -opened[0][0].update_id * 10
                payloads = [self._too_fast.as_json()]
                await Outbox(session, self._cipher).add(chat_id, turn_id, payloads, self._clock())
        self._told.add(chat_id)
        logger.warning("a flood: %d updates of a chat are not answered one by one", len(gone))
        return True

    def is_empty(self, chat_id: int) -> None:
        """Note that a flood is over: the next one is told of again."""
        self._told.discard(chat_id)

    async def _sorted(self, opened: Sequence[Waiting]) -> crowd.Crowd:
        # In a thread: reading many texts may hold up nobody else.
        return await asyncio.to_thread(crowd.sort, opened, self._lexicon)
