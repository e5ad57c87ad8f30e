"""What can be wrong with a database, in words for who runs the bot."""

from __future__ import annotations

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

# While there is no connection asyncpg's own errors come through SQLAlchemy as they are.
TROUBLE = (SQLAlchemyError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)

# Parts of what SQLite and PostgreSQL say. Their own words may quote a row, so they are not shown.
_REASONS = {
    "disk is full": "the disk is full",
    "no space left": "the disk is full",
    "disk quota": "the disk is full",
    "readonly database": "it can only be read: look at the rights on the file and its folder",
    "read-only": "it can only be read",
    "unable to open": "the file cannot be opened: look at the folder and its rights",
    "not a database": "the file is damaged or no SQLite database",
    "malformed": "the file is damaged: put back a backup",
    "is locked": "another process holds it",
    "disk i/o": "the disk fails",
    "password authentication": "PostgreSQL refuses the user or password of DATABASE_URL",
    "does not exist": "something in it does not exist: look at DATABASE_URL",
    "not currently accepting": "PostgreSQL takes no connections",
    "too many": "PostgreSQL has no connection left",
    "connect": "there is no connection to it",
    "terminating": "there is no connection to it",
    "closed": "there is no connection to it",
}


class DatabaseError(Exception):
    """The database cannot be used; the message says why, and that nothing was changed."""


def reason(error: BaseException) -> str:
    """Why the database fails, without anything that a user wrote.

    Args:
        error: one of TROUBLE.

    Returns:
        A cause that is known, else the type of the error.
    """
    said = str(getattr(error, "orig", None) or error).lower()
    if isinstance(error, ConnectionError):
        said = "connect"
    return next((known for part, known in _REASONS.items() if part in said), type(error).__name__)
