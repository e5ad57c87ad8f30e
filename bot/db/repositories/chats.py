"""What is true of a chat."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, union, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.encryption import Cipher
from bot.db.models import (
    Base,
    GivenTipRow,
    InboxItem,
    OutboxItem,
    SafetyGate,
    SafetyHold,
    TipCount,
    User,
)
from bot.db.repositories.fact_statements import ABOUT, GATES, GIVEN, POOLED, REMEMBER_SAID, SAID
from bot.db.repositories.roleplays import OVER
from bot.db.repositories.statements import insert
from nlu.facts import (
    Facts,
    GivenTip,
    Guide,
    Hold,
    OpenCheckin,
    OpenExercise,
    Roleplay,
    zone_of,
)

# A check-in that was left alone for so long is over.
CHECKIN_OPEN = timedelta(hours=1)
QUESTION_KEY = "question:"
# An exercise or plan that was left alone for so long is over.
GUIDE_OPEN = timedelta(hours=1)
# Who was silent for so long during a hold comes back: then safety is asked about anew.
AWAY_FROM = timedelta(hours=6)

# The country, and how careful to be: what is kept of who did not consent.
KEPT_WITHOUT_CONSENT = frozenset(
    {User.__tablename__, SafetyHold.__tablename__, SafetyGate.__tablename__}
)


class Chats:
    """What is true of a chat: country, consent, safety, tips and what was said."""

    def __init__(self, session: AsyncSession, cipher: Cipher) -> None:
        self._session, self._cipher = session, cipher

    async def facts(self, chat_id: int, now: datetime) -> Facts:
        """Everything a decision about this chat may depend on.

        Columns, not objects, and few statements: this runs in every turn.
        """
        of_chat = {"chat_id": chat_id}
        about = await self._session.execute(
            ABOUT,
            {**of_chat, "open_since": now - CHECKIN_OPEN, "guided_since": now - GUIDE_OPEN},
        )
        (
            country, consented_at, review_agreed_at, level, kind, asked, seen_at, what, step, keep,
            zone, checkins, unanswered, nudged_at, entry_id, stage, *roleplay, touched_at,
        ) = about.one()  # fmt: skip
        gates: dict[str, set[str]] = {}
        for relation, flag in await self._session.execute(GATES, of_chat):
            gates.setdefault(relation, set()).add(flag)
        given = await self._session.execute(GIVEN, of_chat)
        said: dict[str, dict[int, datetime]] = {}
        for key, variant, moment in await self._session.execute(SAID, of_chat):
            said.setdefault(key, {})[variant] = moment
        counts = await self._session.execute(POOLED)
        return Facts(
            now=now,
            onboarded=consented_at is not None,
            country=country,
            hold=(
                Hold(level, kind, asked, returning=bool(seen_at and now - seen_at >= AWAY_FROM))
                if level
                else None
            ),
            guide=Guide(what, step, keep) if what else None,
            gates={relation: frozenset(flags) for relation, flags in gates.items()},
            given=tuple(GivenTip(*row) for row in given),
            asked=tuple(
                key.removeprefix(QUESTION_KEY) for key in said if key.startswith(QUESTION_KEY)
            ),
            said=said,
            zone=zone or zone_of(country),
            checkins=bool(checkins),
            unanswered=unanswered or 0,
            nudged_at=nudged_at,
            checkin=OpenCheckin(entry_id, stage) if entry_id else None,
            exercise=OpenExercise(touched_at) if touched_at else None,
            pooled={(concern, tip): (yes, no) for concern, tip, yes, no in counts},
            roleplay=Roleplay(*roleplay) if roleplay[0] not in (None, OVER) else None,
            play_over_at=roleplay[1] if roleplay[0] == OVER else None,
            review=review_agreed_at is not None,
        )

    async def user(self, chat_id: int) -> User | None:
        """The user's row, when there is one."""
        return await self._session.get(User, chat_id)

    async def ensure_user(self, chat_id: int, now: datetime) -> User:
        """The user's row, made when there is none."""
        user = await self._session.get(User, chat_id)
        if user is None:
            user = User(chat_id=chat_id, created_at=now, seen_at=now)
            self._session.add(user)
            await self._session.flush()
        return user

    async def set_unreachable(self, chat_id: int, since: datetime | None) -> None:
        """Remember that a chat cannot be reached, or can again (None)."""
        await self._session.execute(
            update(User).where(User.chat_id == chat_id).values(unreachable_at=since)
        )

    async def withdraw(self, chat_id: int, keep_inbox: Sequence[int]) -> None:
        """Back to before consent: only the country and what safety needs stay.

        Args:
            chat_id: the chat.
            keep_inbox: inbox rows that the running turn still has to mark.
        """
        await self.erase(chat_id, keep_inbox, keep=KEPT_WITHOUT_CONSENT)
        await self._session.execute(
            update(User)
            .where(User.chat_id == chat_id)
            .values(consented_at=None, asked_to_stay_at=None, review_agreed_at=None)
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
                    safe_said=False, asked="", since=now, seen_at=now,
                )
            )  # fmt: skip
        elif not (hold.level == "act" and level == "ask"):
            hold.level, hold.kind, hold.relation = level, kind, relation
            hold.safe_said, hold.asked, hold.since = False, "", now
            hold.seen_at = now
        await self._session.flush()

    async def see_hold(self, chat_id: int, now: datetime) -> None:
        """The user did something while tips are frozen."""
        await self._session.execute(
            update(SafetyHold).where(SafetyHold.chat_id == chat_id).values(seen_at=now)
        )

    async def end_hold(self, chat_id: int) -> None:
        """The user is safe and chose to go on."""
        await self._session.execute(delete(SafetyHold).where(SafetyHold.chat_id == chat_id))

    async def add_gate(self, chat_id: int, relation: str, flag: str, now: datetime) -> None:
        """Withhold tips about a relation from now on."""
        values = {"chat_id": chat_id, "relation": relation, "flag": flag, "since": now}
        statement = insert(self._session, SafetyGate).on_conflict_do_nothing(
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

    async def given_since(self, chat_id: int, since: datetime) -> list[GivenTip]:
        """The tips that a chat got since a moment, oldest first."""
        rows = await self._session.execute(
            select(GivenTipRow.tip_id, GivenTipRow.given_at, GivenTipRow.helped)
            .where(GivenTipRow.chat_id == chat_id, GivenTipRow.given_at >= since)
            .order_by(GivenTipRow.id)
        )
        return [GivenTip(*row) for row in rows]

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
        statement = insert(self._session, TipCount).values(values)
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
        await self._session.execute(REMEMBER_SAID, rows)

    async def message_ids(self, chat_id: int, since: datetime) -> list[int]:
        """Telegram's ids of what both sides wrote in a chat since a moment."""
        sent = select(OutboxItem.message_id).where(
            OutboxItem.chat_id == chat_id, OutboxItem.created_at >= since
        )
        received = select(InboxItem.message_id).where(
            InboxItem.chat_id == chat_id, InboxItem.received_at >= since
        )
        found = await self._session.scalars(union(sent, received))
        return sorted(number for number in found if number is not None)

    async def erase(
        self,
        chat_id: int,
        keep_inbox: Sequence[int] = (),
        *,
        keep: Collection[str] = (),
        unread: bool = True,
    ) -> None:
        """Erase every row about a chat, whatever table it stands in.

        Args:
            chat_id: the chat.
            keep_inbox: inbox rows that the running turn still has to mark.
            keep: tables to leave as they are.
            unread: also what came in and is not handled yet.
        """
        for table in reversed(Base.metadata.sorted_tables):
            if "chat_id" not in table.c or table.name in keep:
                continue
            statement = table.delete().where(table.c.chat_id == chat_id)
            if table.name == InboxItem.__tablename__:
                statement = statement.where(table.c.id.not_in(list(keep_inbox)))
                if not unread:
                    statement = statement.where(table.c.status != "new")
            await self._session.execute(statement)
