"""Statements handed over as text: the columns' own types write and read them as everywhere."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import bindparam, insert, select

from keyback.core.db.prepared import Prepared
from keyback.core.db.session import Database
from keyback.core.db.tables import counter as table

AFTER = bindparam("after", type_=table.c.ends_at.type)
MOST = bindparam("most", type_=table.c["count"].type)
BUSY = select(table).where(table.c.ends_at > AFTER, table.c["count"] <= MOST).order_by(table.c.key)
# One for both kinds, as everywhere.
busy = Prepared(lambda _insert: BUSY)


def row(key: bytes, now: datetime, *, locked: bool) -> dict[str, object]:
    """A counter that counted ten times."""
    hour = timedelta(hours=1)
    return {
        "key": key, "window_start": now, "ends_at": now + hour, "count": 10, "locked_until": now if locked else None,
    }  # fmt: skip


def test_what_it_finds_is_what_sqlalchemy_finds_whatever_the_order_of_its_values(
    database: Database, now: datetime
) -> None:
    with database.write() as tx:
        tx.execute(insert(table), [row(b"one", now, locked=True), row(b"two", now, locked=False)])
    for values in ({"after": now, "most": 10}, {"most": 10, "after": now}, {"most": 9, "after": now}):
        with database.read() as tx:
            assert busy.run(tx, values) == [tuple(found) for found in tx.execute(BUSY, values)]


def test_a_value_of_another_kind_is_refused_before_anything_is_sent(database: Database) -> None:
    with database.read() as tx, pytest.raises(TypeError):
        busy.run(tx, {"after": "tomorrow", "most": 10})
