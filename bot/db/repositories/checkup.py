"""What a check of the installation reads."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, column, func, inspect, select, table, text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.models import Base, InboxItem


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
        for each in Base.metadata.sorted_tables:
            sealed = each.columns.get("sealed")
            if sealed is None or each.name not in there:
                continue
            for order in (
                [key.asc() for key in each.primary_key],
                [key.desc() for key in each.primary_key],
            ):
                query = select(sealed).where(sealed.is_not(None)).order_by(*order).limit(1)
                found += (await self._session.scalars(query)).all()
        return found

    async def waiting(self, now: datetime) -> tuple[int, datetime | None]:
        """How many updates may be handled and are not, and when the oldest of them came in."""
        if InboxItem.__tablename__ not in await self._tables():
            return 0, None
        query = select(func.count(), func.min(InboxItem.received_at)).where(
            InboxItem.status == "new", InboxItem.not_before <= now
        )
        count, oldest = (await self._session.execute(query)).one()
        return count, oldest

    async def workers(self, schema: str, silent: timedelta) -> int | None:
        """How many workers live; None where there are none by kind or there never were any.

        Args:
            schema: where procrastinate has its tables.
            silent: who gave no sign of life for so long is dead.
        """
        workers = table("procrastinate_workers", column("last_heartbeat"), schema=schema)
        connection = await self._session.connection()

        def there(connection: Connection) -> bool:
            on_postgres = connection.dialect.name == "postgresql"
            return on_postgres and inspect(connection).has_table(workers.name, schema=schema)

        if not await connection.run_sync(there):
            return None
        live = workers.c.last_heartbeat > func.now() - silent
        query = select(func.count()).select_from(workers).where(live)
        return (await self._session.scalars(query)).one()

    async def _tables(self) -> set[str]:
        connection = await self._session.connection()

        def names(there: Connection) -> list[str]:
            return inspect(there).get_table_names()

        return set(await connection.run_sync(names))
