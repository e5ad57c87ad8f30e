"""All queries. A repository works inside the session that it is given and never commits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import BigInteger, CursorResult, Select, delete, func, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.encryption import Cipher
from bot.db.models import (
    Base,
    GivenTipRow,
    InboxItem,
    OutboxItem,
    SafetyGate,
    SafetyHold,
    SaidLine,
    TipCount,
    TrackerRow,
    User,
)
from nlu.facts import Facts, GivenTip, Hold

GIVEN_REMEMBERED = 30
# Wordings that were said longer ago may be said again as if they were new.
SAID_REMEMBERED = 200
QUESTION_KEY = "question:"
# Telegram keeps undelivered updates for a day; after two no double can come.
IDS_KEPT = timedelta(days=2)
# What could not be handled stays readable for a fortnight, so that its cause can be mended.
PARKED_KEPT = timedelta(days=14)


def _insert(session: AsyncSession, model: type[Base]) -> Any:
    """An INSERT that can say ON CONFLICT; SQLite and PostgreSQL spell it the same."""
    dialect = session.get_bind().dialect.name
    return (postgresql if dialect == "postgresql" else sqlite).insert(model)


async def _changed(session: AsyncSession, statement: Any) -> int:
    """Run an UPDATE or DELETE and say how many rows it touched."""
    result = cast("CursorResult[Any]", await session.execute(statement))
    return result.rowcount


@dataclass(frozen=True, slots=True)
class Incoming:
    """One update to store: its id, its chat and its content as a JSON value."""

    update_id: int
    chat_id: int
    payload: Any


class Inbox:
    """What came in and is not handled yet."""

    def __init__(self, session: AsyncSession, cipher: Cipher) -> None:
        self._session, self._cipher = session, cipher

    async def store(self, batch: Sequence[Incoming], now: datetime) -> None:
        """Store updates; one that is there already stays as it is."""
        if not batch:
            return
        statement = _insert(self._session, InboxItem).on_conflict_do_nothing(
            index_elements=["update_id"]
        )
        await self._session.execute(
            statement,
            [
                {
                    "update_id": item.update_id,
                    "chat_id": item.chat_id,
                    "sealed": self._cipher.seal(item.payload),
                    "status": "new",
                    "attempts": 0,
                    "not_before": now,
                    "received_at": now,
                }
                for item in batch
            ],
        )

    async def open_chats(self) -> list[int]:
        """Chats with something to handle, the longest waiting first."""
        query = (
            select(InboxItem.chat_id)
            .where(InboxItem.status == "new")
            .group_by(InboxItem.chat_id)
            .order_by(func.min(InboxItem.id))
        )
        return list((await self._session.scalars(query)).all())

    async def waiting(self, chat_id: int) -> list[InboxItem]:
        """A chat's unhandled updates in order of arrival."""
        query = (
            select(InboxItem)
            .where(InboxItem.chat_id == chat_id, InboxItem.status == "new")
            .order_by(InboxItem.id)
        )
        return list((await self._session.scalars(query)).all())

    def payload(self, item: InboxItem) -> Any:
        """What an update says."""
        return self._cipher.open(item.sealed or b"")

    async def mark_handled(self, ids: Sequence[int]) -> bool:
        """Claim updates as handled and forget what they said.

        Returns:
            False when any of them was handled before: then nothing may be done.
        """
        changed = await _changed(
            self._session,
            update(InboxItem)
            .where(InboxItem.id.in_(ids), InboxItem.status == "new")
            .values(status="handled", sealed=None, error=None),
        )
        return changed == len(ids)

    async def mark_failed(
        self, ids: Sequence[int], error: str, not_before: datetime, park: bool
    ) -> None:
        """Keep updates for another try, or park them with their error."""
        await self._session.execute(
            update(InboxItem)
            .where(InboxItem.id.in_(ids), InboxItem.status == "new")
            .values(
                status="parked" if park else "new",
                attempts=InboxItem.attempts + 1,
                error=error,
                not_before=not_before,
            )
        )

    async def sweep(self, now: datetime) -> None:
        """Forget the ids of what was handled, and what was parked, when they are old enough."""
        for status, kept in (("handled", IDS_KEPT), ("parked", PARKED_KEPT)):
            await self._session.execute(
                delete(InboxItem).where(
                    InboxItem.received_at < now - kept, InboxItem.status == status
                )
            )


