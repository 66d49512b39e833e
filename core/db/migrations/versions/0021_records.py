"""Records are listed by what happened, and recoveries by where they stand."""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_index("ix_event_name", "event", ["name", "id"])
    op.create_index("ix_recovery_stage", "recovery", ["stage", "started_at"])


def downgrade() -> None:
    op.drop_index("ix_recovery_stage", "recovery")
    op.drop_index("ix_event_name", "event")
