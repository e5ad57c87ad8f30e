"""The safety plan and the cleared chat, as they are stored and sent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.db.encryption import Cipher
from bot.db.models import SafetyGuide, SafetyPlanRow
from bot.db.repositories import Chats, Inbox, Incoming, Outbox, Plans
from bot.db.session import reading, writing
from bot.skills.reply import Card, Reply, join
from tests.clock import Clock

NOOR, GOVERT = 1, 2


@pytest.fixture
async def people(engine: AsyncEngine, cipher: Cipher, clock: Clock) -> None:
    async with writing(engine) as session:
        for chat in (NOOR, GOVERT):
            (await Chats(session, cipher).ensure_user(chat, clock())).consented_at = clock()


async def test_a_plan_is_kept_encrypted_and_each_answer_replaces_the_one_before(
    engine: AsyncEngine, cipher: Cipher, clock: Clock, people: None
) -> None:
    async with writing(engine) as session:
        plans = Plans(session, cipher)
        await plans.keep_answer(NOOR, 4, "mijn zus", clock())
        await plans.keep_answer(NOOR, 1, "piekeren", clock())
        await plans.keep_answer(NOOR, 4, "mijn broer", clock())
    async with reading(engine) as session:
        assert await Plans(session, cipher).plan(NOOR) == {1: "piekeren", 4: "mijn broer"}
        assert await Plans(session, cipher).plan(GOVERT) == {}
        sealed = await session.scalar(select(SafetyPlanRow.sealed))
    assert sealed is not None
    assert b"broer" not in sealed


async def test_erasing_a_plan_leaves_that_of_others(
    engine: AsyncEngine, cipher: Cipher, clock: Clock, people: None
) -> None:
    async with writing(engine) as session:
        for chat in (NOOR, GOVERT):
            await Plans(session, cipher).keep_answer(chat, 1, "piekeren", clock())
        await Plans(session, cipher).erase_plan(NOOR)
    async with reading(engine) as session:
        assert await Plans(session, cipher).plan(NOOR) == {}
        assert await Plans(session, cipher).plan(GOVERT) == {1: "piekeren"}


async def test_erasing_a_chat_erases_plan_and_step(
    engine: AsyncEngine, cipher: Cipher, clock: Clock, people: None
) -> None:
    async with writing(engine) as session:
        await Plans(session, cipher).keep_answer(NOOR, 1, "piekeren", clock())
        await Plans(session, cipher).guide(NOOR, "plan", 2, True, clock())
        await Chats(session, cipher).erase(NOOR, [])
    async with reading(engine) as session:
        assert await session.scalar(select(SafetyPlanRow.chat_id)) is None
        assert await session.scalar(select(SafetyGuide.chat_id)) is None


async def test_a_step_that_was_left_alone_for_an_hour_is_over(
    engine: AsyncEngine, cipher: Cipher, clock: Clock, people: None
) -> None:
    async with writing(engine) as session:
        await Plans(session, cipher).guide(NOOR, "ground", 5, False, clock())
        await Plans(session, cipher).guide(NOOR, "ground", 4, False, clock())
    async with reading(engine) as session:
        chats = Chats(session, cipher)
        guide = (await chats.facts(NOOR, clock())).guide
        assert guide is not None
        assert (guide.what, guide.step) == ("ground", 4)
        assert (await chats.facts(GOVERT, clock())).guide is None
        assert (await chats.facts(NOOR, clock() + timedelta(minutes=61))).guide is None


async def test_the_ids_of_both_sides_messages_go_no_further_back_than_asked(
    engine: AsyncEngine, cipher: Cipher, clock: Clock, people: None
) -> None:
    async def exchange(number: int) -> None:
        async with writing(engine) as session:
            inbox, outbox = Inbox(session, cipher), Outbox(session, cipher)
            await inbox.store([Incoming(number, NOOR, {}, message_id=number)], clock())
            await outbox.add(NOOR, number, [{"text": "ja"}], clock())
            for row_id, _ in await outbox.replies(NOOR):
                await outbox.mark_sent(row_id, number + 1)

    await exchange(10)
    clock.advance(hours=40)
    await exchange(20)
    async with reading(engine) as session:
        chats = Chats(session, cipher)
        assert await chats.message_ids(NOOR, clock() - timedelta(hours=48)) == [10, 11, 20, 21]
        assert await chats.message_ids(NOOR, clock() - timedelta(hours=24)) == [20, 21]
        assert await chats.message_ids(GOVERT, clock() - timedelta(hours=48)) == []


async def test_coming_back_is_told_by_when_the_user_was_last_there(
    engine: AsyncEngine, cipher: Cipher, clock: Clock, people: None
) -> None:
    async with writing(engine) as session:
        await Chats(session, cipher).set_hold(NOOR, "act", "suicide", "any", clock())
    clock.advance(hours=5)
    async with writing(engine) as session:
        chats = Chats(session, cipher)
        hold = (await chats.facts(NOOR, clock())).hold
        assert hold is not None
        assert not hold.returning
        await chats.see_hold(NOOR, clock())
    clock.advance(hours=5)
    async with reading(engine) as session:
        hold = (await Chats(session, cipher).facts(NOOR, clock())).hold
        assert hold is not None
        assert not hold.returning
        later = (await Chats(session, cipher).facts(NOOR, clock() + timedelta(hours=1))).hold
        assert later is not None
        assert later.returning


def test_what_is_queued_comes_back_the_same_and_stands_alone() -> None:
    card = Reply(("call",), "112: 112", card=Card("112", "112"))
    cleared = Reply(("wiped",), "Klaar.", clears=(3, 4))
    said = Reply(("hold",), "Ben je veilig?")
    for reply in (card, cleared, said):
        assert Reply.from_json(reply.as_json()) == reply
    assert join([said, card, cleared, said]) == [said, card, cleared, said]


def test_a_reply_that_an_earlier_version_queued_can_be_read() -> None:
    old = {"keys": ["hold"], "text": "Ben je veilig?", "buttons": [], "tip_id": None}
    assert Reply.from_json(old) == Reply(("hold",), "Ben je veilig?")


async def test_no_plain_words_of_a_plan_stand_anywhere(
    engine: AsyncEngine, cipher: Cipher, clock: Clock, people: None
) -> None:
    async with writing(engine) as session:
        await Plans(session, cipher).keep_answer(NOOR, 1, "zeldzaamwoord", clock())
    async with engine.connect() as connection:
        rows = (await connection.execute(text("SELECT * FROM safety_plans"))).all()
    assert rows
    assert "zeldzaamwoord" not in str(rows)
