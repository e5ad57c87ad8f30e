"""What is erased by itself, who is asked first, and what taking consent back leaves."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.content import Content
from bot.conversation.inbound import Inbound, InboundKind
from bot.db.encryption import Cipher
from bot.db.models import Base, CheckinEntry, ExerciseRow, SafetyHold, TrackerRow, User
from bot.db.repositories import Chats, Outbox
from bot.db.session import make_engine, reading, writing
from bot.retention import Retention
from tests.clock import Clock
from tests.integration.test_drain import GOVERT, NOOR, Bench, press
from tests.integration.test_export import fill

A_YEAR = 366
# What is left of a chat in every table that has one, without the queues' ids.
QUEUES = {"inbox", "outbox"}


@pytest.fixture
async def bench(engine: AsyncEngine, cipher: Cipher, content: Content, clock: Clock) -> Bench:
    bench = Bench(engine, cipher, content, clock)
    await bench.onboard(NOOR, GOVERT)
    return bench


@pytest.fixture
def retention(bench: Bench, content: Content) -> Retention:
    return retention_of(bench, bench.engine, content)


def retention_of(bench: Bench, engine: AsyncEngine, content: Content) -> Retention:
    return Retention(engine, bench.cipher, content, bench.clock, asyncio.Event())


async def held_of(bench: Bench, chat: int = NOOR) -> set[str]:
    """The tables in which something stands about a chat, without the queues."""
    async with reading(bench.engine) as session:
        return {
            table.name
            for table in Base.metadata.sorted_tables
            if "chat_id" in table.c
            and table.name not in QUEUES
            and (await session.execute(select(table).where(table.c.chat_id == chat))).first()
        }


async def chats_in(bench: Bench, table: type) -> set[int]:
    async with reading(bench.engine) as session:
        return set(await session.scalars(select(table.chat_id)))


async def sent(bench: Bench) -> None:
    """All that waited is sent."""
    async with writing(bench.engine) as session:
        outbox = Outbox(session, bench.cipher)
        for chat in (NOOR, GOVERT):
            for item, _ in await outbox.replies(chat):
                await outbox.mark_sent(item, None)


# --- the talk ------------------------------------------------------------------------


async def test_a_talk_is_forgotten_thirty_days_after_its_last_message(
    bench: Bench, retention: Retention, clock: Clock
) -> None:
    await bench.hears("mijn zus liegt")
    clock.advance(days=20)
    await bench.hears("mijn man liegt", chat=GOVERT)
    clock.advance(days=10, seconds=1)
    await retention.step()
    assert await chats_in(bench, TrackerRow) == {GOVERT}
    await bench.hears("daar ben ik weer")
    assert await chats_in(bench, TrackerRow) == {NOOR, GOVERT}


async def test_what_was_made_stays_however_long_ago(
    bench: Bench, retention: Retention, clock: Clock
) -> None:
    await fill(bench, 5, "x")
    async with writing(bench.engine) as session:
        await session.execute(update(User).values(seen_at=clock(), asked_to_stay_at=None))
    clock.advance(days=300)
    await retention.step()
    assert {"exercises", "agreements", "checkin_entries", "safety_plans"} <= await held_of(bench, 5)


# --- a year of silence ---------------------------------------------------------------


async def test_who_is_silent_for_a_year_is_asked_once(
    bench: Bench, retention: Retention, clock: Clock
) -> None:
    clock.advance(days=A_YEAR - 2)
    assert await retention.step() == (0, 0)
    clock.advance(days=2)
    assert await retention.step() == (2, 0)
    assert await bench.keys() == ["ask_to_stay"]
    clock.advance(days=20)
    assert await retention.step() == (0, 0)
    assert await bench.keys() == ["ask_to_stay"]


async def test_who_stays_silent_is_erased_thirty_days_after_the_question(
    bench: Bench, retention: Retention, clock: Clock
) -> None:
    clock.advance(days=A_YEAR)
    await retention.step()
    await sent(bench)
    clock.advance(days=29)
    assert await retention.step() == (0, 0)
    clock.advance(days=1, seconds=1)
    assert await retention.step() == (0, 2)
    assert await held_of(bench, NOOR) == set()


@pytest.mark.parametrize(
    "answer",
    ["hoi", Inbound(InboundKind.PRESS, "do:stay"), Inbound(InboundKind.MEDIA, "voice")],
    ids=["a word", "the button", "a voice message"],
)
async def test_any_sign_of_life_ends_it_and_a_new_year_begins(
    bench: Bench, retention: Retention, clock: Clock, answer: str | Inbound
) -> None:
    clock.advance(days=A_YEAR)
    await retention.step()
    clock.advance(days=29)
    await bench.hears(answer)
    clock.advance(days=2)
    assert await retention.step() == (0, 1)  # Govert, who said nothing
    assert await chats_in(bench, User) == {NOOR}
    clock.advance(days=A_YEAR)
    assert await retention.step() == (1, 0)


async def test_blocking_the_bot_is_no_sign_of_life(
    bench: Bench, retention: Retention, clock: Clock
) -> None:
    clock.advance(days=A_YEAR)
    await retention.step()
    await bench.hears(Inbound(InboundKind.REACH, "blocked"))
    clock.advance(days=31)
    await retention.step()
    assert await chats_in(bench, User) == set()


async def test_who_may_not_be_asked_is_erased_as_late_without_a_question(
    bench: Bench, retention: Retention, clock: Clock
) -> None:
    async with writing(bench.engine) as session:
        chats = Chats(session, bench.cipher)
        await chats.set_hold(NOOR, "act", "violence", "partner", clock())
        await chats.set_unreachable(GOVERT, clock())
        await chats.ensure_user(3, clock())  # chose a country and never consented
    clock.advance(days=A_YEAR + 25)
    assert await retention.step() == (0, 0)
    clock.advance(days=10)
    assert await retention.step() == (0, 3)
    assert await chats_in(bench, User) | await chats_in(bench, SafetyHold) == set()


async def test_after_a_long_outage_people_are_asked_before_they_are_erased(
    bench: Bench, retention: Retention, clock: Clock
) -> None:
    clock.advance(days=3 * A_YEAR)
    assert await retention.step() == (2, 0)


async def test_a_hold_without_an_account_does_not_stay_for_ever(
    bench: Bench, retention: Retention, clock: Clock
) -> None:
    async with writing(bench.engine) as session:
        await Chats(session, bench.cipher).set_hold(9, "act", "suicide", "any", clock())
        await Chats(session, bench.cipher).add_gate(9, "any", "suicide", clock())
    clock.advance(days=A_YEAR)
    await retention.step()
    assert await held_of(bench, 9) == {"safety_holds", "safety_gates"}
    clock.advance(days=30)
    await retention.step()
    assert await held_of(bench, 9) == set()


async def test_a_message_that_waits_to_be_read_is_never_erased(
    bench: Bench, retention: Retention, clock: Clock
) -> None:
    clock.advance(days=A_YEAR)
    await retention.step()
    clock.advance(days=31)
    await bench.store("ik wil niet meer leven")
    assert await retention.step() == (0, 1)
    assert [row.status for row in await bench.inbox()] == ["new"]
    bench.conversation.wake(NOOR)
    await bench.settle()
    assert await chats_in(bench, User) == {NOOR}


async def test_two_processes_on_one_database_ask_once(
    bench: Bench, clock: Clock, content: Content, stored_at: str
) -> None:
    more = list(range(100, 130))
    await bench.onboard(*more)
    clock.advance(days=A_YEAR)
    other = make_engine(stored_at)
    both = [retention_of(bench, bench.engine, content), retention_of(bench, other, content)]
    asked = await asyncio.gather(*(each.step() for each in both))
    await other.dispose()
    assert sum(count for count, _ in asked) == len(more) + 2
    assert {chat: await bench.keys(chat) for chat in more} == {
        chat: ["ask_to_stay"] for chat in more
    }


async def test_the_question_comes_by_day_and_the_work_is_done_once_a_day(
    bench: Bench, retention: Retention, clock: Clock
) -> None:
    clock.moment = datetime(2027, 12, 6, 2, 0, tzinfo=UTC)  # three at night here
    await retention.daily()
    assert await bench.keys() == []
    clock.advance(hours=8)
    await retention.daily()
    assert await bench.keys() == ["ask_to_stay"]
    async with writing(bench.engine) as session:
        await Chats(session, bench.cipher).ensure_user(4, clock() - timedelta(days=900))
    clock.advance(hours=2)
    await retention.daily()
    assert 4 in await chats_in(bench, User)
    clock.advance(days=1)
    await retention.daily()
    assert 4 not in await chats_in(bench, User)


async def test_being_seen_is_written_once_a_day(bench: Bench, clock: Clock) -> None:
    begun = clock()
    clock.advance(hours=23)
    await bench.hears("hoi")
    async with reading(bench.engine) as session:
        assert await session.scalar(select(User.seen_at).where(User.chat_id == NOOR)) == begun
    clock.advance(hours=2)
    await bench.hears("hoi")
    async with reading(bench.engine) as session:
        assert await session.scalar(select(User.seen_at).where(User.chat_id == NOOR)) == clock()


# --- consent is taken back -----------------------------------------------------------


async def test_taking_consent_back_erases_all_but_country_and_safety(
    bench: Bench, clock: Clock
) -> None:
    await fill(bench, 7, "x", held=True)
    assert {"trackers", "exercises", "checkin_entries"} <= await held_of(bench, 7)
    await bench.hears(press(f"withdraw:yes:{int(clock().timestamp())}"), chat=7)
    assert await bench.keys(7) == ["withdrawn"]
    assert await held_of(bench, 7) == {"users", "safety_holds", "safety_gates"}
    async with reading(bench.engine) as session:
        user = await session.get(User, 7)
        assert user is not None
        assert (user.country, user.consented_at) == ("NL", None)
        assert not await session.scalar(select(CheckinEntry).where(CheckinEntry.chat_id == 7))


async def test_from_then_on_nothing_is_kept_and_consent_is_asked_anew(
    bench: Bench, clock: Clock
) -> None:
    await bench.hears("mijn zus liegt", press(f"withdraw:yes:{int(clock().timestamp())}"))
    await sent(bench)
    await bench.hears(press("do:stay"))
    assert await bench.keys() == ["consent_first"]
    assert await held_of(bench) == {"users"}


async def test_the_question_offers_the_data_first_and_needs_an_answer_in_time(
    bench: Bench, clock: Clock
) -> None:
    await bench.hears(press("do:confirm_withdraw"))
    async with reading(bench.engine) as session:
        [(_, question)] = await Outbox(session, bench.cipher).replies(NOOR)
    presses = [button["press"] for row in question["buttons"] for button in row]
    stamp = int(clock().timestamp())
    assert presses == ["do:confirm_export", f"withdraw:yes:{stamp}", "withdraw:no"]
    await bench.hears(press("withdraw:no"), press(f"withdraw:yes:{stamp - 3600}"))
    assert await bench.keys() == ["confirm_withdraw", "withdraw_cancelled", "button_past"]
    async with reading(bench.engine) as session:
        user = await session.get(User, NOOR)
        assert user is not None and user.consented_at is not None


async def test_it_can_be_taken_back_while_tips_are_frozen_and_the_hold_stays(
    bench: Bench, clock: Clock
) -> None:
    async with writing(bench.engine) as session:
        await Chats(session, bench.cipher).set_hold(NOOR, "act", "suicide", "any", clock())
    await bench.hears(press(f"withdraw:yes:{int(clock().timestamp())}"))
    assert await bench.keys() == ["withdrawn"]
    assert await chats_in(bench, SafetyHold) == {NOOR}
    assert await chats_in(bench, ExerciseRow) == set()


async def test_a_lost_connection_does_not_end_the_loop(
    retention: Retention, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What asyncpg raises while there is no connection is no error of SQLAlchemy."""

    async def fails() -> None:
        raise asyncpg.InterfaceError("connection is closed")

    monkeypatch.setattr(retention, "daily", fails)
    loop = asyncio.create_task(retention.run())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not loop.done()
    assert "retention waits, the database fails" in caplog.text
    loop.cancel()
