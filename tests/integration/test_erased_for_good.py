"""After /wis no byte of what somebody wrote is in SQLite's files, neither plain nor encrypted."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.content import Content
from bot.conversation.inbound import Inbound, InboundKind
from bot.db.encryption import Cipher
from bot.db.migrate import upgrade
from bot.db.models import Base
from bot.db.repositories import (
    SILENT,
    TIME_TO_ANSWER,
    Agreements,
    Entries,
    Exercises,
    Outbox,
    Plans,
    Roleplays,
)
from bot.db.repositories.rows import SEALED
from bot.db.session import (
    LOG_TRIES,
    QUICKLY_WRITTEN,
    forget_for_good,
    make_engine,
    reading,
    writing,
)
from bot.db.sqlite import empty_log, write_anew
from bot.retention import Retention
from tests.clock import Clock
from tests.integration.test_drain import GOVERT, NOOR, Bench
from tests.integration.test_privacy_of_storage import files_of

WORD = "zwaluwstaartje"
# Longer than a page of SQLite, so that it lies in pages of its own, and short.
SIZES = (1, 40, 400, 4000)
# A ciphertext may lie in pieces: so many bytes of it together are no accident.
PART = 60


class Watched(Bench):
    """Notes every ciphertext that is made while somebody talks."""

    def __init__(
        self, url: str, engine: AsyncEngine, cipher: Cipher, content: Content, clock: Clock
    ) -> None:
        super().__init__(engine, cipher, content, clock)
        self.url, self.made = url, set[bytes]()
        self._seal = cipher.seal
        cipher.seal = self._noting  # type: ignore[method-assign]

    def _noting(self, value: object) -> bytes:
        sealed = self._seal(value)
        if WORD in str(value):
            self.made.add(sealed)
        return sealed

    def text(self, size: int) -> str:
        return f"{WORD} " * size

    async def lives(self, chat: int) -> None:
        """Somebody writes and presses, and leaves words in every place where they are kept."""
        for size in SIZES * 5:
            await self.hears(self.text(min(size, 400)), chat=chat)
            now = self.clock()
            words = {"do": self.text(size)}
            async with writing(self.engine) as session:
                exercises = Exercises(session, self.cipher)
                await exercises.set_aside(chat)
                await exercises.add(chat, "wat_wel", words, now)
                await Agreements(session, self.cipher).add(chat, 1, words, now.date(), now)
                await Plans(session, self.cipher).keep_answer(chat, size, words["do"], now)
                await Roleplays(session, self.cipher).save(chat, "playing", words, now)
                entries = Entries(session, self.cipher)
                entries.write_note(await entries.start(chat, now.date(), now), words["do"])
                outbox = Outbox(session, self.cipher)
                await outbox.mark_all_sent({i: None for i, _ in await outbox.replies(chat)})

    def found(self) -> list[bytes]:
        """What of all that was made stands in the files."""
        stored = files_of(self.url)
        assert WORD.encode() not in stored
        return [
            sealed
            for sealed in self.made
            if any(
                sealed[start : start + PART] in stored
                for start in range(0, len(sealed) - PART + 1, max(PART, len(sealed) // 9))
            )
        ]

    def log_size(self) -> int:
        path = Path(self.url.removeprefix("sqlite+aiosqlite:///") + "-wal")
        return path.stat().st_size if path.exists() else 0


@pytest.fixture
async def watched(
    tmp_path: Path, cipher: Cipher, content: Content, clock: Clock
) -> AsyncIterator[Watched]:
    """Two people who wrote a lot, one after the other's every word, on SQLite."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"
    await upgrade(url)
    engine = make_engine(url)
    watched = Watched(url, engine, cipher, content, clock)
    await watched.onboard(NOOR, GOVERT)
    await watched.lives(NOOR)
    yield watched
    await engine.dispose()


def rows_that_move(path: Path, seed: int) -> list[bytes]:
    """Fill pages with rows of several chats that come, go and move, and erase those of one."""
    chance, mine = random.Random(seed), []
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in (
        "PRAGMA journal_mode=WAL",
        "PRAGMA secure_delete=ON",
        "PRAGMA synchronous=OFF",
        "CREATE TABLE rows (id INTEGER PRIMARY KEY, chat INT, sealed BLOB)",
        "CREATE TABLE talks (chat INTEGER PRIMARY KEY, sealed BLOB)",
    ):
        connection.execute(statement)
    for number in range(300):
        chat = chance.randrange(20)
        letters = chance.choices(b"abcdefghijklmnop", k=chance.choice([60, 200, 900, 3000, 9000]))
        sealed = b"%d-%d-" % (seed, number) + bytes(letters)
        if chat == NOOR % 20:
            mine.append(sealed)
        connection.execute("INSERT INTO rows (chat, sealed) VALUES (?, ?)", (chat, sealed))
        connection.execute("INSERT OR REPLACE INTO talks VALUES (?, ?)", (chat, b"talk" + sealed))
        if chance.random() < 0.3:
            connection.execute(
                "DELETE FROM rows WHERE id = (SELECT id FROM rows WHERE chat != ? LIMIT 1)",
                (NOOR % 20,),
            )
    for table in ("rows", "talks"):
        connection.execute(f"DELETE FROM {table} WHERE chat = ?", (NOOR % 20,))
    connection.close()
    return mine


