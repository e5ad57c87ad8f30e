"""A backup holds everything as of one moment, and comes back in any database."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.backup import PAGE, BackupError, backup, restore
from bot.cli import main
from bot.db.encryption import Cipher
from bot.db.migrate import revisions, upgrade
from bot.db.models import Base, InboxItem, SaidLine, User
from bot.db.repositories import Chats, Inbox, Incoming, Outbox, SendLimits, Trackers
from bot.db.repositories.rows import SEALED
from bot.db.session import make_engine, reading, writing
from tests.clock import Clock
from tests.integration.test_privacy_of_storage import everything
from tests.integration.test_repositories import ABOUT_NOBODY, fill

NEWEST = revisions()[0]
WORDS = {"value": "mijn zwager liegt"}
PASSPHRASE = "vier losse woorden samen"


@pytest.fixture
async def furnished(engine: AsyncEngine, cipher: Cipher, clock: Clock) -> AsyncEngine:
    """Two chats with a row in every table."""
    async with writing(engine) as session:
        for table in Base.metadata.sorted_tables:
            for chat in (1, 2) if table.name not in ABOUT_NOBODY else ():
                await fill(session, table, chat, clock())
            if SEALED in table.c:
                await session.execute(table.update().values({SEALED: cipher.seal(WORDS)}))
        await SendLimits(session).reserve("messages", 5_000_000_000_000, 7)
        await Chats(session, cipher).count_verdict("blame", "wat_wel", 3, 1)
    return engine


async def saved(engine: AsyncEngine, clock: Clock) -> list[bytes]:
    written: list[bytes] = []
    await backup(engine, written.append, clock(), NEWEST)
    return written


@pytest.fixture
async def elsewhere(database_url: str, tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """Another empty, migrated database of each kind."""
    if database_url.startswith("sqlite"):
        database_url = f"sqlite+aiosqlite:///{tmp_path / 'elsewhere.db'}"
    await upgrade(database_url)
    engine = make_engine(database_url)
    yield engine
    await engine.dispose()


async def test_a_round_trip_changes_nothing_within_and_between_both_databases(
    furnished: AsyncEngine, elsewhere: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    before = await everything(furnished)
    assert before.keys() == Base.metadata.tables.keys(), "the test itself fills every table"
    counts = await restore(elsewhere, await saved(furnished, clock), cipher, NEWEST, force=False)
    assert await everything(elsewhere) == before
    assert counts == {name: len(rows) for name, rows in before.items()}


async def test_life_goes_on_after_a_restore(
    furnished: AsyncEngine, elsewhere: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    await restore(elsewhere, await saved(furnished, clock), cipher, NEWEST, force=False)
    async with writing(elsewhere) as session:
        await Inbox(session, cipher).store([Incoming(77, 1, WORDS)], clock())
        await Outbox(session, cipher).add(1, 77, [WORDS], clock())
        await Chats(session, cipher).add_given_tip(1, "wat_wel", {}, clock())
        await Trackers(session, cipher).save(3, 0, WORDS, clock())
    async with reading(elsewhere) as session:
        newest = await session.scalar(select(func.max(InboxItem.id)))
        assert newest == max(row["id"] for row in (await everything(furnished))["inbox"]) + 1


async def test_more_rows_than_a_page_with_keys_of_several_columns(
    engine: AsyncEngine, elsewhere: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    async with writing(engine) as session:
        chats = Chats(session, cipher)
        for chat in (1, 2, 3):
            await chats.ensure_user(chat, clock())
            lines = [(f"k{n % 50}", n // 50) for n in range(PAGE)]
            await chats.remember_said(chat, lines, clock())
    await restore(elsewhere, await saved(engine, clock), cipher, NEWEST, force=False)

    def in_order(rows: dict[str, list[dict[str, Any]]]) -> list[str]:
        return sorted(str(row) for table in rows.values() for row in table)

    assert in_order(await everything(elsewhere)) == in_order(await everything(engine))
    async with reading(elsewhere) as session:
        assert await session.scalar(select(func.count()).select_from(SaidLine)) == 3 * PAGE


# --- while somebody writes -----------------------------------------------------------


async def test_what_is_written_meanwhile_is_in_it_whole_or_not_at_all(
    engine: AsyncEngine, elsewhere: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    """A user and what belongs to them are written in one transaction; so many come that the
    backup, page by page, would see halves of them if it did not see one moment."""

    async def moves_in(chat: int) -> None:
        async with writing(engine) as session:
            chats = Chats(session, cipher)
            await chats.ensure_user(chat, clock())
            await chats.remember_said(chat, [("greet", 0)], clock())
            await Trackers(session, cipher).save(chat, 0, WORDS, clock())

    for chat in range(1, 30):
        await moves_in(chat)
    written: list[bytes] = []
    pending: list[asyncio.Task[None]] = []
    newcomers = iter(range(1000, 9000))

    def write_while_they_come(data: bytes) -> None:
        written.append(data)
        pending.append(asyncio.create_task(moves_in(next(newcomers))))

    await backup(engine, write_while_they_come, clock(), NEWEST)
    await asyncio.gather(*pending)
    assert len(pending) > 50
    await restore(elsewhere, written, cipher, NEWEST, force=False)
    rows = await everything(elsewhere)
    chats = {row["chat_id"] for row in rows["users"]}
    assert set(range(1, 30)) <= chats
    assert {row["chat_id"] for row in rows["said_lines"]} == chats
    assert {row["chat_id"] for row in rows["trackers"]} == chats


WRITER = """
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=10)
n = 0
print("ready", flush=True)
while True:
    n += 1
    db.execute("BEGIN IMMEDIATE")
    db.execute("UPDATE users SET country = ? WHERE chat_id = 1", (f"{n % 90 + 10}",))
    db.execute("UPDATE users SET country = ? WHERE chat_id = 2", (f"{n % 90 + 10}",))
    db.execute("COMMIT")
    time.sleep(0.001)
