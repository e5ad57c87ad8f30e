"""The tables. Free text of users stands only in `sealed` columns, encrypted."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import (
    BigInteger,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# SQLite counts rows by itself only for INTEGER keys.
RowId = BigInteger().with_variant(Integer, "sqlite")


class Moment(TypeDecorator[datetime]):
    """A moment in UTC, aware in Python on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC; a naive moment is a bug."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """SQLite forgets the zone; all that is stored is UTC."""
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


class Base(DeclarativeBase):
    """Names constraints, so that migrations can name them too."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class User(Base):
    """A chat: country and consent. A row without consent holds nothing else."""

    __tablename__ = "users"
    __table_args__ = (
        Index("ix_users_seen_at", "seen_at"),
        Index("ix_users_asked_to_stay_at", "asked_to_stay_at",
              sqlite_where=text("asked_to_stay_at IS NOT NULL"),
              postgresql_where=text("asked_to_stay_at IS NOT NULL")),
    )  # fmt: skip

    chat_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    country: Mapped[str | None] = mapped_column(String(2))
    consented_at: Mapped[datetime | None] = mapped_column(Moment)
    unreachable_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment)
    # The day of the last message or press; who is silent for a year is asked whether to stay.
    seen_at: Mapped[datetime | None] = mapped_column(Moment)
    asked_to_stay_at: Mapped[datetime | None] = mapped_column(Moment)
    # Since when a person may read lines that were not understood; None: not at all.
    review_agreed_at: Mapped[datetime | None] = mapped_column(Moment)


class SafetyHold(Base):
    """Tips are frozen for this chat since an open safety question (ask) or danger (act)."""

    __tablename__ = "safety_holds"
    __table_args__ = (Index("ix_safety_holds_seen_at", "seen_at"),)

    chat_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    level: Mapped[str] = mapped_column(String(8))
    kind: Mapped[str] = mapped_column(String(16))
    relation: Mapped[str] = mapped_column(String(16))
    safe_said: Mapped[bool]
    asked: Mapped[str] = mapped_column(String(8))
    since: Mapped[datetime] = mapped_column(Moment)
    # When the user last did something: who comes back after that is received with care.
    seen_at: Mapped[datetime | None] = mapped_column(Moment)


class SafetyGate(Base):
    """A red flag that withholds tips about a relation; it outlives the hold."""

    __tablename__ = "safety_gates"
    __table_args__ = (Index("ix_safety_gates_since", "since"),)

    chat_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    relation: Mapped[str] = mapped_column(String(16), primary_key=True)
    flag: Mapped[str] = mapped_column(String(16), primary_key=True)
    since: Mapped[datetime] = mapped_column(Moment)


class SafetyGuide(Base):
    """An exercise or plan under way: what the next typed message answers."""

    __tablename__ = "safety_guides"

    chat_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("users.chat_id", ondelete="CASCADE"),
        primary_key=True, autoincrement=False,
    )  # fmt: skip
    what: Mapped[str] = mapped_column(String(8))  # ground, plan
    step: Mapped[int] = mapped_column(Integer)
    keep: Mapped[bool]  # whether the answers are kept
    since: Mapped[datetime] = mapped_column(Moment)


class SafetyPlanRow(Base):
    """A user's own safety plan, when the user wants it kept."""

    __tablename__ = "safety_plans"

    chat_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("users.chat_id", ondelete="CASCADE"),
        primary_key=True, autoincrement=False,
    )  # fmt: skip
    sealed: Mapped[bytes] = mapped_column(LargeBinary)  # answers by step
    updated_at: Mapped[datetime] = mapped_column(Moment)


