"""The tables of shared signals: who hears of resets, and what each is still to be told."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, String, Table

from .columns import Moment, metadata

# `token`: the digest of what a receiver shows. `due_at`: when Keyback may bring the next signal; `pushes`: whether it
# brings any. What the receiver is called, and where it is, stands in `sealed`.
receiver = Table(
    "receiver",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("token", String(64), nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("pushes", Boolean, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("trouble", String(64), nullable=False),
    Column("delivered_at", Moment),
    Column("tested_at", Moment),
)

# What waits until its receiver has it, and what a receiver refused. Ids sort by time.
signal = Table(
    "signal",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("receiver", String(32), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("refused_at", Moment),
    Column("error", String(64), nullable=False),
)
WAITS = signal.c.refused_at.is_(None)
Index("ix_signal_waiting", signal.c.receiver, signal.c.id, postgresql_where=WAITS, sqlite_where=WAITS)
REFUSED = signal.c.refused_at.isnot(None)
Index("ix_signal_refused", signal.c.receiver, signal.c.id, postgresql_where=REFUSED, sqlite_where=REFUSED)
