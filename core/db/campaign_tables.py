"""The tables of campaigns. What one is for, and who wants it, stands in one encrypted column."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, String, Table
from sqlalchemy import Integer as Whole

from .columns import Moment, metadata

# A few in a year: something that is done for many people, one after the other.
campaign = Table(
    "campaign",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("asked_at", Moment, nullable=False, index=True),
    Column("version", Whole, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)
# Whose turn it was. The primary key makes a second turn impossible. Of whoever was told that it comes there is a row
# for each account, with a digest of when its password was set as `why`; a turn that is begun has marks of its accounts.
campaign_person = Table(
    "campaign_person",
    metadata,
    Column("campaign", String(64), primary_key=True),
    Column("pseudonym", String(64), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("why", String(64), nullable=False),
    Column("at", Moment, nullable=False, index=True),
)
Index("ix_campaign_person_state", campaign_person.c.campaign, campaign_person.c.state, campaign_person.c.pseudonym)