class InboxItem(Base):
    """What came in. A handled row keeps only its ids, for two days, against doubles."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("update_id"),
        Index("ix_inbox_open", "chat_id", "id", sqlite_where=text("status = 'new'"),
              postgresql_where=text("status = 'new'")),
        Index("ix_inbox_received_at", "received_at"),
        Index("ix_inbox_chat_id", "chat_id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    update_id: Mapped[int] = mapped_column(BigInteger)
    chat_id: Mapped[int] = mapped_column(BigInteger)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    status: Mapped[str] = mapped_column(String(8))  # new, handled, parked
    attempts: Mapped[int] = mapped_column(Integer)
    error: Mapped[str | None] = mapped_column(String(200))
    not_before: Mapped[datetime] = mapped_column(Moment)
    received_at: Mapped[datetime] = mapped_column(Moment)
    # Telegram's id of the message, so that it can be deleted from the chat.
    message_id: Mapped[int | None] = mapped_column(BigInteger)


class OutboxItem(Base):
    """A reply or a nudge on its way. A sent row keeps only its ids.

    A reply of a turn is sent at least once, a nudge at most once: it is marked as `sending`
    before it goes.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("chat_id", "turn_id", "ordinal", name="uq_outbox_turn"),
        Index("ix_outbox_open", "not_before", "id", sqlite_where=text("status = 'new'"),
              postgresql_where=text("status = 'new'")),
        Index("ix_outbox_chat_id", "chat_id", "id"),
        Index("ix_outbox_first", "chat_id", "id", sqlite_where=text("status = 'new'"),
              postgresql_where=text("status = 'new'")),
        Index("ix_outbox_sending", "created_at", sqlite_where=text("status = 'sending'"),
              postgresql_where=text("status = 'sending'")),
        Index("ix_outbox_created_at", "created_at"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    chat_id: Mapped[int] = mapped_column(BigInteger)
    turn_id: Mapped[int] = mapped_column(BigInteger)  # the last update of the turn
    ordinal: Mapped[int] = mapped_column(Integer)  # of a nudge: minus its schedule's id
    kind: Mapped[str] = mapped_column(String(8), server_default="reply")  # reply, nudge
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    status: Mapped[str] = mapped_column(String(8))  # new, sending, sent, failed
    attempts: Mapped[int] = mapped_column(Integer)
    error: Mapped[str | None] = mapped_column(String(200))
    not_before: Mapped[datetime] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment)
    message_id: Mapped[int | None] = mapped_column(BigInteger)


class SendLimit(Base):
    """Until when all time to send is taken, in microseconds since 1970."""

    __tablename__ = "send_limits"

    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    free_at: Mapped[int] = mapped_column(BigInteger)


class TrackerRow(Base):
    """Rasa's tracker of a chat; `version` rises with each turn."""

    __tablename__ = "trackers"
    __table_args__ = (Index("ix_trackers_updated_at", "updated_at"),)

    chat_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(Integer)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    updated_at: Mapped[datetime] = mapped_column(Moment)


class GivenTipRow(Base):
    """A tip that was given, with its reasons and what the user thought of it."""

    __tablename__ = "given_tips"
    __table_args__ = (Index("ix_given_tips_chat_id", "chat_id", "id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    chat_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("users.chat_id", ondelete="CASCADE")
    )
    tip_id: Mapped[str] = mapped_column(String(40))
    sealed: Mapped[bytes]  # concern and reasons
    helped: Mapped[bool | None]
    given_at: Mapped[datetime] = mapped_column(Moment)


class SavedTip(Base):
    """A tip that the user wants to find again."""

    __tablename__ = "saved_tips"

    chat_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("users.chat_id", ondelete="CASCADE"), primary_key=True
    )
    tip_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    saved_at: Mapped[datetime] = mapped_column(Moment)


class SaidLine(Base):
    """Which question or wording a chat heard last, so that it hears another one next."""

    __tablename__ = "said_lines"

    chat_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("users.chat_id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    variant: Mapped[int] = mapped_column(Integer, primary_key=True)
    said_at: Mapped[datetime] = mapped_column(Moment)


class RoleplayRow(Base):
    """The role-play of a chat, or its last one; `sealed` holds what the user said in it."""

    __tablename__ = "roleplays"
    __table_args__ = (Index("ix_roleplays_touched_at", "touched_at"),)

    chat_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("users.chat_id", ondelete="CASCADE"), primary_key=True
    )
    stage: Mapped[str] = mapped_column(String(8))  # issue, playing, paused, over
    asked: Mapped[bool]
    sealed: Mapped[bytes]
    touched_at: Mapped[datetime] = mapped_column(Moment)


