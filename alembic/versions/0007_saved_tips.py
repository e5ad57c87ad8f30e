"""Tips that somebody wants to find again.

Revision: 0007, after 0006
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_tips",
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("tip_id", sa.String(length=40), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["chat_id"],
            ["users.chat_id"],
            name=op.f("fk_saved_tips_chat_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("chat_id", "tip_id", name=op.f("pk_saved_tips")),
    )


def downgrade() -> None:
    op.drop_table("saved_tips")
