"""All rows as lines of JSON, and back: a backup, and the way from one database to another.

Words stay encrypted as they are in the database, inside a file that is encrypted too: who
restores needs the passphrase and the encryption key.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, LargeBinary, Table
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.db.encryption import Cipher, DecryptionError
from bot.db.models import Base, Moment
from bot.db.repositories.rows import SEALED, Row, Rows, tables
from bot.db.session import forget_for_good, snapshot, writing

PAGE = 500


class BackupError(Exception):
    """A backup cannot be made or restored; nothing was changed."""


async def backup(
    engine: AsyncEngine, write: Callable[[bytes], object], made_at: datetime, newest: str
) -> Counter[str]:
    """Write down every row as of one moment; the bot may write meanwhile.

    Args:
        engine: the database.
        write: takes what is written, bit by bit.
        made_at: the moment.
        newest: the newest schema, which the database must have.

    Returns:
        How many rows each table has.

    Raises:
        BackupError: the database has another schema.
    """
    counts: Counter[str] = Counter()
    async with snapshot(engine) as session:
        rows = Rows(session)
        revision = await rows.revision()
        if revision != newest:
            raise BackupError(f"the database has schema {revision}, not {newest}")
        write(_line({"revision": revision, "made_at": made_at.isoformat()}))
        for table in tables():
            write(_line({"table": table.name, "columns": [c.name for c in table.columns]}))
            async for page in rows.pages(table, PAGE):
                counts[table.name] += len(page)
                for row in page:
                    write(_line([_plain(value) for value in row.values()]))
    return counts


async def restore(
    engine: AsyncEngine, read: Iterable[bytes], cipher: Cipher, newest: str, *, force: bool
) -> Counter[str]:
    """Put the rows of a backup in the place of all that is there, all of it or nothing.

    Args:
        engine: a database with the newest schema, while no bot runs on it.
        read: gives what `backup` wrote, bit by bit.
        cipher: with the key of the time of the backup.
        newest: the newest schema, which the backup must have.
        force: also when there is something about users already.

    Returns:
        How many rows each table got.

    Raises:
        BackupError: there are users already, the backup is of another schema, or its words
            cannot be read with the keys of this installation.
    """
    lines = _lines(read)
    counts: Counter[str] = Counter()
    async with writing(engine) as session:
        rows = Rows(session)
        if not force and await rows.about_chats():
            raise BackupError("the database holds users; --force erases them first")
        if (revision := json.loads(next(lines))["revision"]) != newest:
            raise BackupError(f"the backup has schema {revision}, this version {newest}")
        await rows.clear()
        for table, page in _pages(lines):
            _check(page, cipher)
            await rows.add(table, page)
            counts[table.name] += len(page)
        await rows.count_on()
    await forget_for_good(engine)
    return counts


def _line(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def _lines(read: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in read:
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole


def _pages(lines: Iterator[bytes]) -> Iterator[tuple[Table, list[Row]]]:
    """The rows of a backup, some of one table at a time."""
    table: Table | None = None
    columns: list[str] = []
    page: list[Row] = []
    for line in lines:
        value = json.loads(line)
        if isinstance(value, list) and table is not None:
            page.append({c: _typed(table, c, v) for c, v in zip(columns, value, strict=True)})
        if page and table is not None and (len(page) == PAGE or isinstance(value, dict)):
            yield table, page
            page = []
        if isinstance(value, dict):
            table, columns = Base.metadata.tables[value["table"]], value["columns"]
    if page and table is not None:
        yield table, page


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return b64encode(value).decode()
    return value.isoformat() if isinstance(value, date) else value


def _typed(table: Table, column: str, value: Any) -> Any:
    match table.c[column].type:
        case _ if value is None:
            return None
        case LargeBinary():
            return b64decode(value)
        case Moment():
            return datetime.fromisoformat(value)
        case Date():
            return date.fromisoformat(value)
        case _:
            return value


def _check(page: list[Row], cipher: Cipher) -> None:
    try:
        for row in page:
            if row.get(SEALED):
                cipher.open(row[SEALED])
    except DecryptionError:
        raise BackupError("its words need another encryption key: that of its time") from None
