"""Whether the encryption keys are those that the database was written with."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.db.encryption import Cipher, DecryptionError
from bot.db.models import Base
from bot.db.session import reading
from bot.db.trouble import DatabaseError

SAMPLES = 5


async def sealed_samples(engine: AsyncEngine) -> list[bytes]:
    """The newest encrypted values of each table: one that is damaged says nothing of the key."""
    found = []
    async with reading(engine) as session:
        for table in Base.metadata.sorted_tables:
            if "sealed" not in table.c:
                continue
            newest = [column.desc() for column in table.primary_key]
            query = select(table.c.sealed).where(table.c.sealed.is_not(None)).order_by(*newest)
            found += list(await session.scalars(query.limit(SAMPLES)))
    return found


def check_keys(cipher: Cipher, samples: list[bytes]) -> None:
    """Refuse keys that open nothing of what is stored.

    Raises:
        DatabaseError: they are those of another installation.
    """
    for sample in samples:
        try:
            cipher.open(sample)
        except DecryptionError:
            continue
        return
    if samples:
        raise DatabaseError(
            "the encryption key does not fit the database: put back the one that it was written "
            "with (TEVOET_ENCRYPTION_KEY or encryption.key in the data folder); nothing was changed"
        )
