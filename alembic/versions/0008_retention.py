"""When somebody was last heard from, and when they were asked whether to keep what there is.

Revision: 0008, after 0007
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("users", sa.Column("asked_to_stay_at", sa.DateTime(timezone=True), nullable=True))
    # Nobody knows how long these are silent: the year begins now.
    op.execute(sa.text("UPDATE users SET seen_at = CURRENT_TIMESTAMP"))


def downgrade() -> None:
    op.drop_column("users", "asked_to_stay_at")
    op.drop_column("users", "seen_at")