class Outbox:
    """Replies on their way to the user."""

    def __init__(self, session: AsyncSession, cipher: Cipher) -> None:
        self._session, self._cipher = session, cipher

    async def add(self, chat_id: int, turn_id: int, payloads: Sequence[Any], now: datetime) -> None:
        """Queue the replies of a turn, in their order; a second call for a turn adds nothing."""
        if not payloads:
            return
        statement = _insert(self._session, OutboxItem).on_conflict_do_nothing(
            index_elements=["chat_id", "turn_id", "ordinal"]
        )
        await self._session.execute(
            statement,
            [
                {
                    "chat_id": chat_id,
                    "turn_id": turn_id,
                    "ordinal": ordinal,
                    "sealed": self._cipher.seal(payload),
                    "status": "new",
                    "attempts": 0,
                    "not_before": now,
                    "created_at": now,
                }
                for ordinal, payload in enumerate(payloads)
            ],
        )

    async def due(self, now: datetime, limit: int, busy: Iterable[int]) -> list[OutboxItem]:
        """The first waiting reply of each chat that may be sent now.

        Args:
            now: the moment.
            limit: the most rows to return.
            busy: chats for which a send is under way.
        """
        query = (
            select(OutboxItem)
            .where(
                OutboxItem.id.in_(self._first()),
                OutboxItem.not_before <= now,
                OutboxItem.chat_id.not_in(list(busy)),
            )
            .order_by(OutboxItem.id)
            .limit(limit)
        )
        return list((await self._session.scalars(query)).all())

    @staticmethod
    def _first() -> Select[tuple[int]]:
        """The first waiting reply of each chat: the others wait for it."""
        return (
            select(func.min(OutboxItem.id))
            .where(OutboxItem.status == "new")
            .group_by(OutboxItem.chat_id)
        )

    async def next_moment(self, busy: Iterable[int]) -> datetime | None:
        """When the next waiting reply may go, None when nothing waits.

        Args:
            busy: chats for which a send is under way.
        """
        query = select(func.min(OutboxItem.not_before)).where(
            OutboxItem.id.in_(self._first()), OutboxItem.chat_id.not_in(list(busy))
        )
        moment: datetime | None = await self._session.scalar(query)
        return moment

    async def mark_sent(self, item_id: int, message_id: int | None) -> None:
        """Keep only the ids of a reply that was sent."""
        await self._session.execute(
            update(OutboxItem)
            .where(OutboxItem.id == item_id)
            .values(status="sent", sealed=None, error=None, message_id=message_id)
        )

    async def mark_failed(self, item_id: int, error: str) -> None:
        """Give up on a reply that Telegram will never take."""
        await self._session.execute(
            update(OutboxItem)
            .where(OutboxItem.id == item_id)
            .values(status="failed", sealed=None, error=error)
        )

    async def retry(self, item_id: int, error: str, not_before: datetime) -> None:
        """Keep a reply for another try."""
        await self._session.execute(
            update(OutboxItem)
            .where(OutboxItem.id == item_id)
            .values(attempts=OutboxItem.attempts + 1, error=error, not_before=not_before)
        )

    async def drop_chat(self, chat_id: int, error: str) -> None:
        """Give up on all replies to a chat that cannot be reached."""
        await self._session.execute(
            update(OutboxItem)
            .where(OutboxItem.chat_id == chat_id, OutboxItem.status == "new")
            .values(status="failed", sealed=None, error=error)
        )

    async def replies(self, chat_id: int) -> list[tuple[int, Any]]:
        """Row id and content of a chat's waiting replies, in order (for the terminal)."""
        query = (
            select(OutboxItem)
            .where(OutboxItem.chat_id == chat_id, OutboxItem.status == "new")
            .order_by(OutboxItem.id)
        )
        return [
            (item.id, self._cipher.open(item.sealed or b""))
            for item in await self._session.scalars(query)
        ]

    async def sweep(self, now: datetime) -> None:
        """Forget replies that are done."""
        await self._session.execute(
            delete(OutboxItem).where(
                OutboxItem.created_at < now - IDS_KEPT, OutboxItem.status.in_(["sent", "failed"])
            )
        )


