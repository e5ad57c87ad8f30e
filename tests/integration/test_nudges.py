"""Nudges: claimed once, moved on, sent at most once, and skipped by rule."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram.error import Forbidden, RetryAfter, TimedOut

from bot.content import Content
from bot.db.encryption import Cipher
from bot.db.models import CheckinEntry, OutboxItem, ScheduleRow, User
from bot.db.repositories import CHECKIN, Chats, Entries, NudgeQueue, Outbox, Schedules
from bot.db.session import make_engine, reading, writing
from bot.nudges.loop import WAITING_AT_MOST, Nudges
from bot.nudges.moments import Rhythm, next_moment
from bot.nudges.outcomes import Outcome
from bot.skills.reply import Reply
from bot.telegram.sender import Sender
from nlu.schedule import WEEK
from tests.clock import Clock

ZONE = "Europe/Amsterdam"
CHAT = 42


class Doorstep:
    """Stands in for Telegram: remembers what was sent, or fails as told."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, str]] = []
        self.errors: Iterator[BaseException | None] = iter(())
        self.on_send: Any = None

    async def send_message(self, chat_id: int, text: str, **options: Any) -> Any:
        if self.on_send is not None:
            await self.on_send()
        if error := next(self.errors, None):
            raise error
        self.sent.append((chat_id, text))

        class Message:
            message_id = len(self.sent)

        return Message


class House:
    """A database with people who want a check-in at 20:30, a nudge loop and a sender."""

    def __init__(self, engine: AsyncEngine, cipher: Cipher, content: Content, clock: Clock) -> None:
        self.engine, self.cipher, self.content, self.clock = engine, cipher, content, clock
        self.on_replies = asyncio.Event()
        self.nudges = Nudges(engine, cipher, content, clock, self.on_replies)
        self.telegram = Doorstep()
        self.sender = Sender(
            self.telegram,  # type: ignore[arg-type]
            engine,
            cipher,
            self,  # type: ignore[arg-type]
            clock,
            spacing=timedelta(0),
        )

    async def moves_in(self, chat_id: int = CHAT, time: str = "20:30") -> None:
        async with writing(self.engine) as session:
            user = await Chats(session, self.cipher).ensure_user(chat_id, self.clock())
            user.country, user.consented_at = "NL", self.clock()
            row = await Schedules(session).add(chat_id, CHECKIN, "", time, WEEK, ZONE)
            row.enabled = True
            row.next_at = next_moment(Rhythm(time, WEEK, ZONE), self.clock())

    async def row(self, chat_id: int = CHAT) -> ScheduleRow:
        async with reading(self.engine) as session:
            row = await Schedules(session).get(chat_id, CHECKIN)
        assert row is not None
        return row

    async def to_next_moment(self, late: timedelta = timedelta(0)) -> None:
        row = await self.row()
        assert row.next_at is not None
        self.clock.moment = row.next_at + late

    async def step(self) -> Counter[Outcome]:
        counts, _ = await self.nudges.step()
        return counts

    async def waiting(self) -> list[Reply]:
        async with reading(self.engine) as session:
            rows = await session.scalars(select(OutboxItem).where(OutboxItem.status == "new"))
            return [Reply.from_json(self.cipher.open(row.sealed or b"")) for row in rows]

    async def statuses(self) -> list[tuple[str, str | None]]:
        async with reading(self.engine) as session:
            rows = await session.execute(
                select(OutboxItem.status, OutboxItem.error).order_by(OutboxItem.id)
            )
            return [(status, error) for status, error in rows]

    async def send(self) -> None:
        """Let the sender take all that may go now."""
        await self.sender.flush()


@pytest.fixture
async def house(engine: AsyncEngine, cipher: Cipher, content: Content, clock: Clock) -> House:
    clock.moment = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    return House(engine, cipher, content, clock)


async def test_what_is_due_is_claimed_once_and_moved_to_tomorrow(house: House) -> None:
    await house.moves_in()
    assert await house.step() == {}
    house.clock.moment = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
    assert await house.step() == {Outcome.SEND: 1}
    assert await house.step() == {}
    row = await house.row()
    assert row.next_at == datetime(2026, 11, 23, 19, 30, tzinfo=UTC)
    assert (row.unanswered, row.nudged_at) == (1, house.clock())
    [nudge] = await house.waiting()
    assert nudge.keys == ("nudge",)
    assert house.on_replies.is_set()


async def test_the_conversation_knows_that_a_nudge_went_out(house: House) -> None:
    await house.moves_in()
    await house.to_next_moment()
    await house.step()
    async with reading(house.engine) as session:
        facts = await Chats(session, house.cipher).facts(CHAT, house.clock())
    assert (facts.checkins, facts.unanswered, facts.nudged_at) == (True, 1, house.clock())


@pytest.mark.parametrize("late", [timedelta(hours=2), timedelta(hours=1, minutes=59)])
async def test_a_nudge_of_less_than_two_hours_ago_still_goes(house: House, late: timedelta) -> None:
    await house.moves_in()
    await house.to_next_moment(late)
    assert await house.step() == {Outcome.SEND: 1}


