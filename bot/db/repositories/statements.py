"""What the repositories share: INSERT with ON CONFLICT, and counting what changed."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import CursorResult, FromClause
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.models import Base


def insert(session: AsyncSession, model: type[Base] | FromClause) -> Any:
    """An INSERT that can say ON CONFLICT; SQLite and PostgreSQL spell it the same."""
    dialect = session.get_bind().dialect.name
    return (postgresql if dialect == "postgresql" else sqlite).insert(model)


async def rows_changed(session: AsyncSession, statement: Any) -> int:
    """Run an UPDATE or DELETE and say how many rows it touched."""
    result = cast("CursorResult[Any]", await session.execute(statement))
    return result.rowcount
