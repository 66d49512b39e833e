"""Until when the certificates are good that plugins depend on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.create_table(
        "certificate_end",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("plugin", sa.String(length=64), nullable=False),
        sa.Column("what", sa.String(length=255), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "plugin", "what", name=op.f("pk_certificate_end")),
    )


def downgrade() -> None:
    op.drop_table("certificate_end")