class Trackers:
    """Rasa's tracker, one encrypted row a chat."""

    def __init__(self, session: AsyncSession, cipher: Cipher) -> None:
        self._session, self._cipher = session, cipher

    async def load(self, chat_id: int) -> tuple[int, Any]:
        """Version and content; (0, None) for a chat without one."""
        row = await self._session.get(TrackerRow, chat_id)
        return (row.version, self._cipher.open(row.sealed)) if row else (0, None)

    async def save(self, chat_id: int, version: int, content: Any, now: datetime) -> bool:
        """Write the tracker when nobody else did since it was read.

        Args:
            chat_id: the chat.
            version: the version that was read, 0 when there was none.
            content: the tracker as a JSON value.
            now: the moment of the turn.

        Returns:
            False when the version moved on meanwhile.
        """
        sealed = self._cipher.seal(content)
        if version == 0:
            statement = _insert(self._session, TrackerRow).on_conflict_do_nothing(
                index_elements=["chat_id"]
            )
            values = {"chat_id": chat_id, "version": 1, "sealed": sealed, "updated_at": now}
            return await _changed(self._session, statement.values(values)) == 1
        changed = await _changed(
            self._session,
            update(TrackerRow)
            .where(TrackerRow.chat_id == chat_id, TrackerRow.version == version)
            .values(version=version + 1, sealed=sealed, updated_at=now),
        )
        return changed == 1


