"""What the sender writes down about each message, many in one transaction.

Group commit (DeWitt et al. 1984, "Implementation Techniques for Main Memory Database Systems"):
whoever comes while a transaction is under way goes with the next one. A lone message waits for
nobody, and at full speed dozens share one write to the disk.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.db.encryption import Cipher
from bot.db.repositories import NudgeQueue, Outbox
from bot.db.session import writing


@dataclass
class _Group:
    """What goes into one transaction; `done` gives which of the nudges may be sent."""

    nudges: dict[int, datetime] = field(default_factory=dict)
    sent: dict[int, int | None] = field(default_factory=dict)
    done: asyncio.Future[set[int]] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Marks:
    """Marks rows of the outbox.

    Args:
        engine: the database.
        cipher: of the outbox.
    """

    def __init__(self, engine: AsyncEngine, cipher: Cipher) -> None:
        self._engine, self._cipher = engine, cipher
        self._next: _Group | None = None
        self._writing: asyncio.Task[None] | None = None

    async def begin(self, nudge_id: int, not_older_than: datetime) -> bool:
        """Mark a nudge before it goes; False when it must not go any more.

        Args:
            nudge_id: the row.
            not_older_than: a nudge that was queued before this is not sent any more.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: nothing was marked.
        """
        group = self._group()
        group.nudges[nudge_id] = not_older_than
        return nudge_id in await asyncio.shield(group.done)

    async def sent(self, item_id: int, message_id: int | None) -> None:
        """Mark what Telegram took.

        Args:
            item_id: the row.
            message_id: Telegram's.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: nothing was marked.
        """
        group = self._group()
        group.sent[item_id] = message_id
        await asyncio.shield(group.done)

    def _group(self) -> _Group:
        self._next = self._next or _Group()
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        return self._next

    async def _write(self) -> None:
        while (group := self._next) is not None:
            self._next = None
            try:
                async with writing(self._engine) as session:
                    if group.sent:
                        await Outbox(session, self._cipher).mark_all_sent(group.sent)
                    begun = set()
                    if group.nudges:
                        oldest = min(group.nudges.values())
                        begun = await NudgeQueue(session, self._cipher).begin(group.nudges, oldest)
            except Exception as error:
                group.done.set_exception(error)
            else:
                group.done.set_result(begun)
        self._writing = None
