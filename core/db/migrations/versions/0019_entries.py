"""Entries that administrators make, and what a client of OpenID Connect may fetch."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "entry",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_entry")),
    )
    op.create_table(
        "entry_seen",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("arrived_at", sa.BigInteger(), nullable=True),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("refused_at", sa.BigInteger(), nullable=True),
        sa.Column("refused_why", sa.String(length=64), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_entry_seen")),
    )
    op.create_table(
        "oidc_grant",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("entry", sa.String(length=32), nullable=False),
        sa.Column("recovery_id", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=True),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("token_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_oidc_grant")),
    )
    for column in ("recovery_id", "expires_at"):
        op.create_index(op.f(f"ix_oidc_grant_{column}"), "oidc_grant", [column])
    given = sa.text("token != ''")
    op.create_index("ix_oidc_grant_token", "oidc_grant", ["token"], postgresql_where=given, sqlite_where=given)
    op.create_table(
        "token_key",
        sa.Column("kid", sa.String(length=64), nullable=False),
        sa.Column("private", sa.LargeBinary(), nullable=False),
        sa.Column("signs_from", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_token_key")),
    )


def downgrade() -> None:
    for table in ("token_key", "oidc_grant", "entry_seen", "entry"):
        op.drop_table(table)
