"""Makes much of little inside the database: rows are copied under other keys, and what is sealed in them opens nothing.

Lists and their plans know only how many rows there are and what their indexes say of them. Whom the screens open is
among the originals.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence

from past import YEAR
from sqlalchemy import Connection, NullPool, Table, create_engine, text

from keyback.core.db import campaign_tables, census_tables, tables
from keyback.core.db.columns import TICK

# The columns by which a copy differs from its original.
KEYS: Mapping[Table, Sequence[str]] = {
    tables.person: ("id",),
    tables.account: ("pseudonym", "person_id"),
    tables.enrolment: ("id", "person_id"),
    tables.contact_seen: ("person_ref",),
    tables.person_key: ("name",),
    tables.standing: ("person_ref",),
    tables.proof: ("challenge", "recovery_id", "person_ref"),
    tables.recovery: ("id", "person_ref"),
    tables.delivery: ("id", "challenge", "ref"),
    campaign_tables.campaign_person: ("pseudonym",),
}


def multiply(url: str, times: int) -> None:
    """So many of each row in the end, the original with them."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as tx:
        for table, keys in KEYS.items():
            _copied(tx, table, {key: _other(key) for key in keys}, times)
        # Behind all originals: the first pages of a list are of people whose names can be opened.
        behind = {"pseudonym": "'~' || CAST(:mark AS TEXT) || pseudonym", "person_ref": _other("person_ref")}
        _copied(tx, census_tables.census_person, behind, times)
        _copied(tx, tables.event, _later(tx, times), times)
    engine.dispose()


def _other(name: str) -> str:
    """Two more characters say which copy it is."""
    return f'CASE WHEN "{name}" = \'\' THEN \'\' ELSE substr("{name}", 1, 2) || :mark || substr("{name}", 3) END'


def _later(tx: Connection, times: int) -> dict[str, str]:
    """Events lie between the others of their year, each with a place of its own in the chain."""
    count = tx.scalar(text("SELECT max(seq) FROM event")) or 1
    pause = (YEAR / count) // TICK // times
    digits = "lpad(to_hex({}), 15, '0')" if tx.dialect.name == "postgresql" else "printf('%015x', {})"
    which = "CAST(:which AS BIGINT)"
    at = f'"at" + {which} * {pause}'
    moment = {"id": f"{digits.format(at)} || substr(id, 16)", "at": at, "seq": f"seq + {which} * {count}"}
    return {**{key: _other(key) for key in ("recovery_id", "pseudonym", "key_name")}, **moment}


def _copied(tx: Connection, table: Table, changed: Mapping[str, str], times: int) -> None:
    began, columns = time.monotonic(), [column.name for column in table.c]
    into = ", ".join(f'"{name}"' for name in columns)
    values = ", ".join(changed.get(name, f'"{name}"') for name in columns)
    tx.execute(text(f'CREATE TEMPORARY TABLE original AS SELECT * FROM "{table.name}"'))  # noqa: S608
    for which in range(1, times):
        copied = text(f'INSERT INTO "{table.name}" ({into}) SELECT {values} FROM original')  # noqa: S608
        tx.execute(copied, {"mark": f"x{which}", "which": which})
    tx.execute(text("DROP TABLE original"))
    print(f"{table.name}: {times} times in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
