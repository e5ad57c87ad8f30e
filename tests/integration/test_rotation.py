"""A new encryption key, while others read and write, and after an interruption."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import LargeBinary, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.db.encryption import Cipher, DecryptionError
from bot.db.models import Base, TrackerRow
from bot.db.repositories import Inbox, Incoming, Trackers
from bot.db.repositories.rows import SEALED, tables
from bot.db.session import reading, writing
from bot.keys import KeyFile
from bot.rotation import BATCH, RENEWED, UNREADABLE, renew, rotate
from tests.clock import Clock
from tests.integration.test_privacy_of_storage import files_of
from tests.integration.test_repositories import ABOUT_NOBODY, fill

WORDS = {"value": "mijn zwager liegt"}
WITH_WORDS = [table for table in tables() if SEALED in table.c]
CHATS = (1, 2)


@pytest.fixture
def file(tmp_path: Path) -> KeyFile:
    """A key file with one key."""
    file = KeyFile(tmp_path / "encryption.key")
    file.make()
    return file


@pytest.fixture
async def furnished(engine: AsyncEngine, file: KeyFile, clock: Clock) -> AsyncEngine:
    """Two chats with a row in every table, their words encrypted with the one key."""
    cipher = Cipher(file.read())
    async with writing(engine) as session:
        for table in Base.metadata.sorted_tables:
            for chat in CHATS if table.name not in ABOUT_NOBODY else ():
                await fill(session, table, chat, clock())
        for table in WITH_WORDS:
            await session.execute(update(table).values({SEALED: cipher.seal(WORDS)}))
    return engine


async def sealed_values(engine: AsyncEngine) -> list[bytes]:
    async with reading(engine) as session:
        return [v for table in WITH_WORDS for v in await session.scalars(select(table.c[SEALED]))]


def test_words_stand_in_columns_of_one_name_only() -> None:
    assert {
        column.name
        for table in tables()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    } == {SEALED}


async def test_everything_is_encrypted_with_the_new_key_and_the_old_one_is_dropped(
    furnished: AsyncEngine, file: KeyFile
) -> None:
    [old] = file.read()
    counts = await rotate(furnished, file, settled=0)
    [new] = file.read()
    assert new != old
    values = await sealed_values(furnished)
    assert counts == {RENEWED: len(values), UNREADABLE: 0}
    assert len(values) == len(WITH_WORDS) * len(CHATS)
    assert [Cipher([new]).open(value) for value in values] == [WORDS] * len(values)
    with pytest.raises(DecryptionError):
        Cipher([old]).open(values[0])


async def test_more_rows_than_go_in_one_transaction(
    engine: AsyncEngine, file: KeyFile, clock: Clock
) -> None:
    many = 2 * BATCH + 1
    async with writing(engine) as session:
        await Inbox(session, Cipher(file.read())).store(
            [Incoming(number, number, WORDS) for number in range(many)], clock()
        )
    assert (await rotate(engine, file, settled=0))[RENEWED] == many


async def test_after_an_interruption_it_is_simply_run_again(
    furnished: AsyncEngine, file: KeyFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal_again, left = Cipher.resealed, 3

    def killed_at_the_fourth(cipher: Cipher, sealed: bytes) -> bytes | None:
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt
        return seal_again(cipher, sealed)

    with monkeypatch.context() as patched:
        patched.setattr(Cipher, "resealed", killed_at_the_fourth)
        with pytest.raises(KeyboardInterrupt):
            await rotate(furnished, file, settled=0)
    halfway = file.read()
    assert len(halfway) == 2
    values = await sealed_values(furnished)
    # Whoever starts now reads all of it.
    assert [Cipher(halfway).open(value) for value in values] == [WORDS] * len(values)
    assert Cipher(halfway).resealed(values[-1]) is not None

    await rotate(furnished, file, settled=0)
    assert file.read() == halfway[:1]
    values = await sealed_values(furnished)
    assert [Cipher(halfway[:1]).open(value) for value in values] == [WORDS] * len(values)


async def test_what_no_key_reads_stays_as_it_is_and_is_counted(
    furnished: AsyncEngine, file: KeyFile
) -> None:
    strange = Fernet(Fernet.generate_key()).encrypt(b"1")
    async with writing(furnished) as session:
        await session.execute(
            update(TrackerRow).where(TrackerRow.chat_id == 1).values(sealed=strange)
        )
    counts = await rotate(furnished, file, settled=0)
    assert counts[UNREADABLE] == 1
    assert strange in await sealed_values(furnished)


async def test_what_is_encrypted_already_is_left_alone(
    furnished: AsyncEngine, file: KeyFile
) -> None:
    before = await sealed_values(furnished)
    assert await renew(furnished, Cipher(file.read())) == {}
    assert await sealed_values(furnished) == before


@asynccontextmanager
async def a_bot_at_work(
    engine: AsyncEngine, file: KeyFile, clock: Clock
) -> AsyncIterator[list[int]]:
    """A bot that knows the keys of its start, and writes all the time.

    Yields:
        The versions that it wrote of one tracker.
    """
    cipher = Cipher(file.read(), file)
    versions: list[int] = []
    stop = asyncio.Event()

    async def work() -> None:
        while not stop.is_set():
            async with writing(engine) as session:
                trackers = Trackers(session, cipher)
                version, content = await trackers.load(1)
                assert content == WORDS
                await asyncio.sleep(0.001)
                assert await trackers.save(1, version, WORDS, clock())
                versions.append(version)
            await asyncio.sleep(0.002)

    task = asyncio.create_task(work())
    try:
        yield versions
    finally:
        stop.set()
        await task


async def test_a_bot_that_writes_meanwhile_loses_nothing_and_takes_the_new_key(
    furnished: AsyncEngine, file: KeyFile, clock: Clock
) -> None:
    async with a_bot_at_work(furnished, KeyFile(file._path), clock) as versions:
        for _ in range(3):
            await rotate(furnished, file, settled=0.1)
        await asyncio.sleep(0.05)
    assert len(versions) > 10
    assert versions == list(range(versions[0], versions[0] + len(versions)))
    values = await sealed_values(furnished)
    assert [Cipher(file.read()).open(value) for value in values] == [WORDS] * len(values)


async def test_nothing_of_the_old_key_is_left_in_the_files(
    furnished: AsyncEngine, stored_at: str, file: KeyFile
) -> None:
    if not stored_at.startswith("sqlite"):
        pytest.skip("PostgreSQL keeps its files to itself")
    before = await sealed_values(furnished)
    assert any(value in files_of(stored_at) for value in before)
    await rotate(furnished, file, settled=0)
    left = files_of(stored_at)
    assert [value for value in before if value in left] == []


def test_the_key_file_is_for_its_owner_only_and_never_half_written(file: KeyFile) -> None:
    path = file._path
    assert path.stat().st_mode & 0o777 == 0o600
    keys = [Fernet.generate_key(), *file.read()]
    file.write(keys)
    assert path.stat().st_mode & 0o777 == 0o600
    assert KeyFile(path).read() == keys
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_broken_key_file_changes_nothing_for_who_runs(file: KeyFile) -> None:
    cipher = Cipher(file.read(), KeyFile(file._path))
    sealed = cipher.seal(WORDS)
    for broken in ("", "geen sleutel"):
        file._path.write_text(broken)
        assert cipher.open(sealed) == WORDS
    file._path.unlink()
    assert cipher.open(sealed) == WORDS
