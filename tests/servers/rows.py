"""Every row that a server keeps, to see afterwards which of them are new, changed or gone."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Column, create_engine, select

from keyback.core.db.tables import metadata, recovery

from .keyback import Keyback

# Limits are counted, and the house works on without anybody: leases, the audit's chain, the sums of a day. What became
# of messages says of nobody whose it was; none leaves without an event and a recovery that do.
# How many people chose a question says of nobody either, nor does when a certificate ends. People are counted, and keys
# that sign are made, once the server has been up for a little while.
LIVELY = {"counter", "lease", "checkpoint", "delivery", "daily_sum", "chosen_count", "certificate_end", "token_key"}
LIVELY |= {"census_round", "census_person", "census_having"}
CHAIN = {"seq", "hash"}
Row = tuple[Any, ...]
# Where a recovery's row says whose it is.
PERSON = 1 + list(recovery.columns).index(recovery.c.person_ref)


def rows(keyback: Keyback) -> set[Row]:
    """All of them, each behind its table's name."""
    return rows_at(keyback.database_url)


def rows_at(database_url: str) -> set[Row]:
    """All that a database keeps."""
    engine = create_engine(database_url)
    try:
        with engine.connect() as tx:
            return {
                (table.name, *row)
                for table in metadata.sorted_tables
                if table.name not in LIVELY
                for row in tx.execute(select(*filter(_counts, table.columns)))
            }
    finally:
        engine.dispose()


def _counts(column: Column[object]) -> bool:
    return column.table.name != "event" or column.name not in CHAIN


def strangers(changed: Collection[Row], known: Collection[str]) -> list[str]:
    """Those of these rows that do not say whose they are, or belong to nobody of `known`."""
    theirs = set(known)
    # Whose recovery it is stands in its row, and then in what is written about the person.
    theirs |= {row[PERSON] for row in changed if row[0] == "recovery" and row[1] in known and row[PERSON]}
    foreign = [row for row in changed if not theirs & set(row)]
    return sorted(" ".join(str(value) for value in row if not isinstance(value, bytes)) for row in foreign)
