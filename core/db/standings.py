"""How somebody stands to being asked, and the way they like best: one sealed row for each person."""

from __future__ import annotations

from sqlalchemy import Connection, Executable, bindparam, select

from ..recovery.renewals import Standing
from . import sealed
from .per_dialect import Insert, PerDialect
from .sealing import Keyring
from .tables import standing as table
from .value_json import STANDING

_of = select(table).where(table.c.person_ref == bindparam("of_ref"))


def _put(insert: Insert) -> Executable:
    new = insert(table)
    changed = {"sealed": new.excluded.sealed, "version": new.excluded.version}
    # Whoever read the same row and comes later changes nothing.
    seen = table.c.version == new.excluded.version - 1
    upsert = new.on_conflict_do_update(index_elements=["person_ref"], set_=changed, where=seen)
    return upsert.returning(table.c.person_ref)


_put_one = PerDialect(_put)


class Standings:
    """Whom it is about is a pseudonym, and all else is encrypted."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def of(self, tx: Connection, person_id: str) -> tuple[Standing, int]:
        """Theirs, and its version; 0 for somebody who was never asked anything. Raises SealBroken."""
        row = tx.execute(_of, {"of_ref": person_id}).mappings().first()
        if row is None:
            return Standing(), 0
        return STANDING.validate_json(sealed.STANDING.open(self._keyring, row)), row["version"]

    def put(self, tx: Connection, person_id: str, standing: Standing, seen: int) -> bool:
        """Keep it in the place of version `seen`; False if somebody else was faster."""
        row = {"person_ref": person_id, "version": seen + 1}
        row["sealed"] = sealed.STANDING.seal(self._keyring, STANDING.dump_json(standing), row)
        return tx.execute(_put_one.on(tx), row).first() is not None
