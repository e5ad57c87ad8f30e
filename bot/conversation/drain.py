"""From inbox to turns: order per chat, fragments merged, failures tried again.

`drain(chat)` is the whole engine of the bot: it ends when nothing waits. In one process `wake`
starts it whenever something was stored for a chat, and at start for what was left; of several
processes a job does (bot/workers), which holds the chat as long. One chat is drained once at a
time; several chats go side by side.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.content import Content
from bot.conversation.arrivals import Arrivals
from bot.conversation.crowd import Waiting, fragments, newest, readable
from bot.conversation.emergency import Emergency
from bot.conversation.inbound import InboundKind
from bot.conversation.queue import Queue
from bot.conversation.turn import Clock, Outcome, Superseded, Turn, Turns
from bot.conversation.understanding import ModelNotReadyError
from bot.db.encryption import Cipher
from bot.db.repositories import Chats, Inbox, Outbox, Roleplays
from bot.db.session import forget_for_good, reading, writing
from bot.db.trouble import TROUBLE, reason
from bot.logs import places
from bot.metrics import Metrics
from bot.skills.reply import Reply
from nlu.lexicon import Level, Lexicon

TRIES = 3
RETRY_WAITS = (timedelta(seconds=2), timedelta(seconds=10), timedelta(seconds=0))
DELAYED_AFTER = timedelta(hours=1)
CHATS_AT_ONCE = 16
# How long a chat rests whose answers are not sent yet.
ROOM_AGAIN = timedelta(seconds=1)

logger = logging.getLogger(__name__)


class Conversation(Arrivals):
    """Everything that comes in goes through here and is handled.

    Args:
        engine: the database.
        cipher: encrypts what users wrote.
        turns: handles one turn.
        content: all copy.
        lexicon: sees explicit danger without model and database.
        clock: tells the time.
        merge: texts of one chat within this time form one turn.
        metrics: counts what is handled.
        look_again: a chat that waits looks so often whether another process stored something for
            it; None when only this one does.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        cipher: Cipher,
        turns: Turns,
        content: Content,
        lexicon: Lexicon,
        clock: Clock,
        merge: timedelta,
        metrics: Metrics | None = None,
        look_again: timedelta | None = None,
    ) -> None:
        super().__init__(engine, cipher, Emergency(content, lexicon), clock)
        self._content, self._lexicon = content, lexicon
        self._turns, self._merge = turns, merge
        self._metrics = metrics or Metrics()
        self._look_again = look_again.total_seconds() if look_again else math.inf
        self._drains: set[asyncio.Task[None]] = set()
        # Of each chat that is being drained: set when something new was stored for it.
        self._again: dict[int, asyncio.Event] = {}
        self._queue = Queue(engine, cipher, lexicon, clock, self._apology("too_fast"))
        self._slots = asyncio.Semaphore(CHATS_AT_ONCE)
        self._stopping = False
        # Set whenever replies wait in the outbox.
        self.on_replies = asyncio.Event()

    # --- all chats ---------------------------------------------------------------

    def wake(self, chat_id: int) -> None:
        """Handle what waits for a chat; a chat that is being drained looks once more."""
        if again := self._again.get(chat_id):
            again.set()
            return
        self._again[chat_id] = asyncio.Event()
        task = asyncio.create_task(self._drain_here(chat_id), name=f"drain-{chat_id}")
        self._drains.add(task)
        task.add_done_callback(self._drains.discard)

    async def resume(self) -> int:
        """Handle what was left by an earlier run, danger first.

        Returns:
            The number of chats with something left.
        """
        await self.tidy()
        async with reading(self._engine) as session:
            chats = await Inbox(session, self._cipher).open_chats()
        urgent = await self.urgent(chats)
        for chat in sorted(chats, key=lambda chat: chat not in urgent):
            self.wake(chat)
        return len(chats)

    async def urgent(self, chats: Iterable[int]) -> set[int]:
        """Those of some chats for which danger waits."""
        return {
            chat
            for chat in chats
            if any(self.emergency.danger(inbound) for _, inbound in await self._queue.waiting(chat))
        }

    async def tidy(self) -> None:
        """Forget what is done with."""
        async with writing(self._engine) as session:
            await Inbox(session, self._cipher).sweep(self._clock())
            await Outbox(session, self._cipher).sweep(self._clock())
            await Roleplays(session, self._cipher).sweep(self._clock())
        await forget_for_good(self._engine, largest=0)

    async def settle(self) -> None:
        """Wait until nothing is being handled."""
        while self._drains:
            await asyncio.wait(list(self._drains))

    async def stop(self) -> None:
        """Finish the turns under way; what waits for its moment is left to the next start."""
        self._stopping = True
        for again in self._again.values():
            again.set()
        await self.settle()

    # --- one chat ----------------------------------------------------------------

    async def drain(self, chat_id: int) -> bool:
        """Handle what waits for a chat, until nothing does.

        Args:
            chat_id: a chat that nobody else drains.

        Returns:
            False when something may be left: the database failed, or this is being stopped.
        """
        again = self._again.setdefault(chat_id, asyncio.Event())
        try:
            while not self._stopping:
                again.clear()
                async with self._slots:
                    wait = None if self._stopping else await self._step(chat_id)
                if wait is None and not again.is_set():
                    break
                # What comes in meanwhile may be danger: it ends the wait.
                with suppress(TimeoutError):
                    await asyncio.wait_for(again.wait(), min(wait or 0, self._look_again))
        except Exception as error:
            # What is stored stays stored, and is tried again.
            if isinstance(error, TROUBLE):
                logger.error("a chat waits, the database fails: %s", reason(error))
            else:
                name = type(error).__name__
                logger.error("chat could not be drained (%s)\n%s", name, places(error))
            return False
        finally:
            self._again.pop(chat_id, None)
            self._queue.is_empty(chat_id)
        return not self._stopping

    async def _drain_here(self, chat_id: int) -> None:
        if not await self.drain(chat_id) and not self._stopping:
            asyncio.get_running_loop().call_later(
                RETRY_WAITS[0].total_seconds(), self.wake, chat_id
            )

    async def _step(self, chat_id: int) -> float | None:
        """Handle the next turn of a chat.

        Returns:
            Seconds to wait before the next look, None when nothing waits.
        """
        now = self._clock()
        opened = await self._queue.waiting(chat_id)
        if not opened:
            return None
        flood = len(newest(opened)) < len(opened)
        if flood and await self._queue.let_go(chat_id, opened):
            self.on_replies.set()
            return 0
        full = await self._queue.is_full(chat_id)
        # In order of arrival the pieces of a sentence would be answered one by one.
        if (flood or full) and (urgent := await self._queue.urgent(opened)):
            await self._answer(urgent)
            return 0
        if full:
            return ROOM_AGAIN.total_seconds()
        first = opened[0][0]
        danger = await asyncio.to_thread(self._new_danger, opened)
        # What was never tried waits for nothing: its moment is to come when the clock was set back.
        if first.attempts and first.not_before > now and not danger:
            return (first.not_before - now).total_seconds()
        backlog = now - first.received_at > DELAYED_AFTER
        batch = fragments(opened, self._merge, backlog)
        # What follows already and is no fragment of it: nothing more can belong to it.
        complete = backlog or len(batch) < len(opened)
        if not complete and (rest := self._still_typing(batch)) > timedelta(0):
            return rest.total_seconds()
        wait = await self._answer(batch, backlog)
        # What comes in later wakes this chat again; only a failure or a rest needs another look.
        return wait if len(opened) == len(batch) else 0

    def _new_danger(self, opened: Sequence[Waiting]) -> bool:
        return any(
            item.attempts == 0 and self.emergency.danger(inbound) for item, inbound in opened
        )

    def _still_typing(self, batch: Sequence[Waiting]) -> timedelta:
        """How long to wait for a next fragment; danger never waits."""
        item, inbound = batch[-1]
        if inbound.kind is not InboundKind.TEXT or any(self.emergency.danger(i) for _, i in batch):
            return timedelta(0)
        gone = self._clock() - item.received_at
        # It is to come yet when the clock was set back: who knows how long it waited.
        return self._merge - gone if gone >= timedelta(0) else timedelta(0)

    async def _answer(self, batch: Sequence[Waiting], backlog: bool = False) -> float | None:
        """Run the turn of a batch; 0 when it failed and another look is needed."""
        last = batch[-1][0]
        turn = Turn(
            last.chat_id,
            [item.id for item, _ in batch],
            last.update_id,
            [readable(inbound, self._lexicon) for _, inbound in batch],
            delayed=backlog,
        )
        return None if await self.run(turn, attempt=batch[0][0].attempts + 1) else 0

    async def run(self, turn: Turn, attempt: int = 1) -> Outcome | None:
        """Run a turn; on failure apologise, keep it for another try, and at last park it."""
        started = time.perf_counter()
        try:
            outcome = await self._turns.run(turn)
        except Superseded:
            return None
        except Exception as error:
            self._metrics.failed()
            try:
                await self._failed(turn, attempt, error)
            except TROUBLE:
                # What cannot be queued goes past the queue, when somebody needs it now.
                for inbound in turn.inbounds:
                    await self.emergency.answer(turn.turn_id, turn.chat_id, inbound)
                raise
            return None
        seconds = time.perf_counter() - started
        self._metrics.turn(turn, outcome, seconds)
        told = {"seconds": round(seconds, 3), "messages": len(turn.inbounds), "attempt": attempt}
        logger.debug("turn handled", extra=told)
        self.on_replies.set()
        return outcome

    async def _failed(self, turn: Turn, attempt: int, error: Exception) -> None:
        # The type of an error only: its text may hold what the user wrote.
        name = type(error).__name__
        logger.error("turn failed (%s), try %d of %d", name, attempt, TRIES)
        logger.debug("turn failed\n%s", places(error))
        now = self._clock()
        # Without a model it is tried until there is one: that may take minutes.
        last = attempt >= TRIES and not isinstance(error, ModelNotReadyError)
        crisis = self._lexicon.check([i.plain for i in turn.inbounds if i.kind is InboundKind.TEXT])
        reply: Reply | None = None
        if crisis.level is Level.ACT:
            reply = self.emergency.reply(str(crisis.kind))
        elif any(inbound.asks_for_lines for inbound in turn.inbounds):
            reply = self.emergency.reply(None)
        elif attempt == 1:
            reply = self._apology("failed")
        elif last:
            reply = self._apology("failed_for_good")
        async with writing(self._engine) as session:
            await Inbox(session, self._cipher).mark_failed(
                turn.inbox_ids,
                name,
                now + (RETRY_WAITS[min(attempt, TRIES if last else TRIES - 1) - 1]),
                park=last,
            )
            if crisis.level is Level.ACT:
                await Chats(session, self._cipher).set_hold(
                    turn.chat_id, "act", str(crisis.kind), "any", now
                )
            if reply and (attempt == 1 or last):
                # Negative turn ids belong to apologies: the turn itself may still come.
                await Outbox(session, self._cipher).add(
                    turn.chat_id, -(turn.turn_id * 10 + attempt), [reply.as_json()], now
                )
        self.on_replies.set()

    def _apology(self, key: str) -> Reply:
        return Reply((key,), self._content.messages[key].variants[0])
