"""The commands of ./tevoet that look after what is stored: schema, keys, backups."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from bot.backup import BackupError, backup, restore
from bot.bootstrap import now, stored
from bot.db.encryption import Cipher
from bot.db.migrate import revisions, upgrade
from bot.db.session import forget_for_good, make_engine
from bot.rotation import RENEWED, SETTLED, UNREADABLE, renew, rotate
from bot.sealed_file import SealedWriter, pieces
from bot.settings import Settings, SettingsError

Add = Callable[[str, object, str], argparse.ArgumentParser]


def add_commands(add: Add) -> None:
    """Add these commands.

    Args:
        add: takes a command's name, its function and a line of help.
    """
    database = add("db", _db, "work on the database")
    database.add_argument("action", choices=["upgrade"])
    key = add("key", _key, "print a new encryption key, or rotate: put one in the place of the old")
    key.add_argument("action", nargs="?", choices=["rotate"])
    save = add("backup", _backup, "write all that is stored to an encrypted file")
    save.add_argument("file", type=Path)
    load = add("restore", _restore, "put a backup in the place of what is stored (stop the bot)")
    load.add_argument("file", type=Path)
    load.add_argument("--force", action="store_true", help="erase the users that are there")


def _tell(line: str) -> None:
    print(line, file=sys.stderr)


def _db(options: argparse.Namespace, settings: Settings) -> int:
    settings.make_data_dir()
    asyncio.run(upgrade(settings.database))
    return 0


def _key(options: argparse.Namespace, settings: Settings) -> int:
    from cryptography.fernet import Fernet

    if options.action is None:
        print(Fernet.generate_key().decode())
        return 0
    counts = asyncio.run(_rotate(settings))
    print(f"{counts[RENEWED]} values encrypted anew with the first key of {settings.key_source}")
    if settings.key_file is None:
        print("only that key is needed now: take the others out, and start the bot again")
    print("a backup of before needs the old key: make a new one")
    if counts[UNREADABLE]:
        print(f"{counts[UNREADABLE]} values can be read with no key and stay as they are")
    return 1 if counts[UNREADABLE] else 0


async def _rotate(settings: Settings) -> Counter[str]:
    """Rotate the key of the key file; keys of the environment are somebody else's to write."""
    file = settings.key_file
    if file is None and len(settings.keys()) == 1:
        raise SettingsError(
            "TEVOET_ENCRYPTION_KEY: put a new key (./tevoet key) and a comma in front of the old "
            "one, start the bot again, and run this once more"
        )
    async with stored(settings) as (engine, cipher):
        if file is None:
            counts = await renew(engine, cipher)
            await forget_for_good(engine)
            return counts
        _tell(f"this takes {SETTLED:.0f} seconds and more; the bot may run meanwhile")
        return await rotate(engine, file)


def _passphrase(settings: Settings) -> str:
    if settings.backup_passphrase is None:
        raise SettingsError("TEVOET_BACKUP_PASSPHRASE: is missing; it opens the backup")
    return settings.backup_passphrase.get_secret_value()


@contextmanager
def _whole(path: Path) -> Iterator[BinaryIO]:
    """A file for its owner only, that is there when it is whole, and not before."""
    part = path.with_name(f"{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise BackupError(f"{path}: cannot be written ({error.strerror})") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _backup(options: argparse.Namespace, settings: Settings) -> int:
    passphrase = _passphrase(settings)

    async def run(write: Callable[[bytes], object]) -> Counter[str]:
        engine = make_engine(settings.database)
        try:
            return await backup(engine, write, now(), revisions()[0])
        finally:
            await engine.dispose()

    with _whole(options.file) as file:
        writer = SealedWriter(file, passphrase)
        counts = asyncio.run(run(writer.write))
        writer.close()
    print(f"{counts.total()} rows, {counts['users']} users: {options.file}")
    return 0


def _restore(options: argparse.Namespace, settings: Settings) -> int:
    passphrase, cipher = _passphrase(settings), Cipher(settings.keys(make=False))

    async def run(read: Iterator[bytes]) -> Counter[str]:
        await upgrade(settings.database)
        engine = make_engine(settings.database)
        try:
            return await restore(engine, read, cipher, revisions()[0], force=options.force)
        finally:
            await engine.dispose()

    try:
        file = options.file.open("rb")
    except OSError as error:
        raise BackupError(f"{options.file}: cannot be read ({error.strerror})") from error
    settings.make_data_dir()
    with file:
        counts = asyncio.run(run(pieces(file, passphrase)))
    print(f"{counts.total()} rows, {counts['users']} users restored")
    return 0
