"""Stored chats in bulk: the rows that real chats leave, in every table, made inside the database.

A chat has given tips, check-ins, an exercise, an agreement and so on; one in fifty also holds what
danger leaves. Ciphertexts repeat: a database does not look into them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, insert, literal, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from bot.content import Content
from bot.db.encryption import Cipher
from bot.db.models import (
    AgreementEvent,
    AgreementRow,
    Base,
    CheckinEntry,
    ExerciseRow,
    GivenTipRow,
    InboxItem,
    OutboxItem,
    ReviewLine,
    RoleplayResult,
    RoleplayRow,
    SafetyGate,
    SafetyGuide,
    SafetyHold,
    SafetyPlanRow,
    SaidLine,
    SavedTip,
    ScheduleRow,
    TipCount,
    TrackerRow,
    User,
)
from bot.db.repositories import CHECKIN, QUESTION_KEY
from bot.db.repositories.rows import Rows
from bot.db.session import writing
from nlu.facts import DEFAULT_ZONE
from nlu.schedule import WEEK

# The moment at which the chats are as they are stored here.
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
YESTERDAY, LATER = NOW - timedelta(days=1), NOW + timedelta(days=1)
# One chat in so many has been in danger, unless it is said otherwise.
DANGER = 50
CHUNK = 100_000
# A tracker of fifty events without words has about this many characters.
TRACKER = {"slots": {}, "events": [{"event": "action", "name": "x" * 40}] * 20}

# What each reader of a ciphertext looks for.
WORDS = {"concern": None, "reasons": [], "about": "geld"}

Values = Mapping[str, Any]


def _rows(
    number: ColumnElement[int], danger: int, content: Content, sealed: bytes, tracker: bytes
) -> list[tuple[type[Base], int, Values]]:
    """What a chat leaves: a table, one chat in how many, and the values; some tables twice."""
    chat: Values = {"chat_id": number}
    tips = [tip.id for tip in content.tips]
    questions = [f"{QUESTION_KEY}{question}" for question in list(content.question_by_id)[:4]]
    ordinals = (0, 1)
    return [
        (User, 1, {**chat, "country": "NL", "consented_at": YESTERDAY, "created_at": YESTERDAY,
                   "seen_at": NOW}),
        (SafetyHold, danger, {**chat, "level": "ask", "kind": "self_harm", "relation": "any",
                              "safe_said": False, "asked": "", "since": NOW, "seen_at": NOW}),
        (SafetyGate, danger, {**chat, "relation": "partner", "flag": "control", "since": NOW}),
        (SafetyGuide, danger, {"chat_id": number, "what": "plan", "step": 1, "keep": True,
                               "since": YESTERDAY}),
        (SafetyPlanRow, danger, {**chat, "sealed": sealed, "updated_at": NOW}),
        (InboxItem, 1, {**chat, "update_id": -number, "status": "handled", "attempts": 0,
                        "not_before": NOW, "received_at": NOW, "message_id": 1}),
        *((OutboxItem, 1, {**chat, "turn_id": -number, "ordinal": ordinal, "status": "sent",
                           "attempts": 0, "not_before": NOW, "created_at": NOW,
                           "message_id": 2 + ordinal}) for ordinal in ordinals),
        (TrackerRow, 1, {**chat, "version": 7, "sealed": tracker, "updated_at": NOW}),
        *((GivenTipRow, 1, {**chat, "tip_id": tip, "sealed": sealed, "helped": True,
                            "given_at": YESTERDAY}) for tip in tips[:3]),
        (SavedTip, 1, {**chat, "tip_id": tips[0], "saved_at": YESTERDAY}),
        (ReviewLine, 1, {**chat, "sealed": sealed, "noted_at": YESTERDAY}),
        *((SaidLine, 1, {**chat, "key": key, "variant": 0, "said_at": YESTERDAY})
          for key in questions),
        (RoleplayRow, 1, {**chat, "stage": "over", "asked": False, "sealed": sealed,
                          "touched_at": YESTERDAY}),
        (RoleplayResult, 1, {**chat, "sealed": sealed, "finished_at": YESTERDAY}),
        (ExerciseRow, 1, {**chat, "exercise_id": tips[0], "state": "done", "sealed": sealed,
                          "touched_at": YESTERDAY, "finished_at": YESTERDAY}),
        (AgreementRow, 1, {"id": number, **chat, "sealed": sealed, "review_on": LATER.date(),
                           "made_at": YESTERDAY}),
        *((AgreementEvent, 1, {**chat, "agreement_id": number, "kind": kind,
                               "happened_at": YESTERDAY}) for kind in ("made", "kept")),
        (ScheduleRow, 1, {**chat, "kind": CHECKIN, "about": "", "local_time": "20:30",
                          "days": ",".join(WEEK), "zone": DEFAULT_ZONE, "next_at": LATER,
                          "enabled": True, "unanswered": 0}),
        *((CheckinEntry, 1, {**chat, "day": YESTERDAY.date(), "score": 6, "feeling": "calm",
                             "sealed": sealed, "stage": "done", "started_at": YESTERDAY})
          for _ in range(3)),
    ]  # fmt: skip


async def store(
    engine: AsyncEngine, cipher: Cipher, content: Content, count: int, danger: int = DANGER
) -> None:
    """Store so many chats in an empty, migrated database, numbered from 1.

    Args:
        engine: the database.
        cipher: encrypts what they are said to have written.
        content: tips and questions.
        count: how many.
        danger: one in so many has been in danger.
    """
    sealed, tracker = cipher.seal(WORDS), cipher.seal(TRACKER)
    for first in range(1, count + 1, CHUNK):
        last = min(first + CHUNK - 1, count)
        numbers = select(literal(first).label("n")).cte("numbers", recursive=True)
        numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < last))
        async with writing(engine) as session:
            if engine.dialect.name == "postgresql":
                # What refers to what is right by the way it is made: not looked up row by row.
                await session.execute(text("SET LOCAL session_replication_role = replica"))
            for table, one_in, values in _rows(numbers.c.n, danger, content, sealed, tracker):
                chosen = select(
                    *(
                        literal(value, table.__table__.c[name].type)
                        if not isinstance(value, ColumnElement)
                        else value
                        for name, value in values.items()
                    )
                ).where(numbers.c.n % one_in == 0)
                # Past the ORM, which has nothing to add.
                connection = await session.connection()
                await connection.execute(
                    insert(table.__table__).from_select(list(values), chosen)  # type: ignore[arg-type]
                )
    async with writing(engine) as session:
        await _count_verdicts(session, content)
        await Rows(session).count_on()
        # PostgreSQL looks by itself when much was stored; SQLite does so for nobody.
        if engine.dialect.name == "postgresql":
            await session.execute(text("ANALYZE"))


async def _count_verdicts(session: AsyncSession, content: Content) -> None:
    """What all users think of each tip at each concern."""
    counts = [
        {"concern": concern, "tip_id": tip.id, "helped": 5, "unhelped": 3}
        for concern in content.concerns
        for tip in content.tips
    ]
    await session.execute(insert(TipCount), counts)
