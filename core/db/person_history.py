"""What happened to one person lately, as the help desk may know it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from .columns import is_set
from .tables import event as table

MOST = 200

_lately = (
    select(table.c.at, table.c.name, table.c.recovery_id, table.c.data)
    .where(table.c.pseudonym == bindparam("person"), is_set(table.c.pseudonym), table.c.at >= bindparam("since"))
    .order_by(table.c.at.desc(), table.c.id.desc())
    .limit(MOST)
)


@dataclass(frozen=True, slots=True)
class Happened:
    """One event about them."""

    at: datetime
    name: str
    recovery_id: str
    data: Mapping[str, object]


def lately(tx: Connection, person_ref: str, since: datetime) -> tuple[Happened, ...]:
    """The newest first, and not more than fit a page."""
    rows = tx.execute(_lately, {"person": person_ref, "since": since})
    return tuple(Happened(row.at, row.name, row.recovery_id, json.loads(row.data)) for row in rows)
