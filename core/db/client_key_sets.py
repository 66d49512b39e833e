"""The key sets of clients that publish theirs: what was last read at their address, and when it is read again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Executable, RowMapping, bindparam, delete, select, update

from . import sealed
from .bridge_tables import client_key_set as table
from .per_dialect import Insert, PerDialect
from .sealing import Keyring, SealBroken


@dataclass(frozen=True, slots=True)
class ClientKeySet:
    """`fetched_at`: when `keys` were read at `address`; None: never yet. `trouble`: why the last try failed."""

    entry: str
    address: str
    keys: str = ""
    fetched_at: datetime | None = None
    trouble: str = ""
    due_at: datetime | None = None


def _put(insert: Insert) -> Executable:
    new = insert(table)
    changed = {column.name: new.excluded[column.name] for column in table.c if column.name != "entry"}
    return new.on_conflict_do_update(index_elements=["entry"], set_=changed)


_put_one = PerDialect(_put)
_of_entry = table.c.entry == bindparam("of_entry")
_all = select(table).order_by(table.c.entry)
_one = select(table).where(_of_entry)
_hold = (
    update(table)
    .where(_of_entry, table.c.due_at <= bindparam("now"))
    .values(due_at=bindparam("until"), tried_at=bindparam("now"))
)
_miss = update(table).where(_of_entry).values(trouble=bindparam("why"), due_at=bindparam("until"))
_hurry = update(table).where(_of_entry, table.c.tried_at <= bindparam("before")).values(due_at=bindparam("now"))
_drop = delete(table).where(_of_entry)


class ClientKeySets:
    """Rows are sealed: whoever could write keys of their own into one would be that client."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def all(self, tx: Connection) -> dict[str, ClientKeySet]:
        """By their entries, but for those that somebody changed without the key: they are read anew."""
        return {row["entry"]: one for row in tx.execute(_all).mappings() if (one := self._sound(row)) is not None}

    def get(self, tx: Connection, entry: str) -> ClientKeySet | None:
        """What is known of this client's. Raises SealBroken."""
        row = tx.execute(_one, {"of_entry": entry}).mappings().first()
        return self._open(row) if row is not None else None

    def put(self, tx: Connection, new: ClientKeySet, *, tried_at: datetime, due_at: datetime) -> None:
        """Keep it in place of what was known."""
        row: dict[str, Any] = {"entry": new.entry, "address": new.address, "keys": new.keys}
        row |= {"fetched_at": new.fetched_at}
        working = {"trouble": "", "tried_at": tried_at, "due_at": due_at}
        tx.execute(_put_one.on(tx), row | working | {"seal": sealed.CLIENT_KEY_SET_ROW.seal(self._keyring, row)})

    @staticmethod
    def hold(tx: Connection, entry: str, now: datetime, until: datetime) -> bool:
        """Whether it is time to read it again, and nobody else does until then."""
        return tx.execute(_hold, {"of_entry": entry, "now": now, "until": until}).rowcount == 1

    @staticmethod
    def miss(tx: Connection, entry: str, why: str, until: datetime) -> None:
        """It could not be read; what was read before stays."""
        tx.execute(_miss, {"of_entry": entry, "why": why, "until": until})

    @staticmethod
    def hurry(tx: Connection, entry: str, now: datetime, before: datetime) -> None:
        """Read it again now, unless that was tried after `before`."""
        tx.execute(_hurry, {"of_entry": entry, "now": now, "before": before})

    @staticmethod
    def drop(tx: Connection, entry: str) -> None:
        """Forget what is known of it."""
        tx.execute(_drop, {"of_entry": entry})

    def _sound(self, row: RowMapping) -> ClientKeySet | None:
        try:
            return self._open(row)
        except SealBroken:
            return None

    def _open(self, row: RowMapping) -> ClientKeySet:
        sealed.CLIENT_KEY_SET_ROW.check(self._keyring, row)
        return ClientKeySet(
            row["entry"], row["address"], row["keys"], row["fetched_at"], row["trouble"], due_at=row["due_at"]
        )
