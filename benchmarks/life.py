"""What an installation does all day, on stored chats: turns, sending, nudges, keeping house."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update

from benchmarks.chats import DANGER, LATER, NOW, TRACKER
from bot.bootstrap import App
from bot.content import Content
from bot.conversation.inbound import read_text
from bot.conversation.steps import (
    Acknowledge,
    Agreement,
    Ask,
    Bridge,
    Do,
    Exercise,
    ExplainTip,
    Feedback,
    GiveTip,
    Step,
)
from bot.conversation.understanding import Decision, Understanding
from bot.db.models import User
from bot.db.repositories import SILENT, TIME_TO_ANSWER, Chats, Outbox, Silences
from bot.db.session import reading, writing
from bot.telegram.sender import Sender
from nlu.facts import Facts

LINE = read_text("hij liegt al weken over geld")
DAY = timedelta(days=1)
# Faster than Telegram allows: what the database does is measured, not waiting.
A_SECOND = 100_000.0
# Seconds.
PATIENCE = 30.0


class Instant:
    """A dialogue that knows at once what to do: the same things, one after another."""

    def __init__(self, content: Content) -> None:
        concern, tip = "lied_to", content.tips[0].id
        question = content.concerns[concern].questions[0].id
        self.slots_now: dict[str, Any] = {"concern": concern, "tip": tip}
        # As a talk goes: a question, then a tip.
        self.talk: Sequence[tuple[Step, ...]] = (
            (Acknowledge(concern), Ask(question)),
            (Bridge(concern), GiveTip(tip)),
        )
        # What else people do.
        self.rest: Sequence[tuple[Step, ...]] = (
            (ExplainTip(tip),), (Feedback("helped"),), (Do("saved_tips"),), (Do("save_tip", tip),),
            (Do("progress"),), (Do("checkin"),), (Exercise(f"start:{tip}"),), (Agreement("list"),),

        )  # fmt: skip
        self.next = itertools.cycle(self.talk)

    async def decide_text(
        self, fragments: Sequence[str], facts: Facts, stored: Any, *, style: bool = False
    ) -> Decision:
        """As the real one."""
        return Decision(Understanding(), next(self.next), self.slots_now, TRACKER)

    def slots(self, stored: Any) -> dict[str, Any]:
        """As the real one."""
        return self.slots_now

    def knows(self, intent: str) -> bool:
        """As the real one."""
        return True


class Taker:
    """A Telegram that takes every message at once."""

    def __init__(self) -> None:
        self._ids = itertools.count(1)

    def __getattr__(self, name: str) -> Any:
        async def call(*args: Any, **options: Any) -> Any:
            return type("Message", (), {"message_id": next(self._ids)})()

        return call


class Installation:
    """A running TeVoet on stored chats, whose clock is set by hand.

    Args:
        app: on a database filled by `chats.store`.
        count: how many chats are stored.
        active: how many of them write.
        danger: one in so many has been in danger, and does not write.
    """

    def __init__(self, app: App, count: int, active: int, danger: int = DANGER) -> None:
        self._app, self._count = app, count
        self._numbers = itertools.count(1)
        # Spread over all that is stored, and none of them in danger.
        step = max(1, count // active)
        self.chats = [n for n in range(1, count + 1, step) if n % danger][:active]
        self._sender = Sender(
            Taker(),  # type: ignore[arg-type]
            app.engine, app.cipher, app.conversation, app.clock, A_SECOND, timedelta(0),
        )  # fmt: skip

    async def turn(self, chat_id: int) -> None:
        """Somebody writes, and the answer waits to be sent: inbox, drain, turn."""
        await self._app.conversation.store([(next(self._numbers), chat_id, LINE)])
        self._app.conversation.wake(chat_id)
        # A turn that fails is tried again at a moment that this clock never comes to.
        await asyncio.wait_for(self._app.conversation.settle(), PATIENCE)

    async def send(self) -> None:
        """Send all that waits."""
        await self._sender.flush()

    async def nudge(self, batch: int | None = None) -> int:
        """Claim a batch of what is due, the loop's own by default; how many that were."""
        counts, _ = await self._app.nudges.step(batch)
        return counts.total()

    async def keep_house(self) -> None:
        """A start, a look at the outbox, and the day's retention with somebody to ask and erase."""
        app, now = self._app, self._app.clock()
        await app.conversation.resume()
        # Not in danger: both are odd.
        silent, overdue = self._count - 1, self._count - 3
        async with writing(app.engine) as session:
            asked_at = now - TIME_TO_ANSWER - DAY
            for chat_id, seen, asked in (
                (silent, now - SILENT - DAY, None),
                (overdue, asked_at - SILENT - DAY, asked_at),
            ):
                await session.execute(
                    update(User)
                    .where(User.chat_id == chat_id)
                    .values(seen_at=seen, asked_to_stay_at=asked)
                )
        async with reading(app.engine) as session:
            await Outbox(session, app.cipher).depth()
        async with writing(app.engine) as session:
            silences = Silences(session)
            await silences.sweep(now)
            if await silences.ask(now, 100) != [silent]:
                raise RuntimeError("who is silent was not asked")
            for chat_id in await silences.overdue(now, 100):
                if not await silences.still_overdue(chat_id, now):
                    raise RuntimeError("who is overdue is not to be erased")
                await Chats(session, app.cipher).erase(chat_id, unread=False)


class HandSetClock:
    """Tells the moment that it was set to."""

    def __init__(self) -> None:
        self.moment = NOW

    def __call__(self) -> datetime:
        """The moment."""
        return self.moment

    def set_to_checkins(self) -> None:
        """The moment at which everybody's check-in is due."""
        self.moment = LATER
