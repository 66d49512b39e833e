"""Who is in the directories, and what each has to prove it by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.create_table(
        "census_having",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_census_having")),
    )
    op.create_table(
        "census_person",
        sa.Column("pseudonym", sa.String(length=64), nullable=False),
        sa.Column("person_ref", sa.String(length=64), nullable=False),
        sa.Column("store", sa.String(length=64), nullable=False),
        sa.Column("having", sa.String(length=64), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("look_at", sa.BigInteger()),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("pseudonym", name=op.f("pk_census_person")),
    )
    op.create_index(op.f("ix_census_person_person_ref"), "census_person", ["person_ref"])
    op.create_index("ix_census_person_having", "census_person", ["having", "pseudonym"])
    op.create_index("ix_census_person_round", "census_person", ["store", "round"])
    set_at = sa.text("look_at IS NOT NULL")
    op.create_index("ix_census_person_due", "census_person", ["look_at"], sqlite_where=set_at, postgresql_where=set_at)
    op.create_table(
        "census_round",
        sa.Column("store", sa.String(length=64), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("groups", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger()),
        sa.Column("failed", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("store", name=op.f("pk_census_round")),
    )


def downgrade() -> None:
    op.drop_table("census_round")
    op.drop_table("census_person")
    op.drop_table("census_having")
