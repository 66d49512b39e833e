"""Accounts that were joined, until it counts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "waiting_link",
        sa.Column("pseudonym", sa.String(length=64), nullable=False),
        sa.Column("person_ref", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("how", sa.String(length=64), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("counts_from", sa.BigInteger(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("pseudonym", name=op.f("pk_waiting_link")),
    )
    for column in ("person_ref", "counts_from"):
        op.create_index(op.f(f"ix_waiting_link_{column}"), "waiting_link", [column])


def downgrade() -> None:
    op.drop_table("waiting_link")
