"""What each turn reads of a chat and writes about it, built once.

Building a statement takes longer than running it.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, and_, bindparam, func, select
from sqlalchemy.dialects import sqlite

from bot.db.models import (
    CheckinEntry,
    ExerciseRow,
    GivenTipRow,
    Moment,
    RoleplayRow,
    SafetyGate,
    SafetyGuide,
    SafetyHold,
    SaidLine,
    ScheduleRow,
    TipCount,
    User,
)
from bot.db.repositories.exercises import OPEN
from bot.db.repositories.schedules import CHECKIN
from bot.db.repositories.statements import as_text

GIVEN_REMEMBERED = 30
# Wordings that were said longer ago may be said again as if they were new.
SAID_REMEMBERED = 200

CHAT = bindparam("chat_id", type_=BigInteger)
_ASKED_FOR = select(CHAT.label("id")).subquery()
_NEWEST_CHECKIN = (
    select(func.max(CheckinEntry.id)).where(CheckinEntry.chat_id == CHAT).scalar_subquery()
)
ABOUT = (
    select(
        User.country, User.consented_at, User.review_agreed_at,
        SafetyHold.level, SafetyHold.kind, SafetyHold.asked, SafetyHold.seen_at,
        SafetyGuide.what, SafetyGuide.step, SafetyGuide.keep,
        ScheduleRow.zone, ScheduleRow.enabled, ScheduleRow.unanswered, ScheduleRow.nudged_at,
        CheckinEntry.id, CheckinEntry.stage,
        RoleplayRow.stage, RoleplayRow.touched_at, RoleplayRow.asked,
        ExerciseRow.touched_at,
    )
    .select_from(_ASKED_FOR)
    .outerjoin(User, User.chat_id == _ASKED_FOR.c.id)
    .outerjoin(SafetyHold, SafetyHold.chat_id == _ASKED_FOR.c.id)
    .outerjoin(
        SafetyGuide,
        and_(
            SafetyGuide.chat_id == _ASKED_FOR.c.id,
            SafetyGuide.since > bindparam("guided_since", type_=Moment),
        ),
    )
    .outerjoin(
        ScheduleRow, and_(ScheduleRow.chat_id == _ASKED_FOR.c.id, ScheduleRow.kind == CHECKIN)
    )
    .outerjoin(
        CheckinEntry,
        and_(
            CheckinEntry.id == _NEWEST_CHECKIN,
            CheckinEntry.stage != "done",
            CheckinEntry.started_at > bindparam("open_since", type_=Moment),
        ),
    )
    .outerjoin(RoleplayRow, RoleplayRow.chat_id == _ASKED_FOR.c.id)
    .outerjoin(
        ExerciseRow, and_(ExerciseRow.chat_id == _ASKED_FOR.c.id, ExerciseRow.state == OPEN)
    )
)  # fmt: skip
GATES = select(SafetyGate.relation, SafetyGate.flag).where(SafetyGate.chat_id == CHAT)
GIVEN = (
    select(GivenTipRow.tip_id, GivenTipRow.given_at, GivenTipRow.helped)
    .where(GivenTipRow.chat_id == CHAT)
    .order_by(GivenTipRow.id.desc())
    .limit(GIVEN_REMEMBERED)
)
SAID = (
    select(SaidLine.key, SaidLine.variant, SaidLine.said_at)
    .where(SaidLine.chat_id == CHAT)
    .order_by(SaidLine.said_at.desc())
    .limit(SAID_REMEMBERED)
)
POOLED = select(TipCount.concern, TipCount.tip_id, TipCount.helped, TipCount.unhelped)
_SAID_LINE = sqlite.insert(SaidLine)
REMEMBER_SAID = as_text(
    _SAID_LINE.on_conflict_do_update(
        index_elements=["chat_id", "key", "variant"],
        set_={"said_at": _SAID_LINE.excluded.said_at},
    ),
    ["chat_id", "key", "variant", "said_at"],
)
