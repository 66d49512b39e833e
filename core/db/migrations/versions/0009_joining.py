"""By which code a device joins that somebody is adding."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("pending", sa.Column("code", sa.String(length=128), nullable=True))
    op.create_index(op.f("ix_pending_code"), "pending", ["code"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_pending_code"), "pending")
    op.drop_column("pending", "code")
