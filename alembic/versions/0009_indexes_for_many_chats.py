"""Indexes for what read a whole table: sending, nudges, retention, the sweep and erasing.

Revision: 0009, after 0008
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

WHOLE = {
    "ix_users_seen_at": ("users", "seen_at"),
    "ix_safety_holds_seen_at": ("safety_holds", "seen_at"),
    "ix_safety_gates_since": ("safety_gates", "since"),
    "ix_inbox_chat_id": ("inbox", "chat_id"),
    "ix_outbox_created_at": ("outbox", "created_at"),
    "ix_trackers_updated_at": ("trackers", "updated_at"),
    "ix_agreement_events_chat_id": ("agreement_events", "chat_id"),
}
PARTIAL = {
    "ix_users_asked_to_stay_at": ("users", ["asked_to_stay_at"], "asked_to_stay_at IS NOT NULL"),
    "ix_outbox_first": ("outbox", ["chat_id", "id"], "status = 'new'"),
    "ix_outbox_sending": ("outbox", ["created_at"], "status = 'sending'"),
}


def upgrade() -> None:
    for name, (table, column) in WHOLE.items():
        op.create_index(name, table, [column])
    for name, (table, columns, where) in PARTIAL.items():
        op.create_index(
            name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
        )
    # SQLite takes an index only for the words of its condition, and it is asked "enabled = 1".
    _index_what_is_due("enabled = 1")


def downgrade() -> None:
    _index_what_is_due("enabled")
    for name, (table, *_) in {**PARTIAL, **WHOLE}.items():
        op.drop_index(name, table)


def _index_what_is_due(condition: str) -> None:
    op.drop_index("ix_schedules_due", "schedules")
    op.create_index(
        "ix_schedules_due", "schedules", ["next_at", "id"],
        sqlite_where=sa.text(condition), postgresql_where=sa.text("enabled"),
    )  # fmt: skip
