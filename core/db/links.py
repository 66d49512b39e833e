"""Which accounts are one person's."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, select

from ..contracts.people import AccountKey
from . import sealed
from .per_dialect import PerDialect
from .sealing import Keyring, SealBroken
from .tables import account as table
from .tables import person

_add_person = PerDialect(lambda insert: insert(person).on_conflict_do_nothing())
_add = PerDialect(lambda insert: insert(table).on_conflict_do_nothing().returning(table.c.pseudonym))
_of_person = (
    select(table).where(table.c.person_id == bindparam("person")).order_by(table.c.linked_at, table.c.pseudonym)
)
_part = delete(table).where(table.c.pseudonym == bindparam("of_pseudonym"), table.c.person_id == bindparam("person"))
_mine = table.alias("mine")
_with_account = (
    select(table)
    .join(_mine, _mine.c.person_id == table.c.person_id)
    .where(_mine.c.pseudonym == bindparam("of_pseudonym"))
    .order_by(table.c.linked_at, table.c.pseudonym)
)


def remember_person(tx: Connection, person_id: str, at: datetime) -> None:
    """Make the person's row if there is none yet."""
    tx.execute(_add_person.on(tx), {"id": person_id, "created_at": at})


def refs_of(keyring: Keyring, person_id: str, keys: Iterable[AccountKey]) -> set[str]:
    """Every name under which rows about somebody may stand: linking gives an account another person's id."""
    return {person_id, *(keyring.pseudonym(key.store, key.id) for key in keys)}


class Links:
    """An account belongs to one person at most; nobody has a row before their first link or enrolment."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def link(self, tx: Connection, person_id: str, key: AccountKey, how: str, at: datetime) -> bool:
        """Say that this account is this person's; False if it is somebody's already."""
        remember_person(tx, person_id, at)
        pseudonym = self._keyring.pseudonym(key.store, key.id)
        row: dict[str, Any] = {"pseudonym": pseudonym, "person_id": person_id, "how": how, "linked_at": at}
        row["sealed"] = sealed.ACCOUNT.seal(self._keyring, json.dumps([key.store, key.id]).encode(), row)
        row["seal"] = sealed.ACCOUNT_ROW.seal(self._keyring, row)
        return tx.execute(_add.on(tx), row).first() is not None

    def part(self, tx: Connection, person_id: str, key: AccountKey) -> bool:
        """It is this person's no more; False if it was not."""
        asked = {"of_pseudonym": self._keyring.pseudonym(key.store, key.id), "person": person_id}
        return tx.execute(_part, asked).rowcount == 1

    def accounts_of(self, tx: Connection, person_id: str) -> tuple[AccountKey, ...]:
        """The person's accounts, the first linked first. Raises SealBroken."""
        return tuple(self._open(row) for row in tx.execute(_of_person, {"person": person_id}).mappings())

    def whose(self, tx: Connection, key: AccountKey) -> tuple[str, tuple[AccountKey, ...]]:
        """Whose account this is, and all that are theirs; one that was never linked is a person of its own.

        Raises SealBroken.
        """
        pseudonym = self._keyring.pseudonym(key.store, key.id)
        rows = tx.execute(_with_account, {"of_pseudonym": pseudonym}).mappings().all()
        if not rows:
            return pseudonym, ()
        accounts = {row["pseudonym"]: self._open(row) for row in rows}
        if accounts[pseudonym] != key:
            raise SealBroken(table.name)
        return str(rows[0]["person_id"]), tuple(accounts.values())

    def _open(self, row: RowMapping) -> AccountKey:
        sealed.ACCOUNT_ROW.check(self._keyring, row)
        return AccountKey(*json.loads(sealed.ACCOUNT.open(self._keyring, row)))
