"""The commands of ./tevoet that look after what is stored: schema and keys."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import Callable

from bot.bootstrap import fitting_cipher
from bot.db.migrate import upgrade
from bot.db.session import forget_for_good, make_engine
from bot.rotation import RENEWED, SETTLED, UNREADABLE, renew, rotate
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
    await upgrade(settings.database)
    engine = make_engine(settings.database)
    try:
        cipher = await fitting_cipher(settings, engine)
        if file is None:
            counts = await renew(engine, cipher)
            await forget_for_good(engine)
            return counts
        _tell(f"this takes {SETTLED:.0f} seconds and more; the bot may run meanwhile")
        return await rotate(engine, file)
    finally:
        await engine.dispose()