async def test_a_nudge_of_longer_ago_is_skipped_and_does_not_count(house: House) -> None:
    await house.moves_in()
    await house.to_next_moment(timedelta(days=3, hours=2, seconds=1))
    assert await house.step() == {Outcome.LATE: 1}
    row = await house.row()
    assert row.next_at == datetime(2026, 11, 26, 19, 30, tzinfo=UTC)
    assert (row.unanswered, await house.waiting()) == (0, [])


async def test_after_a_day_without_power_the_nudge_of_today_still_goes(house: House) -> None:
    await house.moves_in()
    await house.to_next_moment(timedelta(days=1, hours=2))
    counts, more = await house.nudges.step()
    assert (counts, more) == ({Outcome.LATE: 1}, True)
    assert await house.nudges.step() == ({Outcome.SEND: 1}, False)
    row = await house.row()
    assert row.next_at == datetime(2026, 11, 24, 19, 30, tzinfo=UTC)


@pytest.mark.parametrize("level", ["ask", "act"])
async def test_danger_and_an_open_question_about_it_freeze_nudges(house: House, level: str) -> None:
    await house.moves_in()
    async with writing(house.engine) as session:
        await Chats(session, house.cipher).set_hold(CHAT, level, "suicide", "any", house.clock())
    await house.to_next_moment()
    assert await house.step() == {Outcome.FROZEN: 1}
    assert await house.waiting() == []
    async with writing(house.engine) as session:
        await Chats(session, house.cipher).end_hold(CHAT)
    await house.to_next_moment()
    assert await house.step() == {Outcome.SEND: 1}


async def test_a_hold_that_comes_between_claim_and_send_stops_the_nudge(house: House) -> None:
    await house.moves_in()
    await house.to_next_moment()
    await house.step()
    async with writing(house.engine) as session:
        await Chats(session, house.cipher).set_hold(CHAT, "ask", "violence", "any", house.clock())
    await house.send()
    assert house.telegram.sent == []
    assert await house.statuses() == [("failed", "withheld")]


async def test_without_consent_nothing_is_sent(house: House) -> None:
    await house.moves_in()
    async with writing(house.engine) as session:
        await session.execute(update(User).values(consented_at=None))
    await house.to_next_moment()
    assert await house.step() == {Outcome.FROZEN: 1}


async def test_who_checked_in_shortly_before_is_left_alone(house: House) -> None:
    await house.moves_in()
    await house.to_next_moment()
    async with writing(house.engine) as session:
        earlier = house.clock() - timedelta(hours=5)
        entry = await Entries(session, house.cipher).start(CHAT, earlier.date(), earlier)
        entry.score = 6
    assert await house.step() == {Outcome.FRESH: 1}


async def test_a_check_in_without_a_score_is_none(house: House) -> None:
    await house.moves_in()
    await house.to_next_moment()
    async with writing(house.engine) as session:
        await Entries(session, house.cipher).start(CHAT, house.clock().date(), house.clock())
    assert await house.step() == {Outcome.SEND: 1}


async def test_who_never_reacts_is_asked_then_left_to_once_a_week_then_in_peace(
    house: House,
) -> None:
    await house.moves_in()
    seen: list[tuple[Outcome, timedelta]] = []
    last = house.clock()
    while (await house.row()).enabled:
        await house.to_next_moment()
        [outcome] = await house.step()
        seen.append((outcome, timedelta(days=round((house.clock() - last) / timedelta(days=1)))))
        last = house.clock()
    day, week = timedelta(days=1), timedelta(days=7)
    assert [outcome for outcome, _ in seen] == [
        *[Outcome.SEND] * 3, Outcome.ASK, *[Outcome.SEND] * 3, Outcome.SILENT,
    ]  # fmt: skip
    assert [gap for _, gap in seen][1:] == [*[day] * 3, *[week] * 4]
    asked = [reply.keys[0] for reply in await house.waiting()]
    assert asked == [*["nudge"] * 3, "nudge_go_on", *["nudge"] * 3]


async def test_a_chat_that_cannot_be_reached_is_switched_off(house: House) -> None:
    await house.moves_in()
    await house.to_next_moment()
    await house.step()
    house.telegram.errors = iter([Forbidden("Forbidden: bot was blocked by the user")])
    await house.send()
    assert await house.statuses() == [("failed", "unreachable")]
    await house.to_next_moment()
    assert await house.step() == {Outcome.BLOCKED: 1}
    row = await house.row()
    assert (row.enabled, row.next_at) == (False, None)


async def test_two_at_once_claim_each_nudge_once(
    house: House, stored_at: str, content: Content
) -> None:
    for chat_id in range(1, 61):
        await house.moves_in(chat_id)
    house.clock.moment = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
    other = make_engine(stored_at)
    loops = [house.nudges, Nudges(other, house.cipher, content, house.clock, asyncio.Event())]

    async def drain(loop: Nudges) -> int:
        claimed = 0
        for _ in range(20):
            counts, _more = await loop.step(batch=7)
            claimed += counts.total()
            await asyncio.sleep(0)
        return claimed

    claimed = await asyncio.gather(*(drain(loop) for loop in loops))
    await other.dispose()
    assert sum(claimed) == 60
    async with reading(house.engine) as session:
        chats = list(await session.scalars(select(OutboxItem.chat_id)))
    assert sorted(chats) == list(range(1, 61))


