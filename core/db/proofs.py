"""The proof ledger: one challenge makes one proof, once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from ..recovery.policy import Proof
from . import sealed
from .per_dialect import PerDialect
from .purge import Purge
from .sealing import Keyring
from .tables import proof as table

_consume = PerDialect(
    lambda insert: insert(table).on_conflict_do_nothing(index_elements=["challenge"]).returning(table.c.challenge)
)
_of = (
    select(table)
    .where(table.c.recovery_id == bindparam("recovery_id"), table.c.person_ref == bindparam("person_ref"))
    .order_by(table.c.at, table.c.challenge)
)
_purge = Purge(table.c.challenge, table.c.at < bindparam("before"), oldest=table.c.at)


class Proofs:
    """The only thing that can satisfy a policy."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def consume(self, tx: Connection, recovery_id: str, person_id: str, proof: Proof, at: datetime) -> bool:
        """Spend the proof's challenge and keep the proof; False if that challenge was spent before."""
        row = {
            "challenge": proof.challenge,
            "recovery_id": recovery_id,
            "person_ref": person_id,
            "method": proof.method,
            "rides_on": proof.rides_on,
            "credential": proof.credential,
            "at": at,
        }
        row["seal"] = sealed.PROOF_ROW.seal(self._keyring, row)
        return tx.execute(_consume.on(tx), row).first() is not None

    def of(self, tx: Connection, recovery_id: str, person_id: str) -> tuple[Proof, ...]:
        """What this person proved in this recovery, oldest first. Raises SealBroken."""
        rows = tx.execute(_of, {"recovery_id": recovery_id, "person_ref": person_id}).mappings().all()
        for row in rows:
            sealed.PROOF_ROW.check(self._keyring, row)
        return tuple(Proof(row["method"], row["rides_on"], row["credential"], row["challenge"]) for row in rows)

    def last_at(self, tx: Connection, recovery_id: str, person_id: str) -> datetime | None:
        """When this person last proved something in this recovery. Raises SealBroken."""
        rows = tx.execute(_of, {"recovery_id": recovery_id, "person_ref": person_id}).mappings().all()
        for row in rows:
            sealed.PROOF_ROW.check(self._keyring, row)
        return max((row["at"] for row in rows), default=None)

    def purge(self, tx: Connection, before: datetime, limit: int = 500) -> int:
        """Forget proofs older than that; returns how many."""
        return _purge(tx, limit, before=before)
