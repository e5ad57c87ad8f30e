"""From outbox to Telegram: in order per chat, again when it failed, never too fast.

A reply is marked as sent after Telegram took it: killed in between, it is sent
again at the next start. Better twice than lost. A nudge is the other way round: it is
marked before it goes, and lost when killed in between.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import Bot, LinkPreviewOptions, Message
from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

from bot.archive import pack
from bot.conversation.drain import Conversation
from bot.conversation.turn import Clock
from bot.db.encryption import Cipher, DecryptionError
from bot.db.models import OutboxItem
from bot.db.repositories import NUDGE, Chats, NudgeQueue, Outbox
from bot.db.session import reading, writing
from bot.db.trouble import TROUBLE, reason
from bot.picture import Picture
from bot.picture import draw as draw_progress
from bot.roleplay.curve import TrustCurve
from bot.roleplay.curve import draw as draw_curve
from bot.sheet import draw as draw_sheet
from bot.skills.reply import Reply
from bot.telegram.keyboards import keyboard
from bot.telegram.marks import Marks
from bot.telegram.pace import Pace

logger = logging.getLogger(__name__)

# Telegram's limits for one bot: about 30 messages a second, and one a second in a chat.
MESSAGES_A_SECOND = 30
CHAT_SPACING = timedelta(seconds=1)
SENDS_AT_ONCE = 64
# Sends that end within so many seconds are followed up at once.
TOGETHER = 0.02
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
# A bot can delete messages of the last 48 hours; a little less, as a call takes time.
DELETABLE = timedelta(hours=48) - timedelta(minutes=1)
DELETED_AT_ONCE = 100
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=1), timedelta(minutes=5)
LOOK_AGAIN = 5.0
# A nudge that could not be sent for so long is not sent any more.
NUDGE_KEEPS = timedelta(hours=2)
GONE = ("chat not found", "user is deactivated", "peer_id_invalid", "user not found")


class Sender:
    """Sends what waits in the outbox.

    Args:
        bot: Telegram.
        engine: the database.
        cipher: decrypts the replies.
        conversation: tells when there is something new.
        clock: tells the time.
        a_second: the most messages a second, of all chats and processes together; None for any
            number.
        spacing: the rest between two messages in a chat.
        look_again: the outbox is looked at so often, in seconds, also when nobody says that
            something waits.
    """

    def __init__(
        self,
        bot: Bot,
        engine: AsyncEngine,
        cipher: Cipher,
        conversation: Conversation,
        clock: Clock,
        a_second: float | None = MESSAGES_A_SECOND,
        spacing: timedelta = CHAT_SPACING,
        look_again: float = LOOK_AGAIN,
    ) -> None:
        self._bot, self._engine, self._cipher = bot, engine, cipher
        self._wake, self._clock = conversation.on_replies, clock
        self._pace, self._marks = Pace(engine, a_second), Marks(engine, cipher)
        self._spacing, self._look_again = spacing, look_again
        self._busy: dict[int, asyncio.Task[None]] = {}
        # What Telegram took and the database did not: it is marked later, and not sent again.
        self._unmarked: dict[int, int | None] = {}
        # Chats of them that only rest: they hold no place of a send.
        self._resting: set[int] = set()
        self._looking: asyncio.TimerHandle | None = None
        self._stopping = False

    async def run(self) -> None:
        """Send until stopped; a failing database is tried again. It may be run again after."""
        self._stopping = False
        while not self._stopping:
            self._wake.clear()
            try:
                pause = await self._start_due()
            except TROUBLE as error:
                logger.error("outbox not available: %s", reason(error))
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

    async def flush(self) -> None:
        """Send all that may go now, and wait until it went."""
        while True:
            await self._start_due()
            if not self._busy:
                return
            await asyncio.wait(list(self._busy.values()))

    async def send(self, chat_id: int, reply: Reply) -> int | None:
        """Hand one reply to Telegram.

        Returns:
            Telegram's id of the message.

        Raises:
            telegram.error.TelegramError: Telegram did not take it.
        """
        drawn = await self._drawn(reply)
        await self._pace.wait()
        message = await self._hand_over(chat_id, reply, drawn)
        return message.message_id

    async def _hand_over(self, chat_id: int, reply: Reply, drawn: bytes | None) -> Message:
        buttons = keyboard(reply.buttons)
        if reply.card:
            return await self._bot.send_contact(
                chat_id, reply.card.number, reply.card.name, reply_markup=buttons
            )
        if file := _file(reply, drawn):
            name, data = file
            return await self._bot.send_document(
                chat_id,
                data,
                filename=name,
                caption=reply.text,
                parse_mode=ParseMode.HTML,
                reply_markup=buttons,
            )
        if drawn:
            return await self._bot.send_photo(
                chat_id,
                drawn,
                caption=reply.text,
                parse_mode=ParseMode.HTML,
                reply_markup=buttons,
            )
        return await self._bot.send_message(
            chat_id,
            reply.text,
            parse_mode=ParseMode.HTML,
            reply_markup=buttons,
            # A card of a help line's site would fill the screen for who looks along.
            link_preview_options=NO_PREVIEW,
        )

    @staticmethod
    async def _drawn(reply: Reply) -> bytes | None:
        """The picture or sheet of a reply; its words stand alone when it cannot be drawn.

        Drawn here and not in the turn, which would hold up everybody.
        """
        try:
            if reply.archive:
                return await asyncio.to_thread(pack, reply.archive)
            if reply.sheet:
                return await asyncio.to_thread(draw_sheet, reply.sheet)
            match reply.picture:
                case None:
                    return None
                case TrustCurve() as curve:
                    return await asyncio.to_thread(draw_curve, curve)
                case progress:
                    return await asyncio.to_thread(draw_progress, Picture.from_json(progress))
        except Exception as error:
            logger.error("a picture could not be drawn (%s)", type(error).__name__)
            return None

    async def _start_due(self) -> float:
        now = self._clock()
        room = SENDS_AT_ONCE - (len(self._busy) - len(self._resting))
        if room <= 0:
            return self._look_again
        async with reading(self._engine) as session:
            outbox = Outbox(session, self._cipher)
            due = await outbox.due(now, room, self._busy)
            # Another chat's wait counts too: a send that hangs must not hold up a second try.
            later = await outbox.next_moment({*self._busy, *(item.chat_id for item in due)})
        for item in due:
            self._busy[item.chat_id] = asyncio.create_task(self._deliver(item))
        if later is not None and later > now:
            return min(self._look_again, (later - now).total_seconds())
        return self._look_again

    async def _deliver(self, item: OutboxItem) -> None:
        try:
            if not (reply := self._read(item)):
                await self._give_up(item, "unreadable")
            elif item.kind == NUDGE:
                await self._nudge(item, reply)
            else:
                await self._try(item, reply)
            # Telegram asks for a second between two messages in a chat.
            self._resting.add(item.chat_id)
            self._look_soon()
            await asyncio.sleep(0 if self._stopping else self._spacing.total_seconds())
        except TROUBLE as error:
            logger.error("a send could not be marked: %s", reason(error))
            await asyncio.sleep(FIRST_WAIT.total_seconds())
        finally:
            del self._busy[item.chat_id]
            self._resting.discard(item.chat_id)
            self._look_soon()

    def _look_soon(self) -> None:
        """Look for more to send; sends that end together look once."""
        if self._looking is None:
            self._looking = asyncio.get_running_loop().call_later(TOGETHER, self._look)

    def _look(self) -> None:
        self._looking = None
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
            if reply.clears is not None:
                await self._clear(item.chat_id, reply.clears)
            if item.id not in self._unmarked:
                self._unmarked[item.id] = await self.send(item.chat_id, reply)
        except RetryAfter as error:
            await self._retry(item, "RetryAfter", _wait_of(error))
        except (Forbidden, BadRequest) as error:
            await self._refused(item, error)
        except TelegramError as error:
            wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(item.attempts, 10))
            await self._retry(item, type(error).__name__, wait)
        else:
            await self._marks.sent(item.id, self._unmarked[item.id])
            del self._unmarked[item.id]

    async def _nudge(self, item: OutboxItem, reply: Reply) -> None:
        """Send a nudge once; only a clear refusal lets it be tried again."""
        drawn = await self._drawn(reply)
        await self._pace.wait()
        if not await self._marks.begin(item.id, self._clock() - NUDGE_KEEPS):
            return
        try:
            message_id = (await self._hand_over(item.chat_id, reply, drawn)).message_id
        except RetryAfter as error:
            async with writing(self._engine) as session:
                await NudgeQueue(session, self._cipher).put_back(
                    item.id, "RetryAfter", self._clock() + _wait_of(error)
                )
        except (Forbidden, BadRequest) as error:
            await self._refused(item, error)
        except TelegramError as error:
            # It may have arrived all the same.
            logger.warning("a nudge was given up (%s)", type(error).__name__)
            await self._give_up(item, type(error).__name__)
        else:
            await self._marks.sent(item.id, message_id)

    async def _clear(self, chat_id: int, more: Sequence[int]) -> None:
        """Delete what both sides wrote, as far back as Telegram lets a bot.

        Args:
            chat_id: the chat.
            more: ids of messages that no row holds any more.
        """
        async with reading(self._engine) as session:
            known = await Chats(session, self._cipher).message_ids(
                chat_id, self._clock() - DELETABLE
            )
        ids = sorted({*known, *more})
        for start in range(0, len(ids), DELETED_AT_ONCE):
            some = ids[start : start + DELETED_AT_ONCE]
            try:
                await self._bot.delete_messages(chat_id, some)
            except BadRequest:
                # One that cannot be deleted stands in the way of the others.
                for number in some:
                    with suppress(BadRequest):
                        await self._bot.delete_message(chat_id, number)

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
                await outbox.mark_failed(item.id, "unreachable")
                await outbox.drop_chat(item.chat_id, "unreachable")
                await Chats(session, self._cipher).set_unreachable(item.chat_id, self._clock())
            else:
                logger.error("Telegram refused a reply")
                await outbox.mark_failed(item.id, "refused")


def _file(reply: Reply, drawn: bytes | None) -> tuple[str, bytes] | None:
    """Name and content of the file that goes with a reply, None without one."""
    if reply.archive and drawn:
        return reply.archive.name, drawn
    if reply.sheet and drawn:
        return reply.sheet.name, drawn
    return (reply.document.name, reply.document.text.encode()) if reply.document else None


def _wait_of(error: RetryAfter) -> timedelta:
    """How long Telegram wants no message in this chat."""
    wait = error.retry_after
    return wait if isinstance(wait, timedelta) else timedelta(seconds=float(wait))
