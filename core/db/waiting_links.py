"""Accounts that were joined and do not count together yet."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, or_, select

from ..contracts.people import AccountKey
from . import sealed
from .per_dialect import PerDialect
from .sealing import Keyring, SealBroken
from .tables import waiting_link as table

_add = PerDialect(lambda insert: insert(table).on_conflict_do_nothing().returning(table.c.pseudonym))
_of = (
    select(table)
    .where(or_(table.c.person_ref == bindparam("ref"), table.c.pseudonym == bindparam("of_pseudonym")))
    .order_by(table.c.since, table.c.pseudonym)
)
_due = (
    select(table)
    .where(table.c.counts_from <= bindparam("now"))
    .order_by(table.c.counts_from, table.c.pseudonym)
    .limit(bindparam("most"))
)
_remove = delete(table).where(table.c.pseudonym == bindparam("of_pseudonym"))


@dataclass(frozen=True, slots=True)
class WaitingLink:
    """`joined` will be the person's who has `host`; `how` its owner showed that it is theirs."""

    person_ref: str
    host: AccountKey
    joined: AccountKey
    how: str
    since: datetime
    counts_from: datetime


class WaitingLinks:
    """An account waits for one person at most."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def add(self, tx: Connection, link: WaitingLink) -> bool:
        """Keep it; False if that account waits for somebody already."""
        return tx.execute(_add.on(tx), self._row(link)).first() is not None

    def of(self, tx: Connection, person_ref: str, key: AccountKey) -> tuple[WaitingLink, ...]:
        """What waits for this person, and what this account waits for. Raises SealBroken."""
        asked = {"ref": person_ref, "of_pseudonym": self._pseudonym(key)}
        return tuple(self._open(row) for row in tx.execute(_of, asked).mappings())

    def about(self, tx: Connection, ref: str) -> tuple[WaitingLink, ...]:
        """The same for a person of whom only what stands for them is known. Raises SealBroken."""
        asked = {"ref": ref, "of_pseudonym": ref}
        return tuple(self._open(row) for row in tx.execute(_of, asked).mappings())

    def due(self, tx: Connection, now: datetime, most: int) -> Sequence[WaitingLink]:
        """Those whose time has come, the longest overdue first. Raises SealBroken."""
        return [self._open(row) for row in tx.execute(_due, {"now": now, "most": most}).mappings()]

    def remove(self, tx: Connection, link: WaitingLink) -> bool:
        """It waits no more; False if it was gone already."""
        return tx.execute(_remove, {"of_pseudonym": self._pseudonym(link.joined)}).rowcount == 1

    def _pseudonym(self, key: AccountKey) -> str:
        return self._keyring.pseudonym(key.store, key.id)

    def _row(self, link: WaitingLink) -> dict[str, Any]:
        row: dict[str, Any] = {"pseudonym": self._pseudonym(link.joined), "person_ref": link.person_ref}
        row |= {"how": link.how, "since": link.since, "counts_from": link.counts_from}
        private = [[key.store, key.id] for key in (link.host, link.joined)]
        row["sealed"] = sealed.WAITING_LINK.seal(self._keyring, json.dumps(private).encode(), row)
        return row | {"seal": sealed.WAITING_LINK_ROW.seal(self._keyring, row)}

    def _open(self, row: RowMapping) -> WaitingLink:
        sealed.WAITING_LINK_ROW.check(self._keyring, row)
        host, joined = (AccountKey(*each) for each in json.loads(sealed.WAITING_LINK.open(self._keyring, row)))
        if self._pseudonym(joined) != row["pseudonym"]:
            raise SealBroken(table.name)
        return WaitingLink(row["person_ref"], host, joined, row["how"], row["since"], row["counts_from"])
