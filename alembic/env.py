"""Alembic's environment: our models, on the database of the settings."""

from __future__ import annotations

import asyncio

from sqlalchemy import Connection

from alembic import context
from bot.db.models import Base
from bot.db.session import make_engine
from bot.settings import read_settings

# Any number, the same in all processes.
ONE_AT_A_TIME = 7_005_000


def migrate(connection: Connection) -> None:
    """Run the migrations on one connection, all in one transaction."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            # Of processes that start together one migrates, and the others find it done.
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ONE_AT_A_TIME})")
        context.run_migrations()


async def run() -> None:
    """Connect and migrate."""
    url = context.config.attributes.get("url") or read_settings().database
    engine = make_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()


if context.is_offline_mode():
    raise SystemExit("migrations need a database connection")
asyncio.run(run())