class Chats:
    """What is true of a chat: country, consent, safety, tips and what was said."""

    def __init__(self, session: AsyncSession, cipher: Cipher) -> None:
        self._session, self._cipher = session, cipher

    async def facts(self, chat_id: int, now: datetime) -> Facts:
        """Everything a decision about this chat may depend on.

        Columns, not objects, and few statements: this runs in every turn.
        """
        chat = select(literal(chat_id, BigInteger).label("id")).subquery()
        about = await self._session.execute(
            select(
                User.country, User.consented_at, SafetyHold.level, SafetyHold.kind, SafetyHold.asked
            )
            .select_from(chat)
            .outerjoin(User, User.chat_id == chat.c.id)
            .outerjoin(SafetyHold, SafetyHold.chat_id == chat.c.id)
        )
        country, consented_at, level, kind, asked = about.one()
        gates: dict[str, set[str]] = {}
        for relation, flag in await self._session.execute(
            select(SafetyGate.relation, SafetyGate.flag).where(SafetyGate.chat_id == chat_id)
        ):
            gates.setdefault(relation, set()).add(flag)
        given = await self._session.execute(
            select(GivenTipRow.tip_id, GivenTipRow.given_at, GivenTipRow.helped)
            .where(GivenTipRow.chat_id == chat_id)
            .order_by(GivenTipRow.id.desc())
            .limit(GIVEN_REMEMBERED)
        )
        said: dict[str, dict[int, datetime]] = {}
        for key, variant, moment in await self._session.execute(
            select(SaidLine.key, SaidLine.variant, SaidLine.said_at)
            .where(SaidLine.chat_id == chat_id)
            .order_by(SaidLine.said_at.desc())
            .limit(SAID_REMEMBERED)
        ):
            said.setdefault(key, {})[variant] = moment
        counts = await self._session.execute(
            select(TipCount.concern, TipCount.tip_id, TipCount.helped, TipCount.unhelped)
        )
        return Facts(
            now=now,
            onboarded=consented_at is not None,
            country=country,
            hold=Hold(level, kind, asked) if level else None,
            gates={relation: frozenset(flags) for relation, flags in gates.items()},
            given=tuple(GivenTip(*row) for row in given),
            asked=tuple(
                key.removeprefix(QUESTION_KEY) for key in said if key.startswith(QUESTION_KEY)
            ),
            said=said,
            pooled={(concern, tip): (yes, no) for concern, tip, yes, no in counts},
        )

    async def user(self, chat_id: int) -> User | None:
        """The user's row, when there is one."""
        return await self._session.get(User, chat_id)

    async def ensure_user(self, chat_id: int, now: datetime) -> User:
        """The user's row, made when there is none."""
        user = await self._session.get(User, chat_id)
        if user is None:
            user = User(chat_id=chat_id, created_at=now)
            self._session.add(user)
            await self._session.flush()
        return user

    async def set_unreachable(self, chat_id: int, since: datetime | None) -> None:
        """Remember that a chat cannot be reached, or can again (None)."""
        await self._session.execute(
            update(User).where(User.chat_id == chat_id).values(unreachable_at=since)
        )

    async def hold(self, chat_id: int) -> SafetyHold | None:
        """The safety hold, when there is one."""
        return await self._session.get(SafetyHold, chat_id)

    async def set_hold(
        self, chat_id: int, level: str, kind: str, relation: str, now: datetime
    ) -> None:
        """Freeze tips; a hold after danger is never weakened to a question."""
        hold = await self._session.get(SafetyHold, chat_id)
        if hold is None:
            self._session.add(
                SafetyHold(
                    chat_id=chat_id, level=level, kind=kind, relation=relation,
                    safe_said=False, asked="", since=now,
                )
            )  # fmt: skip
        elif not (hold.level == "act" and level == "ask"):
            hold.level, hold.kind, hold.relation = level, kind, relation
            hold.safe_said, hold.asked, hold.since = False, "", now
        await self._session.flush()

    async def end_hold(self, chat_id: int) -> None:
        """The user is safe and chose to go on."""
        await self._session.execute(delete(SafetyHold).where(SafetyHold.chat_id == chat_id))

    async def add_gate(self, chat_id: int, relation: str, flag: str, now: datetime) -> None:
        """Withhold tips about a relation from now on."""
        values = {"chat_id": chat_id, "relation": relation, "flag": flag, "since": now}
        statement = _insert(self._session, SafetyGate).on_conflict_do_nothing(
            index_elements=["chat_id", "relation", "flag"]
        )
        await self._session.execute(statement.values(values))

    async def add_given_tip(self, chat_id: int, tip_id: str, because: Any, now: datetime) -> None:
        """Remember a tip with its concern and reasons."""
        self._session.add(
            GivenTipRow(
                chat_id=chat_id, tip_id=tip_id, sealed=self._cipher.seal(because), given_at=now
            )
        )
        await self._session.flush()

    async def last_given(self, chat_id: int, tip_id: str) -> tuple[GivenTipRow, Any] | None:
        """The latest time a tip was given, with its concern and reasons."""
        row = await self._session.scalar(
            select(GivenTipRow)
            .where(GivenTipRow.chat_id == chat_id, GivenTipRow.tip_id == tip_id)
            .order_by(GivenTipRow.id.desc())
            .limit(1)
        )
        return (row, self._cipher.open(row.sealed)) if row else None

    async def count_verdict(self, concern: str, tip_id: str, helped: int, unhelped: int) -> None:
        """Add to what all users together think of a tip; a changed mind counts negative once."""
        values = {"concern": concern, "tip_id": tip_id, "helped": helped, "unhelped": unhelped}
        statement = _insert(self._session, TipCount).values(values)
        await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=["concern", "tip_id"],
                set_={"helped": TipCount.helped + helped, "unhelped": TipCount.unhelped + unhelped},
            )
        )

    async def remember_said(
        self, chat_id: int, lines: Iterable[tuple[str, int]], now: datetime
    ) -> None:
        """Remember which wordings were said.

        Args:
            chat_id: the chat.
            lines: what a wording belongs to, and its number.
            now: the moment.
        """
        rows = [
            {"chat_id": chat_id, "key": key, "variant": variant, "said_at": now}
            for key, variant in dict.fromkeys(lines)
        ]
        if not rows:
            return
        statement = _insert(self._session, SaidLine)
        await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=["chat_id", "key", "variant"],
                set_={"said_at": statement.excluded.said_at},
            ),
            rows,
        )

    async def erase(self, chat_id: int, keep_inbox: Sequence[int]) -> None:
        """Erase every row about a chat, whatever table it stands in.

        Args:
            chat_id: the chat.
            keep_inbox: inbox rows that the running turn still has to mark.
        """
        for table in reversed(Base.metadata.sorted_tables):
            if "chat_id" not in table.c:
                continue
            statement = table.delete().where(table.c.chat_id == chat_id)
            if table.name == InboxItem.__tablename__:
                statement = statement.where(table.c.id.not_in(list(keep_inbox)))
            await self._session.execute(statement)
