"""Rows of any table, whatever they are about: for backups and for new keys."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import Table, and_, bindparam, exists, func, literal, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.models import Base

SEALED = "sealed"
Row = dict[str, Any]


def tables() -> list[Table]:
    """All tables; those that others refer to come first."""
    return list(Base.metadata.sorted_tables)


class Rows:
    """Reads and writes whole rows."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def page(self, table: Table, after: Row | None, limit: int) -> list[Row]:
        """The next rows of a table in the order of its key.

        Args:
            table: the table.
            after: the last row of the page before, None for the first page.
            limit: the most rows to return.
        """
        key = list(table.primary_key.columns)
        query = select(table).order_by(*key).limit(limit)
        if after is not None:
            last = [literal(after[column.name], column.type) for column in key]
            query = query.where(tuple_(*key) > tuple_(*last))
        return [dict(row) for row in (await self._session.execute(query)).mappings()]

    async def pages(self, table: Table, limit: int) -> AsyncIterator[list[Row]]:
        """All rows of a table, page by page, in one session."""
        page = await self.page(table, None, limit)
        while page:
            yield page
            page = await self.page(table, page[-1], limit)

    async def reseal(self, table: Table, changes: Sequence[tuple[Row, bytes]]) -> None:
        """Put other ciphertexts in place of those that were read, unless they changed since.

        Args:
            table: one with a column `sealed`.
            changes: rows as they were read, each with its new ciphertext.
        """
        key = list(table.primary_key.columns)
        statement = (
            update(table)
            .where(and_(*(column == bindparam(f"key_{column.name}") for column in key)))
            .where(table.c[SEALED] == bindparam("was"))
            .values({SEALED: bindparam("becomes")})
        )
        connection = await self._session.connection()
        await connection.execute(
            statement,
            [
                {
                    **{f"key_{column.name}": row[column.name] for column in key},
                    "was": row[SEALED],
                    "becomes": becomes,
                }
                for row, becomes in changes
            ],
        )

    async def revision(self) -> str | None:
        """Which schema the database has."""
        revision: str | None = await self._session.scalar(
            text("SELECT version_num FROM alembic_version")
        )
        return revision

    async def about_chats(self) -> bool:
        """Whether there is anything about any chat."""
        for table in tables():
            if "chat_id" in table.c and await self._session.scalar(select(exists(select(table)))):
                return True
        return False

    async def clear(self) -> None:
        """Erase every row."""
        for table in reversed(tables()):
            await self._session.execute(table.delete())

    async def add(self, table: Table, rows: Sequence[Row]) -> None:
        """Add rows as they are, with their ids."""
        connection = await self._session.connection()
        await connection.execute(table.insert(), list(rows))

    async def count_on(self) -> None:
        """Let PostgreSQL number new rows after those that were added with their ids."""
        if self._session.get_bind().dialect.name != "postgresql":
            return
        for table in tables():
            sequence = await self._session.scalar(
                select(func.pg_get_serial_sequence(table.name, next(iter(table.primary_key)).name))
            )
            if sequence is None:
                continue
            newest = await self._session.scalar(select(func.max(table.c.id)))
            await self._session.execute(
                text("SELECT setval(:sequence, :newest, :used)"),
                {"sequence": sequence, "newest": newest or 1, "used": newest is not None},
            )
