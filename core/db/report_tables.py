"""The tables of records and reports: what administrators are shown, and nobody's name, address or number in it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, String, Table

from .columns import Moment, metadata

# What happened on one day (UTC), in numbers: reports read these and never the log.
daily_sum = Table(
    "daily_sum",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("what", String(32), primary_key=True),
    Column("label", String(96), primary_key=True),
    Column("count", BigInteger, nullable=False),
)

# Until when a certificate is good on which a plugin depends: of a file that a setting names, or of a server.
certificate_end = Table(
    "certificate_end",
    metadata,
    Column("kind", String(32), primary_key=True),
    Column("plugin", String(64), primary_key=True),
    Column("what", String(255), primary_key=True),
    Column("ends_at", Moment, nullable=False),
)
