"""Role-plays and how they ended.

Revision: 0003, after 0002
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "roleplays",
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.String(length=8), nullable=False),
        sa.Column("asked", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["chat_id"],
            ["users.chat_id"],
            name=op.f("fk_roleplays_chat_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("chat_id", name=op.f("pk_roleplays")),
    )
    with op.batch_alter_table("roleplays", schema=None) as batch_op:
        batch_op.create_index("ix_roleplays_touched_at", ["touched_at"], unique=False)

    op.create_table(
        "roleplay_results",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["chat_id"],
            ["users.chat_id"],
            name=op.f("fk_roleplay_results_chat_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roleplay_results")),
    )
    with op.batch_alter_table("roleplay_results", schema=None) as batch_op:
        batch_op.create_index("ix_roleplay_results_chat_id", ["chat_id", "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("roleplay_results", schema=None) as batch_op:
        batch_op.drop_index("ix_roleplay_results_chat_id")

    op.drop_table("roleplay_results")
    with op.batch_alter_table("roleplays", schema=None) as batch_op:
        batch_op.drop_index("ix_roleplays_touched_at")

    op.drop_table("roleplays")
