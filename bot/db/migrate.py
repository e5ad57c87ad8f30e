"""Bring a database to the newest schema with Alembic."""

from __future__ import annotations

import asyncio
from pathlib import Path

from alembic.config import Config

from alembic import command

ROOT = Path(__file__).resolve().parents[2]


def alembic_config(url: str) -> Config:
    """Alembic's configuration for a database.

    Args:
        url: a SQLAlchemy URL with an async driver.
    """
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("script_location", str(ROOT / "alembic"))
    config.attributes["url"] = url
    return config


async def upgrade(url: str, revision: str = "head") -> None:
    """Migrate a database.

    Args:
        url: a SQLAlchemy URL with an async driver.
        revision: the newest by default.
    """
    # Alembic runs its own event loop.
    await asyncio.to_thread(command.upgrade, alembic_config(url), revision)