class RoleplayResult(Base):
    """How a role-play ended, without any line of it."""

    __tablename__ = "roleplay_results"
    __table_args__ = (Index("ix_roleplay_results_chat_id", "chat_id", "id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    chat_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("users.chat_id", ondelete="CASCADE")
    )
    sealed: Mapped[bytes]  # case, seat, ending, trust, how often which style
    finished_at: Mapped[datetime] = mapped_column(Moment)


class ExerciseRow(Base):
    """An exercise that somebody does or did; `sealed` holds what they wrote in it.

    It stays until the user erases it. At most one a chat waits for an answer.
    """

    __tablename__ = "exercises"
    __table_args__ = (
        Index("ix_exercises_chat_id", "chat_id", "id"),
        Index("uq_exercises_open", "chat_id", unique=True, sqlite_where=text("state = 'open'"),
              postgresql_where=text("state = 'open'")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    chat_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("users.chat_id", ondelete="CASCADE")
    )
    exercise_id: Mapped[str] = mapped_column(String(40))  # the tip that it belongs to
    state: Mapped[str] = mapped_column(String(8))  # open, paused, done
    sealed: Mapped[bytes]
    touched_at: Mapped[datetime] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)


class AgreementRow(Base):
    """An agreement that somebody keeps track of; `sealed` holds its words.

    `review_on` is the day to look back on it, in the user's zone: who reminds reads this column.
    """

    __tablename__ = "agreements"
    __table_args__ = (
        Index("ix_agreements_chat_id", "chat_id", "id"),
        Index("ix_agreements_review_on", "review_on"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    chat_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("users.chat_id", ondelete="CASCADE")
    )
    # The exercise in which it is worked out: when that is done anew, so is the agreement.
    exercise_row: Mapped[int | None] = mapped_column(BigInteger)
    sealed: Mapped[bytes]  # who, about what, do, do not, and what if mistrust rises
    review_on: Mapped[date | None] = mapped_column(Date)  # None when it has ended
    made_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


class AgreementEvent(Base):
    """Something in the history of an agreement."""

    __tablename__ = "agreement_events"
    __table_args__ = (
        Index("ix_agreement_events_agreement_id", "agreement_id", "id"),
        Index("ix_agreement_events_chat_id", "chat_id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    agreement_id: Mapped[int] = mapped_column(
        RowId, ForeignKey("agreements.id", ondelete="CASCADE")
    )
    chat_id: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(12))  # made, kept, missed, changed, ended
    happened_at: Mapped[datetime] = mapped_column(Moment)


class TipCount(Base):
    """How often a tip helped for a concern, over all users, without any of them."""

    __tablename__ = "tip_counts"

    concern: Mapped[str] = mapped_column(String(40), primary_key=True)
    tip_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    helped: Mapped[int] = mapped_column(Integer)
    unhelped: Mapped[int] = mapped_column(Integer)


class ReviewLine(Base):
    """A line that was not understood, of somebody who agreed that a person reads it."""

    __tablename__ = "review_lines"
    __table_args__ = (
        Index("ix_review_lines_chat_id", "chat_id"),
        Index("ix_review_lines_noted_at", "noted_at"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    chat_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("users.chat_id", ondelete="CASCADE")
    )
    sealed: Mapped[bytes] = mapped_column(LargeBinary)  # the line, and the likeliest meanings
    noted_at: Mapped[datetime] = mapped_column(Moment)


class ScheduleRow(Base):
    """When something is sent unasked: a wall-clock time in the user's zone on days of the week.

    `next_at` is the one moment that counts: who wants to send claims it by changing it. The rest
    says what comes after it.
    """

    __tablename__ = "schedules"
    __table_args__ = (
        UniqueConstraint("chat_id", "kind", "about", name="uq_schedules_chat_id"),
        # In the words of SQLAlchemy on SQLite, which takes the index for no others.
        Index("ix_schedules_due", "next_at", "id", sqlite_where=text("enabled = 1"),
              postgresql_where=text("enabled")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    chat_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("users.chat_id", ondelete="CASCADE")
    )
    kind: Mapped[str] = mapped_column(String(12))  # checkin, summary, tip, ...
    about: Mapped[str] = mapped_column(String(40))  # which one it is of its kind, or ""
    local_time: Mapped[str] = mapped_column(String(5))  # HH:MM
    days: Mapped[str] = mapped_column(String(27))  # mon,tue,...
    zone: Mapped[str] = mapped_column(String(40))  # IANA
    next_at: Mapped[datetime | None] = mapped_column(Moment)
    paused_from: Mapped[date | None] = mapped_column(Date)
    paused_until: Mapped[date | None] = mapped_column(Date)
    enabled: Mapped[bool]
    unanswered: Mapped[int] = mapped_column(Integer)
    nudged_at: Mapped[datetime | None] = mapped_column(Moment)


class CheckinEntry(Base):
    """One check-in. `stage` is what is asked next; done when nothing is."""

    __tablename__ = "checkin_entries"
    __table_args__ = (Index("ix_checkin_entries_chat_id", "chat_id", "id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    chat_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("users.chat_id", ondelete="CASCADE")
    )
    day: Mapped[date] = mapped_column(Date)  # in the user's zone
    score: Mapped[int | None] = mapped_column(Integer)  # 0 to 10
    feeling: Mapped[str | None] = mapped_column(String(16))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # the note
    step_tip: Mapped[str | None] = mapped_column(String(40))  # whose small step was asked about
    step_done: Mapped[bool | None]
    stage: Mapped[str] = mapped_column(String(8))  # score, feeling, note, step, done
    started_at: Mapped[datetime] = mapped_column(Moment)
