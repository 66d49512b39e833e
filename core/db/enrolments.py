"""What people registered beforehand for a method."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, select, update

from ..contracts.people import Enrolment
from . import sealed
from .census import Census
from .chosen_counts import ChosenCounts
from .links import remember_person
from .sealing import Keyring, SealBroken
from .tables import enrolment as table

_of = select(table).where(table.c.person_id == bindparam("person")).order_by(table.c.proven_at, table.c.id)
_one = select(table).where(table.c.id == bindparam("of_id"), table.c.person_id == bindparam("person"))
_found = select(table).where(table.c.id == bindparam("of_id"))
_add = insert(table)
_update = update(table).where(table.c.id == bindparam("of_id"), table.c.version == bindparam("of_version"))
_remove = delete(table).where(table.c.id == bindparam("of_id")).returning(*table.c)
_remove_all = (
    delete(table)
    .where(table.c.person_id == bindparam("person"), table.c.method == bindparam("of_method"))
    .returning(*table.c)
)


class Enrolments:
    """Label and data are encrypted; only the method understands the data."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self.chosen = ChosenCounts(keyring)

    def of(self, tx: Connection, person_id: str) -> tuple[Enrolment, ...]:
        """Everything this person registered, the oldest first. Raises SealBroken."""
        return tuple(self._open(row) for row in tx.execute(_of, {"person": person_id}).mappings())

    def find(self, tx: Connection, enrolment_id: str) -> tuple[str, Enrolment] | None:
        """Whose this is, and what. Raises SealBroken."""
        row = tx.execute(_found, {"of_id": enrolment_id}).mappings().first()
        return None if row is None else (row["person_id"], self._open(row))

    def add(
        self,
        tx: Connection,
        person_id: str,
        method: str,
        label: str,
        data: Mapping[str, str],
        *,
        proven_at: datetime,
        usable_from: datetime,
        enrolment_id: str = "",
        counted: Sequence[str] = (),
    ) -> str:
        """Keep a new enrolment; returns its id, which is drawn here unless the method has one."""
        remember_person(tx, person_id, proven_at)
        name = enrolment_id or secrets.token_urlsafe(16)
        row: dict[str, Any] = {"id": name, "person_id": person_id, "method": method}
        row |= {"proven_at": proven_at, "usable_from": usable_from, "used_at": None, "version": 1}
        tx.execute(_add, self._sealed(row, label, data, counted))
        self.chosen.more(tx, method, counted)
        Census.changed(tx, person_id)
        return str(row["id"])

    def update(
        self,
        tx: Connection,
        person_id: str,
        enrolment_id: str,
        data: Mapping[str, str],
        *,
        at: datetime,
        expect: Mapping[str, str] | None = None,
    ) -> bool:
        """Put new data in place of `expect`; False if it is something else by now: a saved code is spent once.

        Raises SealBroken.
        """
        found = tx.execute(_one, {"of_id": enrolment_id, "person": person_id}).mappings().first()
        if found is None:
            return False
        old = self._open(found)
        if expect is not None and dict(old.data) != dict(expect):
            return False
        row = dict(found) | {"used_at": at, "version": found["version"] + 1}
        asked = {"of_id": enrolment_id, "of_version": found["version"]}
        # The version is compared by the statement itself: whoever read the same data and came later changes nothing.
        counted = self._counted(found)
        return tx.execute(_update, self._sealed(row, old.label, data, counted) | asked).rowcount == 1

    def rename(self, tx: Connection, person_id: str, enrolment_id: str, label: str) -> bool:
        """Another label; False if it is gone, or was changed meanwhile."""
        found = tx.execute(_one, {"of_id": enrolment_id, "person": person_id}).mappings().first()
        if found is None:
            return False
        row = dict(found) | {"version": found["version"] + 1}
        asked = {"of_id": enrolment_id, "of_version": found["version"]}
        sealed_anew = self._sealed(row, label, self._open(found).data, self._counted(found))
        return tx.execute(_update, sealed_anew | asked).rowcount == 1

    def remove(self, tx: Connection, enrolment_id: str) -> bool:
        """Forget one; False if it was gone already."""
        gone = tx.execute(_remove, {"of_id": enrolment_id}).mappings().first()
        if gone is not None:
            Census.changed(tx, gone["person_id"])
            self._count_off(tx, gone)
        return gone is not None

    def remove_all(self, tx: Connection, person_id: str, method: str) -> int:
        """Forget all of a method; returns how many."""
        Census.changed(tx, person_id)
        gone = tx.execute(_remove_all, {"person": person_id, "of_method": method}).mappings().all()
        for row in gone:
            self._count_off(tx, row)
        return len(gone)

    def hand_on(self, tx: Connection, person_id: str, to: str, at: datetime) -> int:
        """They are another person's from now on, sealed anew; returns how many. Raises SealBroken."""
        rows = tx.execute(_of, {"person": person_id}).mappings().all()
        if rows:
            remember_person(tx, to, at)
        for found in rows:
            old = self._open(found)
            row = dict(found) | {"person_id": to, "version": found["version"] + 1}
            asked = {"of_id": found["id"], "of_version": found["version"]}
            tx.execute(_update, self._sealed(row, old.label, old.data, self._counted(found)) | asked)
        return len(rows)

    def _count_off(self, tx: Connection, gone: RowMapping) -> None:
        # A row that somebody changed must still be removable; it counts on, which hurts nobody.
        with suppress(SealBroken):
            self.chosen.less(tx, gone["method"], self._counted(gone))

    def _counted(self, row: RowMapping) -> tuple[str, ...]:
        """What was chosen with it: sealed, because it tells what to find out about somebody."""
        return tuple(json.loads(sealed.ENROLMENT.open(self._keyring, row)).get("counted", ()))

    def _sealed(
        self, row: dict[str, Any], label: str, data: Mapping[str, str], counted: Sequence[str]
    ) -> dict[str, Any]:
        private = {"label": label, "data": dict(data), **({"counted": list(counted)} if counted else {})}
        plain = json.dumps(private).encode()
        row = row | {"sealed": sealed.ENROLMENT.seal(self._keyring, plain, row)}
        return row | {"seal": sealed.ENROLMENT_ROW.seal(self._keyring, row)}

    def _open(self, row: RowMapping) -> Enrolment:
        sealed.ENROLMENT_ROW.check(self._keyring, row)
        private = json.loads(sealed.ENROLMENT.open(self._keyring, row))
        return Enrolment(
            row["id"],
            row["method"],
            private["label"],
            private["data"],
            row["proven_at"],
            row["usable_from"],
            row["used_at"],
        )
