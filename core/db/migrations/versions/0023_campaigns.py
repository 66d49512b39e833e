"""Campaigns: something that is done for many people, one after the other."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.create_table(
        "campaign",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
    )
    op.create_index(op.f("ix_campaign_asked_at"), "campaign", ["asked_at"])
    op.create_table(
        "campaign_person",
        sa.Column("campaign", sa.String(length=64), nullable=False),
        sa.Column("pseudonym", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("why", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "pseudonym", name=op.f("pk_campaign_person")),
    )
    op.create_index(op.f("ix_campaign_person_at"), "campaign_person", ["at"])
    op.create_index("ix_campaign_person_state", "campaign_person", ["campaign", "state", "pseudonym"])


def downgrade() -> None:
    op.drop_table("campaign_person")
    op.drop_table("campaign")
