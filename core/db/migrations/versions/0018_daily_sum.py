"""What happened each day, in numbers; and who is locked out now, without reading every counter."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.create_table(
        "daily_sum",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("label", sa.String(length=96), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "what", "label", name=op.f("pk_daily_sum")),
    )
    locked = sa.text("locked_until IS NOT NULL")
    op.create_index("ix_counter_locked", "counter", ["locked_until"], postgresql_where=locked, sqlite_where=locked)


def downgrade() -> None:
    op.drop_index("ix_counter_locked", "counter")
    op.drop_table("daily_sum")