async def test_the_outbox_stays_short_and_who_waits_longest_goes_first(house: House) -> None:
    async with writing(house.engine) as session:
        chats = Chats(session, house.cipher)
        for chat_id in range(1, WAITING_AT_MOST + 51):
            user = await chats.ensure_user(chat_id, house.clock())
            user.consented_at = house.clock()
            row = await Schedules(session).add(chat_id, CHECKIN, "", "20:30", WEEK, ZONE)
            row.enabled = True
            # The higher the number, the longer due.
            row.next_at = house.clock() - timedelta(seconds=chat_id)
    while (await house.step()).total():
        pass
    async with reading(house.engine) as session:
        assert await NudgeQueue(session, house.cipher).waiting(10_000) == WAITING_AT_MOST
        queued = list(await session.scalars(select(OutboxItem.chat_id).order_by(OutboxItem.id)))
    assert queued == list(range(WAITING_AT_MOST + 50, 50, -1))
    assert await house.nudges.step() == (Counter(), True)


async def test_a_nudge_is_marked_before_it_goes_so_a_kill_loses_it(house: House) -> None:
    await house.moves_in()
    await house.to_next_moment()
    await house.step()
    seen: list[Any] = []

    async def look() -> None:
        seen.extend(await house.statuses())

    house.telegram.on_send = look
    house.telegram.errors = iter([asyncio.CancelledError()])  # the process ends here
    await house.send()
    assert seen == [("sending", None)]
    for _ in range(2):
        await house.send()
    assert (house.telegram.sent, await house.statuses()) == ([], [("sending", None)])
    house.clock.advance(minutes=11)
    async with writing(house.engine) as session:
        await Outbox(session, house.cipher).sweep(house.clock())
    assert await house.statuses() == [("failed", "lost")]


async def test_a_nudge_that_may_have_arrived_is_not_sent_again(house: House) -> None:
    await house.moves_in()
    await house.to_next_moment()
    await house.step()
    house.telegram.errors = iter([TimedOut()])
    for _ in range(2):
        await house.send()
    assert (house.telegram.sent, await house.statuses()) == ([], [("failed", "TimedOut")])


async def test_a_nudge_that_telegram_put_off_is_sent_later(house: House) -> None:
    await house.moves_in()
    await house.to_next_moment()
    await house.step()
    house.telegram.errors = iter([RetryAfter(5)])
    await house.send()
    await house.send()
    assert house.telegram.sent == []
    house.clock.advance(seconds=6)
    await house.send()
    await house.send()
    assert len(house.telegram.sent) == 1
    assert await house.statuses() == [("sent", None)]


async def test_a_nudge_that_waited_too_long_is_not_sent_any_more(house: House) -> None:
    await house.moves_in()
    await house.to_next_moment()
    await house.step()
    house.clock.advance(hours=2, seconds=1)
    await house.send()
    assert (house.telegram.sent, await house.statuses()) == ([], [("failed", "withheld")])


async def test_who_is_answered_goes_before_who_is_reminded(house: House) -> None:
    for chat_id in (1, 2):
        await house.moves_in(chat_id)
    house.clock.moment = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
    await house.step()
    async with writing(house.engine) as session:
        await Outbox(session, house.cipher).add(
            3, 1, [Reply((), "antwoord").as_json()], house.clock()
        )
    async with reading(house.engine) as session:
        due = await Outbox(session, house.cipher).due(house.clock(), 10, [])
    assert [item.chat_id for item in due] == [3, 1, 2]


async def test_a_chat_does_not_get_the_same_opening_within_a_month(house: House) -> None:
    await house.moves_in()
    texts = []
    for _ in range(len(house.content.messages["nudge"].variants)):
        await house.to_next_moment()
        await house.step()
        async with writing(house.engine) as session:
            await session.execute(update(ScheduleRow).values(unanswered=0))
    texts = [reply.text for reply in await house.waiting()]
    assert len(set(texts)) == len(texts) >= 30


async def test_an_erased_chat_gets_no_nudge(house: House) -> None:
    await house.moves_in()
    await house.to_next_moment()
    await house.step()
    async with writing(house.engine) as session:
        await Chats(session, house.cipher).erase(CHAT, [])
        left = [await session.scalar(select(model.id)) for model in (ScheduleRow, CheckinEntry)]
    await house.send()
    assert (left, house.telegram.sent) == ([None, None], [])


async def test_a_clock_that_is_set_back_makes_no_message_wait(house: House) -> None:
    await house.moves_in()
    async with writing(house.engine) as session:
        outbox = Outbox(session, house.cipher)
        await outbox.add(CHAT, 1, [Reply(("greet",), "Hoi.").as_json()], house.clock())
    house.clock.advance(minutes=-40)
    await house.sender.flush()
    assert house.telegram.sent == [(CHAT, "Hoi.")]
