"""What a check of the installation reads."""

from __future__ import annotations

from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.models import Base


class Checkup:
    """Looks at a database whose schema may be an older one, or none."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def revision(self) -> str | None:
        """The schema's revision; None when there are no tables yet."""
        if "alembic_version" not in await self._tables():
            return None
        revision: str | None = await self._session.scalar(
            text("SELECT version_num FROM alembic_version")
        )
        return revision

    async def sealed(self) -> list[bytes]:
        """The oldest and the newest ciphertext of each table that holds any."""
        there, found = await self._tables(), list[bytes]()
        for table in Base.metadata.sorted_tables:
            column = table.columns.get("sealed")
            if column is None or table.name not in there:
                continue
            for order in (
                [key.asc() for key in table.primary_key],
                [key.desc() for key in table.primary_key],
            ):
                query = select(column).where(column.is_not(None)).order_by(*order).limit(1)
                found += (await self._session.scalars(query)).all()
        return found

    async def _tables(self) -> set[str]:
        connection = await self._session.connection()

        def names(there: Connection) -> list[str]:
            return inspect(there).get_table_names()

        return set(await connection.run_sync(names))
