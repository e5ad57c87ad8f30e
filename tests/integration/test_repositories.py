"""The queries, on both databases."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Table, func, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from bot.db.encryption import Cipher
from bot.db.models import Base, InboxItem, Moment, OutboxItem, SafetyHold, User
from bot.db.repositories import Chats, Inbox, Incoming, Outbox, Trackers
from bot.db.session import reading, writing
from nlu.facts import Hold
from tests.clock import Clock

NOOR, GOVERT = 1, 2
BOTH = (NOOR, GOVERT)


@pytest.fixture
async def people(engine: AsyncEngine, cipher: Cipher, clock: Clock) -> None:
    """Two users with consent."""
    async with writing(engine) as session:
        for chat in BOTH:
            (await Chats(session, cipher).ensure_user(chat, clock())).consented_at = clock()


def said(update_id: int, chat: int = NOOR, text: str = "hoi") -> Incoming:
    return Incoming(update_id, chat, {"kind": "text", "value": text})


async def waiting(engine: AsyncEngine, cipher: Cipher, chat: int = NOOR) -> list[InboxItem]:
    async with reading(engine) as session:
        return await Inbox(session, cipher).waiting(chat)


async def inbox_row(engine: AsyncEngine, update_id: int) -> InboxItem | None:
    async with reading(engine) as session:
        return await session.scalar(select(InboxItem).where(InboxItem.update_id == update_id))


# --- inbox -----------------------------------------------------------------------


async def test_an_update_that_comes_twice_is_stored_once_as_it_first_came(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    async with writing(engine) as session:
        await Inbox(session, cipher).store([said(5, text="eerst"), said(6)], clock())
    async with writing(engine) as session:
        await Inbox(session, cipher).store([said(5, text="later"), said(7)], clock())
    async with reading(engine) as session:
        inbox = Inbox(session, cipher)
        items = await inbox.waiting(NOOR)
        assert [item.update_id for item in items] == [5, 6, 7]
        assert inbox.payload(items[0])["value"] == "eerst"


async def test_a_handled_update_that_comes_again_stays_handled(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    async with writing(engine) as session:
        await Inbox(session, cipher).store([said(5)], clock())
    [item] = await waiting(engine, cipher)
    async with writing(engine) as session:
        inbox = Inbox(session, cipher)
        assert await inbox.mark_handled([item.id])
        await inbox.store([said(5)], clock())
    assert await waiting(engine, cipher) == []


async def test_nothing_to_store_is_no_error(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    async with writing(engine) as session:
        await Inbox(session, cipher).store([], clock())
        assert await Inbox(session, cipher).open_chats() == []


async def test_updates_wait_in_order_of_arrival_and_chats_by_who_waits_longest(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    async with writing(engine) as session:
        # Update ids need not rise: arrival counts.
        batch = [said(9, GOVERT), said(4, NOOR), said(8, GOVERT), said(3, NOOR)]
        await Inbox(session, cipher).store(batch, clock())
    assert [item.update_id for item in await waiting(engine, cipher, GOVERT)] == [9, 8]
    assert [item.update_id for item in await waiting(engine, cipher, NOOR)] == [4, 3]
    async with reading(engine) as session:
        assert await Inbox(session, cipher).open_chats() == [GOVERT, NOOR]


async def test_updates_are_claimed_once_and_forget_what_they_said(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    async with writing(engine) as session:
        await Inbox(session, cipher).store([said(1), said(2), said(3)], clock())
    one, two, three = await waiting(engine, cipher)
    async with writing(engine) as session:
        assert await Inbox(session, cipher).mark_handled([one.id, two.id])
    async with writing(engine) as session:
        assert not await Inbox(session, cipher).mark_handled([one.id])
    async with writing(engine) as session:
        # A turn that shares one message with a handled turn may not go on.
        assert not await Inbox(session, cipher).mark_handled([two.id, three.id])
        await session.rollback()
    row = await inbox_row(engine, 1)
    assert row is not None
    assert (row.status, row.sealed) == ("handled", None)
    assert [item.update_id for item in await waiting(engine, cipher)] == [3]


async def test_two_who_claim_the_same_update_at_once_do_not_both_get_it(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    async with writing(engine) as session:
        await Inbox(session, cipher).store([said(1)], clock())
    [item] = await waiting(engine, cipher)

    async def claim() -> bool:
        async with writing(engine) as session:
            return await Inbox(session, cipher).mark_handled([item.id])

    assert sorted(await asyncio.gather(*(claim() for _ in range(5)))) == [False] * 4 + [True]


async def test_a_failed_update_waits_and_counts_its_tries_until_it_is_parked(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    async with writing(engine) as session:
        await Inbox(session, cipher).store([said(1), said(2)], clock())
    failing, _ = await waiting(engine, cipher)
    later = clock() + timedelta(seconds=10)
    async with writing(engine) as session:
        await Inbox(session, cipher).mark_failed([failing.id], "ModelError", later, park=False)
    first, second = await waiting(engine, cipher)
    assert (first.update_id, first.attempts, first.error) == (1, 1, "ModelError")
    assert first.not_before == later
    assert (second.attempts, second.not_before) == (0, clock())
    async with writing(engine) as session:
        await Inbox(session, cipher).mark_failed([failing.id], "ModelError", later, park=True)
    assert [item.update_id for item in await waiting(engine, cipher)] == [2]
    parked = await inbox_row(engine, 1)
    assert parked is not None
    assert (parked.status, parked.attempts, parked.error) == ("parked", 2, "ModelError")
    assert parked.sealed, "what could not be handled is kept for a while, to mend its cause"


async def test_a_failure_that_is_told_too_late_does_not_open_a_handled_update(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    async with writing(engine) as session:
        await Inbox(session, cipher).store([said(1)], clock())
    [item] = await waiting(engine, cipher)
    async with writing(engine) as session:
        inbox = Inbox(session, cipher)
        await inbox.mark_handled([item.id])
        await inbox.mark_failed([item.id], "ModelError", clock(), park=False)
    assert await waiting(engine, cipher) == []


async def test_ids_are_kept_for_two_days_and_parked_words_for_a_fortnight(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    async with writing(engine) as session:
        await Inbox(session, cipher).store([said(1), said(2), said(3)], clock())
    handled, parked, _ = await waiting(engine, cipher)
    async with writing(engine) as session:
        inbox = Inbox(session, cipher)
        await inbox.mark_handled([handled.id])
        await inbox.mark_failed([parked.id], "ModelError", clock(), park=True)

    async def kept_after(**time: float) -> list[int]:
        async with writing(engine) as session:
            await Inbox(session, cipher).sweep(clock() + timedelta(**time))
            return list((await session.scalars(select(InboxItem.update_id))).all())

    assert sorted(await kept_after(minutes=1)) == [1, 2, 3]
    assert sorted(await kept_after(days=1, hours=23)) == [1, 2, 3]
    assert sorted(await kept_after(days=2, hours=1)) == [2, 3]
    assert sorted(await kept_after(days=15)) == [3], "what still waits is never swept away"


# --- outbox ----------------------------------------------------------------------


async def queue(engine: AsyncEngine, cipher: Cipher, now: datetime, *replies: Any) -> None:
    """Queue (chat, turn id, texts) in order."""
    async with writing(engine) as session:
        for chat, turn_id, *texts in replies:
            await Outbox(session, cipher).add(chat, turn_id, texts, now)


async def due(
    engine: AsyncEngine, cipher: Cipher, now: datetime, limit: int = 10, busy: tuple[int, ...] = ()
) -> list[tuple[int, str]]:
    async with reading(engine) as session:
        items = await Outbox(session, cipher).due(now, limit, busy)
    return [(item.chat_id, cipher.open(item.sealed or b"")) for item in items]


async def outbox_id(engine: AsyncEngine, turn_id: int) -> int:
    async with reading(engine) as session:
        found = await session.scalar(select(OutboxItem.id).where(OutboxItem.turn_id == turn_id))
    assert found is not None
    return int(found)


async def test_only_the_first_waiting_reply_of_each_chat_is_due(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    await queue(engine, cipher, clock(), (NOOR, 1, "n1", "n2"), (GOVERT, 2, "g1"), (NOOR, 3, "n3"))
    assert await due(engine, cipher, clock()) == [(NOOR, "n1"), (GOVERT, "g1")]
    async with writing(engine) as session:
        outbox = Outbox(session, cipher)
        await outbox.mark_sent((await outbox.replies(NOOR))[0][0], 77)
    assert await due(engine, cipher, clock()) == [(NOOR, "n2"), (GOVERT, "g1")]


async def test_a_chat_that_is_being_sent_to_is_left_alone_and_the_limit_holds(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    await queue(engine, cipher, clock(), (NOOR, 1, "n1"), (GOVERT, 2, "g1"), (3, 3, "d1"))
    assert await due(engine, cipher, clock(), busy=(NOOR,)) == [(GOVERT, "g1"), (3, "d1")]
    assert await due(engine, cipher, clock(), limit=1) == [(NOOR, "n1")]


async def test_a_reply_that_must_wait_holds_back_the_rest_of_its_chat_and_no_other(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    await queue(engine, cipher, clock(), (NOOR, 1, "n1"), (NOOR, 2, "n2"), (GOVERT, 3, "g1"))
    later = clock() + timedelta(seconds=30)
    async with writing(engine) as session:
        first = (await Outbox(session, cipher).replies(NOOR))[0][0]
        await Outbox(session, cipher).retry(first, "RetryAfter", later)
    assert await due(engine, cipher, clock()) == [(GOVERT, "g1")]
    assert await due(engine, cipher, later) == [(NOOR, "n1"), (GOVERT, "g1")]
    async with reading(engine) as session:
        row = await session.get(OutboxItem, first)
    assert row is not None
    assert (row.attempts, row.error, row.status) == (1, "RetryAfter", "new")


async def test_the_next_moment_is_when_a_reply_may_really_go(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    later = clock() + timedelta(seconds=30)
    async with reading(engine) as session:
        assert await Outbox(session, cipher).next_moment(()) is None
    await queue(engine, cipher, clock(), (NOOR, 1, "n1"), (NOOR, 2, "n2"))
    async with writing(engine) as session:
        outbox = Outbox(session, cipher)
        await outbox.retry((await outbox.replies(NOOR))[0][0], "TimedOut", later)
        assert await outbox.next_moment(()) == later, "n2 waits for n1"
    await queue(engine, cipher, clock(), (GOVERT, 3, "g1"))
    async with reading(engine) as session:
        outbox = Outbox(session, cipher)
        assert await outbox.next_moment(()) == clock()
        assert await outbox.next_moment((GOVERT,)) == later, "a chat that is sent to does not count"


async def test_the_replies_of_a_turn_are_queued_once(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    await queue(engine, cipher, clock(), (NOOR, 1, "a", "b"), (NOOR, 1, "a", "b"), (NOOR, 2))
    async with reading(engine) as session:
        assert [text for _, text in await Outbox(session, cipher).replies(NOOR)] == ["a", "b"]


async def test_a_sent_reply_keeps_only_its_ids(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    await queue(engine, cipher, clock(), (NOOR, 1, "n1"))
    item_id = await outbox_id(engine, 1)
    async with writing(engine) as session:
        await Outbox(session, cipher).mark_sent(item_id, 77)
    async with reading(engine) as session:
        row = await session.get(OutboxItem, item_id)
    assert row is not None
    assert (row.status, row.sealed, row.message_id, row.chat_id) == ("sent", None, 77, NOOR)
    assert await due(engine, cipher, clock()) == []


async def test_a_refused_reply_makes_way_for_the_next(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    await queue(engine, cipher, clock(), (NOOR, 1, "n1"), (NOOR, 2, "n2"))
    async with writing(engine) as session:
        await Outbox(session, cipher).mark_failed(await outbox_id(engine, 1), "refused")
    assert await due(engine, cipher, clock()) == [(NOOR, "n2")]


async def test_all_replies_to_a_chat_that_is_gone_are_dropped_and_no_others(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    await queue(engine, cipher, clock(), (NOOR, 1, "n1", "n2"), (GOVERT, 2, "g1"))
    async with writing(engine) as session:
        outbox = Outbox(session, cipher)
        await outbox.mark_sent((await outbox.replies(NOOR))[0][0], 77)
        await outbox.drop_chat(NOOR, "unreachable")
    assert await due(engine, cipher, clock()) == [(GOVERT, "g1")]
    async with reading(engine) as session:
        rows = list(
            await session.scalars(
                select(OutboxItem).where(OutboxItem.chat_id == NOOR).order_by(OutboxItem.id)
            )
        )
    assert [(row.status, row.sealed) for row in rows] == [("sent", None), ("failed", None)]


async def test_done_replies_are_forgotten_after_two_days_and_waiting_ones_never(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    await queue(engine, cipher, clock(), (NOOR, 1, "sent"), (NOOR, 2, "failed"), (NOOR, 3, "new"))
    async with writing(engine) as session:
        await Outbox(session, cipher).mark_sent(await outbox_id(engine, 1), 77)
        await Outbox(session, cipher).mark_failed(await outbox_id(engine, 2), "refused")

    async def turns_after(**time: float) -> list[int]:
        async with writing(engine) as session:
            await Outbox(session, cipher).sweep(clock() + timedelta(**time))
            return list((await session.scalars(select(OutboxItem.turn_id))).all())

    assert sorted(await turns_after(days=1)) == [1, 2, 3]
    assert await turns_after(days=3) == [3]


# --- trackers --------------------------------------------------------------------


async def test_a_tracker_is_written_only_by_who_read_its_newest_version(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    async with writing(engine) as session:
        trackers = Trackers(session, cipher)
        assert await trackers.load(NOOR) == (0, None)
        assert await trackers.save(NOOR, 0, {"slots": {"a": 1}}, clock())
        assert not await trackers.save(NOOR, 0, {"slots": {"a": 2}}, clock()), "made meanwhile"
        assert await trackers.load(NOOR) == (1, {"slots": {"a": 1}})
    async with writing(engine) as session:
        trackers = Trackers(session, cipher)
        assert await trackers.save(NOOR, 1, {"slots": {"a": 3}}, clock())
        assert not await trackers.save(NOOR, 1, {"slots": {"a": 4}}, clock()), "moved on"
        assert not await trackers.save(GOVERT, 1, {"slots": {}}, clock()), "erased meanwhile"
    async with reading(engine) as session:
        assert await Trackers(session, cipher).load(NOOR) == (2, {"slots": {"a": 3}})
        assert await Trackers(session, cipher).load(GOVERT) == (0, None)


# --- chats -----------------------------------------------------------------------


async def test_facts_of_somebody_new_are_empty(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    async with reading(engine) as session:
        facts = await Chats(session, cipher).facts(NOOR, clock())
    assert (facts.onboarded, facts.country, facts.hold) == (False, None, None)
    assert (dict(facts.gates), facts.given, facts.asked, dict(facts.pooled)) == ({}, (), (), {})


async def test_a_user_with_a_country_and_no_consent_is_not_onboarded(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    async with writing(engine) as session:
        chats = Chats(session, cipher)
        (await chats.ensure_user(NOOR, clock())).country = "BE"
        assert (await chats.ensure_user(NOOR, clock())).country == "BE", "made once"
    async with reading(engine) as session:
        facts = await Chats(session, cipher).facts(NOOR, clock())
    assert (facts.onboarded, facts.country) == (False, "BE")


@pytest.mark.usefixtures("people")
async def test_facts_name_tips_and_questions_newest_first_and_those_of_one_chat_only(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    for name in ("een", "twee", "drie"):
        async with writing(engine) as session:
            chats = Chats(session, cipher)
            await chats.add_given_tip(NOOR, f"tip_{name}", {"concern": "blame"}, clock())
            await chats.remember_said(NOOR, [(f"question:q.{name}", 0)], clock())
            await chats.remember_said(NOOR, [(f"greet.{name}", 0)], clock())
        clock.advance(minutes=1)
    async with writing(engine) as session:
        chats = Chats(session, cipher)
        await chats.add_given_tip(GOVERT, "tip_govert", {"concern": "blame"}, clock())
        await chats.remember_said(NOOR, [("question:q.een", 0)], clock())
        found = await chats.last_given(NOOR, "tip_twee")
        assert found is not None
        found[0].helped = False
    async with reading(engine) as session:
        facts = await Chats(session, cipher).facts(NOOR, clock())
    assert [(g.tip_id, g.helped) for g in facts.given] == [
        ("tip_drie", None),
        ("tip_twee", False),
        ("tip_een", None),
    ]
    assert facts.asked == ("q.een", "q.drie", "q.twee")
    assert facts.given[0].given_at == clock() - timedelta(minutes=1)
    assert facts.given[0].given_at.tzinfo is not None


@pytest.mark.usefixtures("people")
async def test_the_latest_time_a_tip_was_given_is_the_one_that_counts(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    async with writing(engine) as session:
        chats = Chats(session, cipher)
        await chats.add_given_tip(NOOR, "wat_wel", {"concern": "blame"}, clock())
        await chats.add_given_tip(NOOR, "wat_wel", {"concern": "lied_to"}, clock())
        await chats.add_given_tip(GOVERT, "wat_wel", {"concern": "impatient"}, clock())
        found = await chats.last_given(NOOR, "wat_wel")
        assert found is not None
        assert found[1] == {"concern": "lied_to"}
        assert await chats.last_given(NOOR, "geef_toe") is None


@pytest.mark.usefixtures("people")
async def test_a_wording_that_is_said_again_counts_from_then(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    early = clock()
    async with writing(engine) as session:
        chats = Chats(session, cipher)
        await chats.remember_said(NOOR, [("greet", 0)], early)
        await chats.remember_said(NOOR, [("greet", 1)], early)
        await chats.remember_said(GOVERT, [("greet", 2)], early)
        clock.advance(days=1)
        await chats.remember_said(NOOR, [("greet", 0)], clock())
        facts = await chats.facts(NOOR, clock())
    assert facts.said == {"greet": {0: clock(), 1: early}}


async def test_votes_add_up_over_all_users_and_a_changed_mind_takes_one_back(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    async with writing(engine) as session:
        chats = Chats(session, cipher)
        await chats.count_verdict("blame", "wat_wel", helped=1, unhelped=0)
        await chats.count_verdict("blame", "wat_wel", helped=1, unhelped=0)
        await chats.count_verdict("blame", "wat_wel", helped=-1, unhelped=1)
        await chats.count_verdict("lied_to", "wat_wel", helped=0, unhelped=1)
        facts = await chats.facts(NOOR, clock())
    assert dict(facts.pooled) == {("blame", "wat_wel"): (1, 1), ("lied_to", "wat_wel"): (0, 1)}


async def test_a_hold_after_danger_is_never_weakened(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    async def hold_after(level: str, kind: str) -> tuple[str, str]:
        async with writing(engine) as session:
            await Chats(session, cipher).set_hold(NOOR, level, kind, "partner", clock())
        async with reading(engine) as session:
            hold = (await Chats(session, cipher).facts(NOOR, clock())).hold
        assert isinstance(hold, Hold)
        return hold.level, hold.kind

    assert await hold_after("ask", "violence") == ("ask", "violence")
    assert await hold_after("ask", "suicide") == ("ask", "suicide")
    assert await hold_after("act", "suicide") == ("act", "suicide")
    assert await hold_after("ask", "violence") == ("act", "suicide")
    assert await hold_after("act", "child") == ("act", "child")


async def test_new_danger_takes_back_that_the_user_was_safe(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    async with writing(engine) as session:
        chats = Chats(session, cipher)
        await chats.set_hold(NOOR, "act", "suicide", "any", clock())
        hold = await chats.hold(NOOR)
        assert hold is not None
        hold.safe_said = True
    async with writing(engine) as session:
        chats = Chats(session, cipher)
        await chats.set_hold(NOOR, "ask", "violence", "any", clock())
        asked = await chats.hold(NOOR)
        assert asked is not None
        assert asked.safe_said, "a mere question changes nothing in a hold after danger"
        await chats.set_hold(NOOR, "act", "suicide", "any", clock())
    async with reading(engine) as session:
        row = await session.get(SafetyHold, NOOR)
    assert row is not None
    assert not row.safe_said


async def test_a_hold_ends_for_one_chat(engine: AsyncEngine, cipher: Cipher, clock: Clock) -> None:
    async with writing(engine) as session:
        chats = Chats(session, cipher)
        for chat in BOTH:
            await chats.set_hold(chat, "act", "suicide", "any", clock())
        await chats.end_hold(NOOR)
    async with reading(engine) as session:
        assert await Chats(session, cipher).hold(NOOR) is None
        assert await Chats(session, cipher).hold(GOVERT) is not None


async def test_gates_gather_per_relation_and_outlive_the_hold(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    async with writing(engine) as session:
        chats = Chats(session, cipher)
        await chats.set_hold(NOOR, "act", "violence", "partner", clock())
        for relation, flag in (
            ("partner", "violence"),
            ("partner", "violence"),
            ("partner", "control"),
            ("any", "minor"),
        ):
            await chats.add_gate(NOOR, relation, flag, clock())
        await chats.add_gate(GOVERT, "partner", "fear", clock())
        await chats.end_hold(NOOR)
    async with reading(engine) as session:
        facts = await Chats(session, cipher).facts(NOOR, clock())
    assert dict(facts.gates) == {"partner": {"violence", "control"}, "any": {"minor"}}


@pytest.mark.usefixtures("people")
async def test_a_chat_can_become_unreachable_and_reachable_again(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    async with writing(engine) as session:
        await Chats(session, cipher).set_unreachable(NOOR, clock())
    async with reading(engine) as session:
        rows = {user.chat_id: user.unreachable_at for user in await session.scalars(select(User))}
    assert rows == {NOOR: clock(), GOVERT: None}
    async with writing(engine) as session:
        chats = Chats(session, cipher)
        await chats.set_unreachable(NOOR, None)
        await chats.set_unreachable(99, clock())  # a chat that is not there
        user = await chats.user(NOOR)
        assert user is not None
        assert user.unreachable_at is None


# --- erasing ---------------------------------------------------------------------

# Tables that say nothing about any one user. A new table stands here or has a chat_id.
ABOUT_NOBODY = {"tip_counts", "send_limits"}


async def fill(session: AsyncSession, table: Table, chat: int, now: datetime) -> None:
    """A row about a chat, whatever the table's columns are."""
    samples = {str: "x", bytes: b"x", bool: False, int: chat, dict: {}, date: now.date()}
    values: dict[str, Any] = {}
    for column in table.c:
        counted_by_itself = list(table.primary_key) == [column] and column.autoincrement == "auto"
        if column.name == "chat_id":
            values[column.name] = chat
        elif column.foreign_keys:
            [foreign] = column.foreign_keys
            values[column.name] = await session.scalar(
                select(func.max(foreign.column)).where(foreign.column.table.c.chat_id == chat)
            )
        elif isinstance(column.type, Moment):
            values[column.name] = now
        elif not counted_by_itself:
            values[column.name] = samples[column.type.python_type]
    await session.execute(insert(table).values(values))


