"""SQLite without a thread of its own: a statement is quicker than the way to a thread and back.

SQLAlchemy's async dialect for SQLite sends each call to aiosqlite's thread and waits for
it: four trips a statement. Here the same calls run at once, in the event loop. A turn's statements
take well under a millisecond each, and writers of this process wait for each other in
session.py, not in SQLite. Figures: docs/decisions/0008.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any


class InlineCursor:
    """The part of aiosqlite's cursor that SQLAlchemy uses."""

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self._cursor = cursor

    @property
    def description(self) -> Any:
        """As of DB-API."""
        return self._cursor.description

    @property
    def lastrowid(self) -> int | None:
        """As of DB-API."""
        return self._cursor.lastrowid

    @property
    def rowcount(self) -> int:
        """As of DB-API."""
        return self._cursor.rowcount

    async def execute(self, operation: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement."""
        self._cursor.execute(operation, parameters)

    async def executemany(self, operation: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement for each row."""
        self._cursor.executemany(operation, rows)

    async def fetchall(self) -> list[Any]:
        """All rows."""
        return self._cursor.fetchall()

    async def close(self) -> None:
        """Free the statement."""
        self._cursor.close()


class InlineConnection:
    """The part of aiosqlite's connection that SQLAlchemy uses.

    Args:
        path: the database file.
        busy_seconds: how long to wait for another process that writes.
    """

    def __init__(self, path: str, busy_seconds: float) -> None:
        # SQLAlchemy begins and ends transactions itself (session.py).
        self._connection = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None)

    async def cursor(self) -> InlineCursor:
        """A new cursor."""
        return InlineCursor(self._connection.cursor())

    async def create_function(self, *args: Any, **kwargs: Any) -> None:
        """Make a function of Python's known to SQL."""
        self._connection.create_function(*args, **kwargs)

    async def commit(self) -> None:
        """End the transaction."""
        self._connection.commit()

    async def rollback(self) -> None:
        """Undo the transaction."""
        self._connection.rollback()

    async def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def stop(self) -> None:
        """Close the file, when nobody can wait for it."""
        self._connection.close()


def write_anew(path: str, largest: int | None) -> bool:
    """Write the whole file anew (VACUUM), unless it is too large; wait for nobody.

    `secure_delete` overwrites what is deleted, but not the copies that stay behind in a page when
    SQLite moves rows to another one.

    Args:
        path: the database file.
        largest: bytes; None for a file of any size.

    Returns:
        False when somebody who writes was in the way.
    """
    if largest is not None and Path(path).stat().st_size > largest:
        return True
    return _alone(path, "VACUUM") is not None


def empty_log(path: str) -> bool:
    """Bring SQLite's log (WAL) into the file and empty it; wait for nobody.

    What was overwritten or deleted stands in the log until then, in pages of before.

    Args:
        path: the database file.

    Returns:
        False when somebody who reads or writes was in the way.
    """
    found = _alone(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    return found is not None and not found[0][0]


def _alone(path: str, statement: str) -> list[Any] | None:
    connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        connection.execute("PRAGMA secure_delete=ON")
        return connection.execute(statement).fetchall()
    except sqlite3.Error:
        return None
    finally:
        connection.close()
