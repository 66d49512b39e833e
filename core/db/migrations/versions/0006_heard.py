"""What came by another way than the page."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "heard",
        sa.Column("challenge", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("challenge", name=op.f("pk_heard")),
    )
    op.create_index(op.f("ix_heard_expires_at"), "heard", ["expires_at"])


def downgrade() -> None:
    op.drop_table("heard")
