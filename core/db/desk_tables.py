"""The tables of the help desk and of what two administrators decide together."""

from __future__ import annotations

from sqlalchemy import Column, Integer, LargeBinary, String, Table, literal_column

from .columns import Moment, metadata, partial

# A change that one administrator put up and another decides. What it is and who they are stands in `sealed`.
approval = Table(
    "approval",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("asked_at", Moment, nullable=False, index=True),
    Column("expires_at", Moment, nullable=False),
    Column("version", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)
WAITING = approval.c.state == literal_column("'waiting'")
partial("ix_approval_waiting", approval.c.expires_at, WAITING)

# Somebody on the telephone for whom an agent started: their recovery is still to come, or is there.
caller = Table(
    "caller",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("person_ref", String(64), nullable=False, index=True),
    Column("agent_ref", String(64), nullable=False),
    Column("recovery_id", String(64), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
)
