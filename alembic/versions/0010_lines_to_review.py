"""Lines that were not understood, of who agreed that a person reads them.

Revision: 0010, after 0009
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("review_agreed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "review_lines",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column(
            "chat_id",
            sa.BigInteger,
            sa.ForeignKey("users.chat_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_review_lines_chat_id", "review_lines", ["chat_id"])
    op.create_index("ix_review_lines_noted_at", "review_lines", ["noted_at"])


def downgrade() -> None:
    op.drop_table("review_lines")
    op.drop_column("users", "review_agreed_at")
