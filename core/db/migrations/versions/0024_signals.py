"""Who hears of resets by shared signals, and what each is still to be told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.create_table(
        "receiver",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("pushes", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("trouble", sa.String(length=64), nullable=False),
        sa.Column("delivered_at", sa.BigInteger()),
        sa.Column("tested_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_receiver")),
        sa.UniqueConstraint("token", name=op.f("uq_receiver_token")),
    )
    op.create_table(
        "signal",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("receiver", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("refused_at", sa.BigInteger()),
        sa.Column("error", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signal")),
    )
    waits, refused = sa.text("refused_at IS NULL"), sa.text("refused_at IS NOT NULL")
    both = ["receiver", "id"]
    op.create_index("ix_signal_waiting", "signal", both, sqlite_where=waits, postgresql_where=waits)
    op.create_index("ix_signal_refused", "signal", both, sqlite_where=refused, postgresql_where=refused)


def downgrade() -> None:
    op.drop_table("signal")
    op.drop_table("receiver")
