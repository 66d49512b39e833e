"""The tables of an organisation's questions, and of how many people chose each."""

from __future__ import annotations

from sqlalchemy import Column, Integer, LargeBinary, String, Table, Text

from .columns import metadata

# `sets`: how many were saved together, so that a deleted one is missed.
question_set = Table(
    "question_set",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("rules", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("sets", Integer, nullable=False),
    Column("seal", LargeBinary, nullable=False),
)

# Counted by a digest, of all people together: who chose what stands in no column that one can read.
chosen_count = Table(
    "chosen_count",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("people", Integer, nullable=False),
)
