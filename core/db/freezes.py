"""Whose self-service is stopped, since when, and whether somebody lifted it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Executable, bindparam, select, update

from ..contracts.people import Person
from . import sealed
from .links import refs_of
from .per_dialect import Insert, PerDialect
from .purge import Purge
from .sealing import Keyring
from .tables import freeze as table


@dataclass(frozen=True, slots=True)
class Freeze:
    """A person who may not be served. `why`: the event whose notice said so; `recovery_id`: what it was about."""

    person_ref: str
    since: datetime
    why: str
    recovery_id: str
    lifted_at: datetime | None = None


def _freeze(insert: Insert) -> Executable:
    new = insert(table)
    again = {name: new.excluded[name] for name in ("since", "why", "recovery_id", "lifted_at", "seal")}
    upsert = new.on_conflict_do_update(index_elements=["person_ref"], set_=again, where=table.c.lifted_at.is_not(None))
    return upsert.returning(table.c.person_ref)


_freeze_one = PerDialect(_freeze)
_of = select(table).where(table.c.person_ref.in_(bindparam("refs", expanding=True)))
_lift = update(table).where(table.c.person_ref == bindparam("of_ref"), table.c.lifted_at.is_(None))
_purge = Purge(table.c.person_ref, table.c.lifted_at < bindparam("before"), oldest=table.c.lifted_at)


class Freezes:
    """A lifted freeze stays for a while: what was decided must outlive the links that could undo it."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def freeze(self, tx: Connection, freeze: Freeze) -> bool:
        """Stop this person; False if they are stopped already."""
        return tx.execute(_freeze_one.on(tx), self._row(freeze)).first() is not None

    def of(self, tx: Connection, person_ref: str) -> Freeze | None:
        """What is known of this person, lifted or not. Raises SealBroken."""
        return next(iter(self._of(tx, {person_ref})), None)

    def stopped(self, tx: Connection, person: Person) -> bool:
        """Whether this person, or one of their accounts before it was linked, is stopped. Raises SealBroken."""
        return any(freeze.lifted_at is None for freeze in self._of(tx, self._refs(person)))

    def lift(self, tx: Connection, person: Person, at: datetime) -> bool:
        """Let them be served again; False if they were not stopped. Raises SealBroken."""
        lifted = 0
        for freeze in self._of(tx, self._refs(person)):
            row = self._row(Freeze(freeze.person_ref, freeze.since, freeze.why, freeze.recovery_id, at))
            lifted += tx.execute(_lift, row | {"of_ref": freeze.person_ref}).rowcount
        return lifted > 0

    def purge(self, tx: Connection, before: datetime, limit: int = 500) -> int:
        """Forget those lifted before then; returns how many."""
        return _purge(tx, limit, before=before)

    def _refs(self, person: Person) -> set[str]:
        # A freeze from before an account was linked must not be lost by it.
        return refs_of(self._keyring, person.id, (account.key for account in person.accounts))

    def _of(self, tx: Connection, refs: set[str]) -> list[Freeze]:
        rows = tx.execute(_of, {"refs": sorted(refs)}).mappings().all()
        for row in rows:
            sealed.FREEZE_ROW.check(self._keyring, row)
        return [Freeze(**{name: value for name, value in row.items() if name != "seal"}) for row in rows]

    def _row(self, freeze: Freeze) -> dict[str, Any]:
        row = asdict(freeze)
        return row | {"seal": sealed.FREEZE_ROW.seal(self._keyring, row)}
