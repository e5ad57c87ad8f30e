"""Bring a database to the newest schema with Alembic."""

from __future__ import annotations

import asyncio
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from alembic import command
from bot.db.trouble import TROUBLE, DatabaseError, reason

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


def revisions() -> list[str]:
    """The revisions that this version knows, the newest first."""
    script = ScriptDirectory.from_config(alembic_config(""))
    return [each.revision for each in script.walk_revisions()]


async def upgrade(url: str, revision: str = "head") -> None:
    """Migrate a database.

    Args:
        url: a SQLAlchemy URL with an async driver.
        revision: the newest by default.

    Raises:
        DatabaseError: it cannot be used, or is of a newer version; nothing was changed.
    """
    # Alembic runs its own event loop.
    try:
        await asyncio.to_thread(command.upgrade, alembic_config(url), revision)
    except CommandError as error:
        raise DatabaseError(
            "the database is of another, newer version of TeVoet: start that version, or put back "
            f"a backup of before; nothing was changed ({error})"
        ) from error
    except TROUBLE as error:
        raise DatabaseError(f"the database cannot be used: {reason(error)}") from error
