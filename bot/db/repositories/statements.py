"""What the repositories share: INSERT with ON CONFLICT, and counting what changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import CursorResult, FromClause, TextClause, bindparam, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.dml import ReturningInsert

from bot.db.models import Base

_NAMED = sqlite.dialect(paramstyle="named")


def insert(session: AsyncSession, model: type[Base] | FromClause) -> Any:
    """An INSERT that can say ON CONFLICT; SQLite and PostgreSQL spell it the same."""
    dialect = session.get_bind().dialect.name
    return (postgresql if dialect == "postgresql" else sqlite).insert(model)


def as_text(
    statement: sqlite.Insert | ReturningInsert[Any], columns: Sequence[str] | None = None
) -> TextClause:
    """An INSERT with ON CONFLICT as text, for what every turn writes.

    SQLAlchemy keeps what it made of a text, and makes an INSERT with ON CONFLICT anew each time it
    runs, which takes longer than running it. SQLite and PostgreSQL read the same words.

    Args:
        statement: for SQLite.
        columns: names of the values that are handed in; none when the statement has its own.
    """
    made = statement.compile(dialect=_NAMED, column_keys=columns)
    typed = (bindparam(name, type_=value.type) for name, value in made.binds.items())
    return text(made.string).bindparams(*typed)


async def rows_changed(
    session: AsyncSession, statement: Any, values: Mapping[str, Any] | None = None
) -> int:
    """Run an UPDATE or DELETE and say how many rows it touched."""
    result = cast("CursorResult[Any]", await session.execute(statement, values))
    return result.rowcount
