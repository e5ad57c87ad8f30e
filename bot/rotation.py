"""A new encryption key: everything is encrypted anew, then the old key is dropped.

While the bot runs: it looks at the key file before it encrypts or decrypts (bot/keys.py), so the
new key holds from the moment it is written. Interrupted, it is simply run again.
"""

from __future__ import annotations

import asyncio
from collections import Counter

from cryptography.fernet import Fernet
from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.db.encryption import Cipher, DecryptionError
from bot.db.repositories.rows import SEALED, Row, Rows, tables
from bot.db.session import BUSY_SECONDS, forget_for_good, reading, writing
from bot.keys import KeyFile

# Rows that are written in one transaction: others wait for it for some milliseconds.
BATCH = 100
# What was encrypted before the new key was there is written by then.
SETTLED = BUSY_SECONDS + 5.0
RENEWED, UNREADABLE = "renewed", "unreadable"


async def rotate(engine: AsyncEngine, file: KeyFile, settled: float = SETTLED) -> Counter[str]:
    """Put a new key in front of the file, encrypt everything with it, and drop the old ones.

    Args:
        engine: the database.
        file: with the keys. More than one means that a rotation was interrupted: it goes on.
        settled: seconds after which nothing is written any more that was encrypted before.

    Returns:
        How many values were renewed, and how many no key can read; these stay as they are.
    """
    keys = file.read()
    if len(keys) == 1:
        keys = [Fernet.generate_key(), *keys]
        file.write(keys)
    counts = await renew(engine, Cipher(keys))
    await asyncio.sleep(settled)
    later = await renew(engine, Cipher(keys))
    file.write(keys[:1])
    await forget_for_good(engine)
    return Counter({RENEWED: counts[RENEWED] + later[RENEWED], UNREADABLE: later[UNREADABLE]})


async def renew(engine: AsyncEngine, cipher: Cipher) -> Counter[str]:
    """Encrypt with the first key whatever is encrypted with another.

    Args:
        engine: the database.
        cipher: with all keys.

    Returns:
        How many values were renewed, and how many no key can read.
    """
    counts: Counter[str] = Counter()
    for table in tables():
        if SEALED not in table.c:
            continue
        last: Row | None = None
        while page := await _page(engine, table, last):
            last = page[-1]
            changes = _changes(page, cipher, counts)
            if changes:
                async with writing(engine) as session:
                    await Rows(session).reseal(table, changes)
    return counts


async def _page(engine: AsyncEngine, table: Table, last: Row | None) -> list[Row]:
    async with reading(engine) as session:
        return await Rows(session).page(table, last, BATCH)


def _changes(page: list[Row], cipher: Cipher, counts: Counter[str]) -> list[tuple[Row, bytes]]:
    changes = []
    for row in page:
        try:
            becomes = cipher.resealed(row[SEALED]) if row[SEALED] else None
        except DecryptionError:
            counts[UNREADABLE] += 1
            continue
        if becomes:
            counts[RENEWED] += 1
            changes.append((row, becomes))
    return changes
