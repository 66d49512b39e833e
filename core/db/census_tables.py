"""The tables of the census. No name, address or number stands in any column in the clear."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table, Text

from .columns import Moment, metadata, partial

# Who is in the directories, as last counted, and what each of them has to prove it by. How many people have the same
# stands beside it: nobody counts a million rows for a page.
census_having = Table(
    "census_having",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("people", Integer, nullable=False),
)
census_person = Table(
    "census_person",
    metadata,
    Column("pseudonym", String(64), primary_key=True),
    Column("person_ref", String(64), nullable=False, index=True),
    Column("store", String(64), nullable=False),
    Column("having", String(64), nullable=False),
    Column("round", Integer, nullable=False),
    # From when on what they have is something else; most have no such time.
    Column("look_at", Moment),
    Column("sealed", LargeBinary, nullable=False),
)
Index("ix_census_person_having", census_person.c.having, census_person.c.pseudonym)
Index("ix_census_person_round", census_person.c.store, census_person.c.round)
partial("ix_census_person_due", census_person.c.look_at, census_person.c.look_at.isnot(None))
census_round = Table(
    "census_round",
    metadata,
    Column("store", String(64), primary_key=True),
    Column("round", Integer, nullable=False),
    Column("began_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("seen", Integer, nullable=False),
    Column("people", Integer, nullable=False),
    Column("groups", Text, nullable=False),
    Column("wanted", Text, nullable=False),
    Column("asked_at", Moment),
    Column("failed", String(64), nullable=False),
)
