"""What two administrators decide together, and callers for whom an agent started."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "approval",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
    )
    op.create_index(op.f("ix_approval_asked_at"), "approval", ["asked_at"])
    waiting = sa.text("state = 'waiting'")
    op.create_index("ix_approval_waiting", "approval", ["expires_at"], postgresql_where=waiting, sqlite_where=waiting)
    op.create_table(
        "caller",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("person_ref", sa.String(length=64), nullable=False),
        sa.Column("agent_ref", sa.String(length=64), nullable=False),
        sa.Column("recovery_id", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caller")),
    )
    for column in ("person_ref", "expires_at"):
        op.create_index(op.f(f"ix_caller_{column}"), "caller", [column])


def downgrade() -> None:
    op.drop_table("caller")
    op.drop_table("approval")
