"""The tables of records and reports: what administrators are shown, and nobody's name, address or number in it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, String, Table

from .columns import metadata

# What happened on one day (UTC), in numbers: reports read these and never the log.
daily_sum = Table(
    "daily_sum",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("what", String(32), primary_key=True),
    Column("label", String(96), primary_key=True),
    Column("count", BigInteger, nullable=False),
)
