"""From outbox to Telegram: in order per chat, again when it failed, never too fast.

A reply is marked as sent after Telegram took it: killed in between, it is sent
again at the next start. Better twice than lost.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from aiolimiter import AsyncLimiter
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import Bot, LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

from bot.conversation.drain import Conversation
from bot.conversation.turn import Clock
from bot.db.encryption import Cipher, DecryptionError
from bot.db.models import OutboxItem
from bot.db.repositories import Chats, Outbox
from bot.db.session import reading, writing
from bot.roleplay.curve import draw
from bot.skills.reply import Reply
from bot.telegram.keyboards import keyboard

logger = logging.getLogger(__name__)

# Telegram's limits for one bot: about 30 messages a second, and one a second in a chat.
MESSAGES_A_SECOND = 30
CHAT_SPACING = timedelta(seconds=1)
SENDS_AT_ONCE = 32
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=1), timedelta(minutes=5)
LOOK_AGAIN = 5.0
GONE = ("chat not found", "user is deactivated", "peer_id_invalid", "user not found")


class Sender:
    """Sends what waits in the outbox.

    Args:
        bot: Telegram.
        engine: the database.
        cipher: decrypts the replies.
        conversation: tells when there is something new.
        clock: tells the time.
    """

    def __init__(
        self,
        bot: Bot,
        engine: AsyncEngine,
        cipher: Cipher,
        conversation: Conversation,
        clock: Clock,
    ) -> None:
        self._bot, self._engine, self._cipher = bot, engine, cipher
        self._wake, self._clock = conversation.on_replies, clock
        self._limiter = AsyncLimiter(MESSAGES_A_SECOND, 1)
        self._busy: dict[int, asyncio.Task[None]] = {}
        self._stopping = False

    async def run(self) -> None:
        """Send until stopped; a failing database is tried again."""
        while not self._stopping:
            self._wake.clear()
            try:
                pause = await self._start_due()
            except (SQLAlchemyError, OSError) as error:
                logger.error("outbox not available (%s)", type(error).__name__)
                pause = LOOK_AGAIN
            try:
                await asyncio.wait_for(self._wake.wait(), pause)
            except TimeoutError:
                continue

    async def stop(self) -> None:
        """Finish the sends under way."""
        self._stopping = True
        self._wake.set()
        if self._busy:
            await asyncio.wait(list(self._busy.values()))

    async def send(self, chat_id: int, reply: Reply) -> int | None:
        """Hand one reply to Telegram.

        Returns:
            Telegram's id of the message.

        Raises:
            telegram.error.TelegramError: Telegram did not take it.
        """
        picture = await self._drawn(reply)
        async with self._limiter:
            if picture:
                sent = await self._bot.send_photo(
                    chat_id,
                    picture,
                    caption=reply.text,
                    parse_mode=ParseMode.HTML,
                    reply_markup=keyboard(reply.buttons),
                )
                return sent.message_id
            message = await self._bot.send_message(
                chat_id,
                reply.text,
                parse_mode=ParseMode.HTML,
                reply_markup=keyboard(reply.buttons),
                # A card of a help line's site would fill the screen for who looks along.
                link_preview_options=NO_PREVIEW,
            )
        return message.message_id

    @staticmethod
    async def _drawn(reply: Reply) -> bytes | None:
        """The picture of a reply; its words stand alone when it cannot be drawn."""
        if reply.picture is None:
            return None
        try:
            return await asyncio.to_thread(draw, reply.picture)
        except Exception as error:
            logger.error("a picture could not be drawn (%s)", type(error).__name__)
            return None

    async def _start_due(self) -> float:
        now = self._clock()
        room = SENDS_AT_ONCE - len(self._busy)
        if room <= 0:
            return LOOK_AGAIN
        async with reading(self._engine) as session:
            outbox = Outbox(session, self._cipher)
            due = await outbox.due(now, room, self._busy)
            # Another chat's wait counts too: a send that hangs must not hold up a second try.
            later = await outbox.next_moment({*self._busy, *(item.chat_id for item in due)})
        for item in due:
            self._busy[item.chat_id] = asyncio.create_task(self._deliver(item))
        if later is not None and later > now:
            return min(LOOK_AGAIN, (later - now).total_seconds())
        return LOOK_AGAIN

    async def _deliver(self, item: OutboxItem) -> None:
        try:
            if reply := self._read(item):
                await self._try(item, reply)
            else:
                await self._give_up(item, "unreadable")
            # Telegram asks for a second between two messages in a chat.
            await asyncio.sleep(0 if self._stopping else CHAT_SPACING.total_seconds())
        except (SQLAlchemyError, OSError) as error:
            logger.error("a send could not be marked (%s)", type(error).__name__)
            await asyncio.sleep(FIRST_WAIT.total_seconds())
        finally:
            del self._busy[item.chat_id]
            self._wake.set()

    def _read(self, item: OutboxItem) -> Reply | None:
        try:
            return Reply.from_json(self._cipher.open(item.sealed or b""))
        except DecryptionError:
            logger.error("a reply could not be read")
            return None

    async def _give_up(self, item: OutboxItem, error: str) -> None:
        async with writing(self._engine) as session:
            await Outbox(session, self._cipher).mark_failed(item.id, error)

    async def _try(self, item: OutboxItem, reply: Reply) -> None:
        try:
            message_id = await self.send(item.chat_id, reply)
        except RetryAfter as error:
            wait = error.retry_after
            seconds = wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
            await self._retry(item, "RetryAfter", timedelta(seconds=seconds))
        except (Forbidden, BadRequest) as error:
            await self._refused(item, error)
        except TelegramError as error:
            wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(item.attempts, 10))
            await self._retry(item, type(error).__name__, wait)
        else:
            async with writing(self._engine) as session:
                await Outbox(session, self._cipher).mark_sent(item.id, message_id)

    async def _retry(self, item: OutboxItem, error: str, wait: timedelta) -> None:
        logger.warning("a reply waits %.0f s for another try (%s)", wait.total_seconds(), error)
        async with writing(self._engine) as session:
            await Outbox(session, self._cipher).retry(item.id, error, self._clock() + wait)

    async def _refused(self, item: OutboxItem, error: TelegramError) -> None:
        """Blocked or gone: the chat is unreachable. Anything else is a bug, in this reply only."""
        gone = isinstance(error, Forbidden) or any(g in str(error).lower() for g in GONE)
        async with writing(self._engine) as session:
            outbox = Outbox(session, self._cipher)
            if gone:
                await outbox.drop_chat(item.chat_id, "unreachable")
                await Chats(session, self._cipher).set_unreachable(item.chat_id, self._clock())
            else:
                logger.error("Telegram refused a reply")
                await outbox.mark_failed(item.id, "refused")