def left_of(sealed: list[bytes], path: Path) -> int:
    stored = path.read_bytes()
    return sum(each[:40] in stored or each[-40:] in stored for each in sealed)


def erase(clock: Clock) -> Inbound:
    return Inbound(InboundKind.PRESS, f"erase:yes:{int(clock().timestamp())}")


async def test_after_erasing_neither_words_nor_ciphertexts_are_in_the_files(
    watched: Watched, clock: Clock
) -> None:
    assert len(watched.made) > 50
    assert watched.found(), "before, they are there"
    await watched.hears(erase(clock))
    assert await watched.keys() == ["erased"]
    assert watched.found() == []


async def test_what_others_wrote_in_the_same_pages_stays(watched: Watched, clock: Clock) -> None:
    of_noor = set(watched.made)
    await watched.lives(GOVERT)
    watched.made = of_noor
    await watched.hears(erase(clock))
    assert watched.found() == []
    async with reading(watched.engine) as session:
        for table in Base.metadata.sorted_tables:
            if SEALED in table.c:
                for sealed in await session.scalars(
                    select(table.c[SEALED]).where(table.c[SEALED].is_not(None))
                ):
                    watched.cipher.open(sealed)


async def test_after_a_year_of_silence_as_well(
    watched: Watched, clock: Clock, content: Content
) -> None:
    retention = Retention(watched.engine, watched.cipher, content, clock, asyncio.Event())
    for passes in (SILENT, TIME_TO_ANSWER):
        clock.advance(seconds=passes.total_seconds() + 1)
        await retention.step()
    assert watched.found() == []


def test_what_sqlite_left_behind_when_it_moved_rows_is_gone_when_the_file_is_written_anew(
    tmp_path: Path,
) -> None:
    path = tmp_path / "pages.db"
    remnants = 0
    for seed in (22, 43, 58):  # of the first eighty, those where something is left behind
        mine = rows_that_move(path, seed)
        assert empty_log(str(path))
        remnants += left_of(mine, path)
        assert write_anew(str(path), largest=None)
        assert empty_log(str(path))
        assert left_of(mine, path) == 0
        path.unlink()
    assert remnants, "secure_delete alone was enough: then this is not needed"


async def test_a_large_file_is_written_anew_once_a_day_only(
    watched: Watched, clock: Clock, content: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[tuple[str, int | None]] = []

    def note(path: str, largest: int | None) -> bool:
        tried.append((path, largest))
        return write_anew(path, largest)

    monkeypatch.setattr("bot.db.session.write_anew", note)
    await watched.hears(erase(clock))
    await watched.conversation.tidy()
    await Retention(watched.engine, watched.cipher, content, clock, asyncio.Event()).step()
    assert [largest for _, largest in tried] == [QUICKLY_WRITTEN, 0, None]


async def test_without_emptying_the_log_they_would_be_found(
    watched: Watched, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(engine: AsyncEngine) -> bool:
        return True

    monkeypatch.setattr("bot.conversation.turn.forget_for_good", nothing)
    await watched.hears(erase(clock))
    assert watched.found()


async def test_other_chats_go_on_while_a_reader_stands_in_the_way(
    watched: Watched, clock: Clock
) -> None:
    """A backup reads for long: the log stays for an hour, and nobody waits for it."""
    path = watched.url.removeprefix("sqlite+aiosqlite:///")
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM users").fetchone()
    longest, last, over = 0.0, time.monotonic(), False

    async def beat() -> None:
        nonlocal longest, last
        while not over:
            await asyncio.sleep(0.005)
            longest, last = max(longest, time.monotonic() - last), time.monotonic()

    beating = asyncio.create_task(beat())
    erasing = asyncio.create_task(watched.hears(erase(clock)))
    await watched.hears("ik ook", chat=GOVERT)
    await erasing
    over = True
    await beating
    assert await watched.keys(GOVERT) == ["greet"]
    assert await watched.keys() == ["erased"]
    assert longest < sum(LOG_TRIES) + 1.0, "far from the fifteen seconds that SQLite may wait"
    assert watched.found()
    reader.execute("ROLLBACK")
    reader.close()
    await watched.conversation.tidy()
    assert watched.found() == []


async def test_the_log_is_emptied_each_hour(watched: Watched, clock: Clock) -> None:
    assert watched.log_size() > 0
    clock.moment += timedelta(hours=1)
    await watched.conversation.tidy()
    assert watched.log_size() == 0
    assert await forget_for_good(watched.engine)


async def test_deleted_pages_are_overwritten(watched: Watched) -> None:
    async with watched.engine.connect() as connection:
        found = await connection.exec_driver_sql("PRAGMA secure_delete")
        assert found.scalar() == 1
