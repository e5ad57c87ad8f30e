"""What is stored of a user, looked up in the tables and in the files themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.content import Content
from bot.conversation.dialogue import Dialogue
from bot.db.encryption import Cipher
from bot.db.models import Base, InboxItem, OutboxItem, TrackerRow
from bot.db.repositories import Outbox, Trackers
from bot.db.session import make_engine, reading, writing
from tests.clock import Clock
from tests.integration.test_drain import NOOR, Bench, press

WORD = "zwaluwstaartje"
TEXT = f"mijn zus heeft gelogen over haar {WORD}"
# What somebody who did not consent may leave behind (shared texts: country, danger, the queue).
BEFORE_CONSENT = {"inbox", "outbox", "users", "safety_holds", "safety_gates"}


@pytest.fixture
def bench(
    engine: AsyncEngine, cipher: Cipher, content: Content, clock: Clock, dialogue: Dialogue
) -> Bench:
    """The real model; nobody has consented yet."""
    return Bench(engine, cipher, content, clock, dialogue)


async def everything(engine: AsyncEngine) -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables, by table; empty tables are left out."""
    rows: dict[str, list[dict[str, Any]]] = {}
    async with reading(engine) as session:
        for table in Base.metadata.sorted_tables:
            found = (await session.execute(select(table))).mappings().all()
            if found:
                rows[table.name] = [dict(row) for row in found]
    return rows


async def send_all(bench: Bench) -> list[dict[str, Any]]:
    """Mark every reply as sent, as the sender does; what they said."""
    async with writing(bench.engine) as session:
        outbox = Outbox(session, bench.cipher)
        waiting = await outbox.replies(NOOR)
        for number, (item_id, _) in enumerate(waiting):
            await outbox.mark_sent(item_id, number)
    return [reply for _, reply in waiting]


def files_of(stored_at: str) -> bytes:
    """Every byte of a SQLite database: main file, WAL and shared memory."""
    path = Path(stored_at.removeprefix("sqlite+aiosqlite:///"))
    found = sorted(path.parent.glob(f"{path.name}*"))
    return b"".join(file.read_bytes() for file in found)


def test_the_files_that_are_searched_are_those_of_the_database(tmp_path: Path) -> None:
    for name in ("test.db", "test.db-wal", "test.db-shm"):
        (tmp_path / name).write_text(name)
    assert files_of(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}").count(b"test.db") == 3


async def test_no_table_and_no_file_holds_what_was_said_in_plain(
    bench: Bench, stored_at: str
) -> None:
    await bench.onboard(NOOR)
    await bench.store(TEXT)
    seen = [repr(await everything(bench.engine))]
    bench.conversation.wake(NOOR)
    await bench.settle()
    seen.append(repr(await everything(bench.engine)))
    await send_all(bench)
    await bench.hears(TEXT, press("coach:why"))
    seen.append(repr(await everything(bench.engine)))
    assert all("inbox" in rows for rows in seen)
    assert not [rows for rows in seen if WORD in rows]
    if stored_at.startswith("sqlite"):
        stored = files_of(stored_at)
        assert b"inbox" in stored
        assert WORD.encode() not in stored
        assert WORD.encode("utf-16-le") not in stored


async def test_the_user_s_own_word_for_the_other_is_not_stored_in_plain(
    bench: Bench, stored_at: str
) -> None:
    await bench.onboard(NOOR)
    await bench.hears("mijn stiefzusje liegt tegen mij", press("coach:tip"))
    assert "stiefzus" not in repr(await everything(bench.engine))
    if stored_at.startswith("sqlite"):
        assert b"stiefzus" not in files_of(stored_at)


async def test_a_handled_message_and_a_sent_reply_keep_only_their_ids(bench: Bench) -> None:
    await bench.onboard(NOOR)
    await bench.hears(TEXT)
    assert await send_all(bench)
    async with reading(bench.engine) as session:
        [received] = await session.scalars(select(InboxItem))
        [sent] = await session.scalars(select(OutboxItem))
    assert (received.status, received.sealed, received.error) == ("handled", None, None)
    assert (sent.status, sent.sealed, sent.error) == ("sent", None, None)