async def rows_about(engine: AsyncEngine, chat: int) -> dict[str, int]:
    counts = {}
    async with reading(engine) as session:
        for table in Base.metadata.sorted_tables:
            if "chat_id" in table.c:
                query = select(func.count()).where(table.c.chat_id == chat)
                counts[table.name] = await session.scalar(query.select_from(table))
    return {name: count for name, count in counts.items() if count}


def test_every_table_is_about_a_chat_or_about_nobody() -> None:
    without = {t.name for t in Base.metadata.sorted_tables if "chat_id" not in t.c}
    assert without == ABOUT_NOBODY


async def test_erasing_leaves_no_row_of_the_chat_in_any_table_and_touches_no_other_chat(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    tables = [t for t in Base.metadata.sorted_tables if t.name not in ABOUT_NOBODY]
    async with writing(engine) as session:
        for table in tables:
            for chat in BOTH:
                await fill(session, table, chat, clock())
    everywhere = {table.name: 1 for table in tables}
    assert await rows_about(engine, NOOR) == everywhere, "the test itself fills every table"
    async with writing(engine) as session:
        await Chats(session, cipher).erase(NOOR, [])
    assert await rows_about(engine, NOOR) == {}
    assert await rows_about(engine, GOVERT) == everywhere


async def test_erasing_leaves_the_update_that_asks_for_it_to_its_turn(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    async with writing(engine) as session:
        await Inbox(session, cipher).store([said(1), said(2), said(3, GOVERT)], clock())
    asking = (await waiting(engine, cipher))[1]
    async with writing(engine) as session:
        await Chats(session, cipher).erase(NOOR, [asking.id])
        assert await Inbox(session, cipher).mark_handled([asking.id])
    async with reading(engine) as session:
        rows = list(await session.scalars(select(InboxItem).order_by(InboxItem.update_id)))
    assert [(row.update_id, row.status) for row in rows] == [(2, "handled"), (3, "new")]
    assert rows[0].sealed is None


# --- two at once -----------------------------------------------------------------


async def test_writers_that_read_first_queue_up_and_none_is_refused(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    all_there = asyncio.Barrier(5)

    async def writer(number: int) -> None:
        await all_there.wait()
        async with writing(engine) as session:
            trackers = Trackers(session, cipher)
            await trackers.load(number)
            # A reader that becomes a writer is what SQLite refuses unless it began as one.
            await asyncio.sleep(0.02)
            assert await trackers.save(number, 0, {"slots": {}}, clock())
            await Chats(session, cipher).count_verdict("blame", "wat_wel", 1, 0)

    await asyncio.gather(*(writer(number) for number in range(5)))
    async with reading(engine) as session:
        facts = await Chats(session, cipher).facts(NOOR, clock())
    assert facts.pooled["blame", "wat_wel"] == (5, 0)


async def test_a_reader_does_not_wait_for_a_writer_and_sees_what_was_committed(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    async with writing(engine) as session:
        await Inbox(session, cipher).store([said(1)], clock())
        async with asyncio.timeout(5):
            assert await waiting(engine, cipher) == []
    assert len(await waiting(engine, cipher)) == 1


async def test_a_transaction_that_fails_leaves_nothing(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    async def fail() -> None:
        async with writing(engine) as session:
            await Inbox(session, cipher).store([said(1)], clock())
            raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"):
        await fail()
    assert await waiting(engine, cipher) == []


async def test_a_moment_without_a_zone_is_refused(engine: AsyncEngine, cipher: Cipher) -> None:
    with pytest.raises(Exception, match="needs a time zone"):
        async with writing(engine) as session:
            await Inbox(session, cipher).store([said(1)], datetime(2026, 11, 22))