"""


async def test_another_process_writes_on_during_a_backup_of_sqlite(
    furnished: AsyncEngine, stored_at: str, clock: Clock, tmp_path: Path, cipher: Cipher
) -> None:
    if not stored_at.startswith("sqlite"):
        pytest.skip("PostgreSQL lets others write anyway")
    path = stored_at.removeprefix("sqlite+aiosqlite:///")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, path, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        await process.stdout.readline()
        written = [await saved(furnished, clock) for _ in range(5)]
    finally:
        process.kill()
        await process.wait()
    assert process.returncode == -9, "the writer ran into no lock of ours"
    other = f"sqlite+aiosqlite:///{tmp_path / 'other.db'}"
    await upgrade(other)
    engine = make_engine(other)
    seen = set()
    for each in written:
        await restore(engine, each, cipher, NEWEST, force=True)
        async with reading(engine) as session:
            first, second = await session.scalars(select(User.country).order_by(User.chat_id))
        assert first == second
        seen.add(first)
    await engine.dispose()
    assert len(seen) > 1, "it wrote while the backups were made"


# --- what is refused -----------------------------------------------------------------


async def test_a_database_with_users_is_left_alone_unless_forced(
    furnished: AsyncEngine, elsewhere: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    async with writing(elsewhere) as session:
        await Chats(session, cipher).ensure_user(99, clock())
    before = await everything(elsewhere)
    written = await saved(furnished, clock)
    with pytest.raises(BackupError, match="--force"):
        await restore(elsewhere, written, cipher, NEWEST, force=False)
    assert await everything(elsewhere) == before
    await restore(elsewhere, written, cipher, NEWEST, force=True)
    assert await everything(elsewhere) == await everything(furnished)


async def test_something_about_a_chat_that_is_no_user_counts_too(
    elsewhere: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    async with writing(elsewhere) as session:
        await Chats(session, cipher).set_hold(99, "act", "violence", "any", clock())
    with pytest.raises(BackupError, match="--force"):
        await restore(elsewhere, [], cipher, NEWEST, force=False)


async def test_without_the_encryption_key_of_its_time_nothing_is_restored(
    furnished: AsyncEngine, elsewhere: AsyncEngine, clock: Clock
) -> None:
    other = Cipher([Fernet.generate_key()])
    with pytest.raises(BackupError, match="encryption key"):
        await restore(elsewhere, await saved(furnished, clock), other, NEWEST, force=False)
    assert await everything(elsewhere) == {}


async def test_another_schema_is_refused_both_ways(
    furnished: AsyncEngine, elsewhere: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    with pytest.raises(BackupError, match=f"schema {NEWEST}, not 9999"):
        await backup(furnished, [].append, clock(), "9999")
    with pytest.raises(BackupError, match=f"schema {NEWEST}, this version 9999"):
        await restore(elsewhere, await saved(furnished, clock), cipher, "9999", force=False)


# --- the commands --------------------------------------------------------------------


def test_the_commands_write_a_file_that_only_the_passphrase_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("TEVOET_ENCRYPTION_KEY", Fernet.generate_key().decode())

    def tevoet(home: str, passphrase: str, *arguments: str) -> int:
        monkeypatch.setenv("TEVOET_DATA_DIR", str(tmp_path / home))
        monkeypatch.setenv("TEVOET_BACKUP_PASSPHRASE", passphrase)
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        return int(str(ended.value.code or 0))

    assert tevoet("old", PASSPHRASE, "db", "upgrade") == 0
    with sqlite3.connect(tmp_path / "old" / "tevoet.db") as database:
        database.execute(
            "INSERT INTO users (chat_id, country, created_at) VALUES (123454321, 'BE', ?)",
            ("2026-11-22 21:00:00.000000",),
        )
    database.close()
    file = tmp_path / "save"
    assert tevoet("old", "", "backup", str(file)) == 2  # no passphrase
    assert tevoet("old", PASSPHRASE, "backup", str(file)) == 0
    assert file.stat().st_mode & 0o777 == 0o600
    assert b"123454321" not in file.read_bytes()
    assert not list(tmp_path.glob("*.part"))

    assert tevoet("new", "iets heel anders", "restore", str(file)) == 2
    assert tevoet("new", PASSPHRASE, "restore", str(file)) == 0
    assert tevoet("new", PASSPHRASE, "restore", str(file)) == 2  # users are there now
    assert tevoet("new", PASSPHRASE, "restore", str(file), "--force") == 0
    with sqlite3.connect(tmp_path / "new" / "tevoet.db") as database:
        assert database.execute("SELECT chat_id, country FROM users").fetchall() == [
            (123454321, "BE")
        ]
    database.close()
    assert "1 rows, 1 users restored" in capsys.readouterr().out