async def test_the_conversation_is_remembered_without_its_words(bench: Bench) -> None:
    await bench.onboard(NOOR)
    await bench.hears(TEXT, f"gisteren, toen ze dat {WORD} liet zien", "dank je")
    async with reading(bench.engine) as session:
        version, tracker = await Trackers(session, bench.cipher).load(NOOR)
    assert version == 3
    assert tracker["slots"]["relation"]
    assert WORD not in json.dumps(tracker)


async def test_before_consent_nothing_is_stored_of_what_is_said(bench: Bench) -> None:
    await bench.hears("/start", TEXT, press("country:BE"), "ik voel wantrouwen", press("coach:tip"))
    await send_all(bench)
    rows = await everything(bench.engine)
    assert set(rows) == {"inbox", "outbox", "users"}
    [user] = rows["users"]
    assert (user["country"], user["consented_at"]) == ("BE", None)
    assert all(row["sealed"] is None for row in rows["inbox"] + rows["outbox"])


async def test_before_any_choice_there_is_not_even_a_user(bench: Bench) -> None:
    await bench.hears("/start", TEXT, "/privacy", press("consent:no"))
    assert set(await everything(bench.engine)) == {"inbox", "outbox"}


async def test_before_consent_danger_leaves_a_hold_and_no_words(bench: Bench) -> None:
    await bench.hears(f"hij slaat me om dat {WORD}", "ik wil niet meer leven")
    await send_all(bench)
    rows = await everything(bench.engine)
    assert "safety_holds" in rows
    assert set(rows) <= BEFORE_CONSENT
    assert WORD not in repr(rows)
    assert all(row["sealed"] is None for row in rows["inbox"] + rows["outbox"])


async def test_a_no_after_all_leaves_the_consent_question_open_and_stores_no_talk(
    bench: Bench,
) -> None:
    await bench.hears(press("country:NL"), press("consent:young"), TEXT)
    assert set(await everything(bench.engine)) == {"inbox", "outbox", "users"}


async def test_erasing_leaves_nothing_but_the_number_of_the_last_message(
    bench: Bench, clock: Clock, stored_at: str
) -> None:
    await bench.onboard(NOOR)
    await bench.hears(
        TEXT,
        press("coach:tip"),
        press("coach:helped"),
        "hij slaat me",
        press("safety:safe"),
        "/wis",
    )
    before = await everything(bench.engine)
    assert {"users", "trackers", "given_tips", "said_lines", "safety_holds"} <= set(before)
    sealed = before["trackers"][0]["sealed"]
    await send_all(bench)
    await bench.hears(press(f"erase:yes:{int(clock().timestamp())}"))
    [goodbye] = await send_all(bench)
    assert goodbye["keys"] == ["erased"]

    after = await everything(bench.engine)
    # Counts over all users name nobody; they stay.
    assert set(after) <= {"inbox", "outbox", "tip_counts"}
    assert [(row["update_id"], row["sealed"]) for row in after["inbox"]] == [(7, None)]
    assert [(row["turn_id"], row["sealed"]) for row in after["outbox"]] == [(7, None)]
    assert "chat_id" not in repr(after.get("tip_counts"))

    if stored_at.startswith("sqlite"):
        await bench.engine.dispose()
        # Closing the last connection brings the WAL into the file; deleted pages are wiped.
        closing = make_engine(stored_at)
        async with closing.connect() as connection:
            await connection.exec_driver_sql("PRAGMA user_version")
        await closing.dispose()
        assert sealed not in files_of(stored_at)


async def test_erasing_touches_no_other_chat(bench: Bench, clock: Clock) -> None:
    await bench.onboard(NOOR, 2)
    await bench.hears(TEXT, chat=2)
    await bench.hears(press(f"erase:yes:{int(clock().timestamp())}"), chat=NOOR)
    async with reading(bench.engine) as session:
        assert list(await session.scalars(select(TrackerRow.chat_id))) == [2]
        assert (await Trackers(session, bench.cipher).load(2))[0] == 1


async def test_after_erasing_the_bot_knows_nothing_and_asks_for_consent_again(
    bench: Bench, clock: Clock
) -> None:
    await bench.onboard(NOOR)
    await bench.hears(TEXT, press(f"erase:yes:{int(clock().timestamp())}"))
    await send_all(bench)
    await bench.hears("ik voel wantrouwen")
    [reply] = await send_all(bench)
    assert reply["keys"] == ["consent_first", "ask_country"]
