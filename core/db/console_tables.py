"""Who is signed in to the console, and what is mailed for them."""

from __future__ import annotations

from sqlalchemy import Column, Integer, LargeBinary, String, Table

from .columns import Moment, metadata

# `how`: by the identity provider, or by a link that was made on the server.
console_session = Table(
    "console_session",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("subject_ref", String(64), nullable=False, index=True),
    Column("sid_ref", String(64), nullable=False, index=True),
    Column("how", String(16), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False, index=True),
)

# Files that are mailed again and again. To whom, and who wanted it, stands in `sealed`.
schedule = Table(
    "schedule",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("next_at", Moment, nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)
