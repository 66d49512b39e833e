"""Leases: who may write an account now, and which process does what only one may do."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Executable, bindparam, delete

from .per_dialect import Insert, PerDialect
from .tables import lease as table


def _take(insert: Insert) -> Executable:
    new = insert(table)
    free = (table.c.until <= bindparam("now", type_=table.c.until.type)) | (table.c.holder == new.excluded.holder)
    taken = {"holder": new.excluded.holder, "until": new.excluded.until}
    upsert = new.on_conflict_do_update(index_elements=["what"], set_=taken, where=free)
    return upsert.returning(table.c.what)


_take_one = PerDialect(_take)
_free = delete(table).where(table.c.what == bindparam("of_what"), table.c.holder == bindparam("of_holder"))


class Leases:
    """Compare-and-set: a lease belongs to its holder until then, or until it is freed."""

    def take(self, tx: Connection, what: str, holder: str, until: datetime, now: datetime) -> bool:
        """Take it or make it last longer; False while somebody else holds it."""
        asked = {"what": what, "holder": holder, "until": until, "now": now}
        return tx.execute(_take_one.on(tx), asked).first() is not None

    def free(self, tx: Connection, what: str, holder: str) -> None:
        """Give it back; nothing happens if somebody else holds it by now."""
        tx.execute(_free, {"of_what": what, "of_holder": holder})
