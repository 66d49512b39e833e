"""What the chores look for is found without reading what is pending."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.drop_index("ix_recovery_expires_at", "recovery")
    # Asked by nobody, and written with every job.
    op.drop_index("ix_job_recovery_id", "job")
    _partial("ix_recovery_ended", "recovery", "expires_at", "deadline IS NULL")
    _partial("ix_job_given_up", "job", "given_up_at", "given_up_at IS NOT NULL")
    _partial("ix_freeze_lifted", "freeze", "lifted_at", "lifted_at IS NOT NULL")


def downgrade() -> None:
    op.drop_index("ix_freeze_lifted", "freeze")
    op.drop_index("ix_job_given_up", "job")
    op.drop_index("ix_recovery_ended", "recovery")
    op.create_index("ix_job_recovery_id", "job", ["recovery_id"])
    op.create_index("ix_recovery_expires_at", "recovery", ["expires_at"])


def _partial(name: str, table: str, column: str, condition: str) -> None:
    op.create_index(name, table, [column], postgresql_where=text(condition), sqlite_where=text(condition))
