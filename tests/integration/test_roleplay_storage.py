"""What is kept of role-plays, on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.db.encryption import Cipher
from bot.db.models import RoleplayResult, RoleplayRow
from bot.db.repositories import Chats, Roleplays
from bot.db.repositories.roleplays import LINES_KEPT, RESULTS_SHOWN
from bot.db.session import reading, writing
from nlu.facts import Roleplay
from tests.clock import Clock

NOOR, SAM = 7, 8
PLAY = {"scenario": "etentjes", "moments": ["een zwaluwstaartje"]}


@pytest.fixture
async def store(engine: AsyncEngine, cipher: Cipher, clock: Clock) -> Clock:
    """Two people who gave consent."""
    async with writing(engine) as session:
        for chat_id in (NOOR, SAM):
            user = await Chats(session, cipher).ensure_user(chat_id, clock())
            user.consented_at = clock()
    return clock


async def facts(engine: AsyncEngine, cipher: Cipher, clock: Clock, chat_id: int = NOOR):
    async with reading(engine) as session:
        return (await Chats(session, cipher).facts(chat_id, clock())).roleplay


async def test_a_play_is_kept_as_it_was_said_and_replaced_by_the_next(
    engine: AsyncEngine, cipher: Cipher, store: Clock
) -> None:
    for stage, play in (("issue", {"n": 1}), ("playing", PLAY)):
        async with writing(engine) as session:
            await Roleplays(session, cipher).save(NOOR, stage, play, store())
    async with reading(engine) as session:
        assert await Roleplays(session, cipher).load(NOOR) == ("playing", PLAY)
        assert await Roleplays(session, cipher).load(SAM) is None
        [row] = (await session.scalars(select(RoleplayRow))).all()
    assert b"zwaluwstaartje" not in row.sealed


async def test_the_facts_of_a_chat_know_of_a_play_that_is_not_over(
    engine: AsyncEngine, cipher: Cipher, store: Clock
) -> None:
    assert await facts(engine, cipher, store) is None
    began = store()
    async with writing(engine) as session:
        await Roleplays(session, cipher).save(NOOR, "playing", PLAY, began)
    store.advance(hours=1)
    assert await facts(engine, cipher, store) == Roleplay("playing", began, False)
    assert await facts(engine, cipher, store, SAM) is None
    async with writing(engine) as session:
        await Roleplays(session, cipher).pause(NOOR, asked=True)
    assert await facts(engine, cipher, store) == Roleplay("paused", began, True)
    # Going on makes the question new again.
    async with writing(engine) as session:
        await Roleplays(session, cipher).save(NOOR, "playing", PLAY, store())
    assert await facts(engine, cipher, store) == Roleplay("playing", store(), False)
    async with writing(engine) as session:
        await Roleplays(session, cipher).save(NOOR, "over", PLAY, store())
    assert await facts(engine, cipher, store) is None


async def test_what_is_over_does_not_begin_to_wait(
    engine: AsyncEngine, cipher: Cipher, store: Clock
) -> None:
    async with writing(engine) as session:
        await Roleplays(session, cipher).save(NOOR, "over", PLAY, store())
        await Roleplays(session, cipher).pause(NOOR)
    async with reading(engine) as session:
        assert await Roleplays(session, cipher).load(NOOR) == ("over", PLAY)


async def test_results_come_in_order_the_last_ones_only(
    engine: AsyncEngine, cipher: Cipher, store: Clock
) -> None:
    async with writing(engine) as session:
        for number in range(RESULTS_SHOWN + 5):
            await Roleplays(session, cipher).add_result(NOOR, {"trust": number}, store())
    async with reading(engine) as session:
        found = await Roleplays(session, cipher).results(NOOR)
        assert await Roleplays(session, cipher).results(SAM) == []
        row = (await session.scalars(select(RoleplayResult).limit(1))).one()
    assert [result["trust"] for _, result in found] == list(range(5, RESULTS_SHOWN + 5))
    assert b"trust" not in row.sealed


async def test_lines_are_swept_when_they_are_old_and_results_stay(
    engine: AsyncEngine, cipher: Cipher, store: Clock
) -> None:
    async with writing(engine) as session:
        await Roleplays(session, cipher).save(NOOR, "over", PLAY, store())
        await Roleplays(session, cipher).add_result(NOOR, {"trust": 1}, store())
    store.advance(hours=1)
    async with writing(engine) as session:
        await Roleplays(session, cipher).save(SAM, "playing", PLAY, store())
    store.advance(seconds=LINES_KEPT / timedelta(seconds=1) - 1800)
    async with writing(engine) as session:
        await Roleplays(session, cipher).sweep(store())
    async with reading(engine) as session:
        roleplays = Roleplays(session, cipher)
        assert await roleplays.load(NOOR) is None
        assert await roleplays.load(SAM) is not None
        assert len(await roleplays.results(NOOR)) == 1


async def test_erasing_and_dropping_take_only_their_own(
    engine: AsyncEngine, cipher: Cipher, store: Clock
) -> None:
    async with writing(engine) as session:
        for chat_id in (NOOR, SAM):
            await Roleplays(session, cipher).save(chat_id, "playing", PLAY, store())
            await Roleplays(session, cipher).add_result(chat_id, {"trust": 1}, store())
    async with writing(engine) as session:
        await Chats(session, cipher).erase(NOOR, [])
    async with reading(engine) as session:
        roleplays = Roleplays(session, cipher)
        assert await roleplays.load(NOOR) is None
        assert await roleplays.results(NOOR) == []
        assert len(await roleplays.results(SAM)) == 1
    async with writing(engine) as session:
        await Roleplays(session, cipher).drop(SAM)
    async with reading(engine) as session:
        assert await Roleplays(session, cipher).load(SAM) is None
