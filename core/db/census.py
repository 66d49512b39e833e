"""Who is in the directories, and what each has: counted by combination, so that rules are judged for a million people
by judging what a few hundred have."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Executable, RowMapping, bindparam, delete, select, update

from ..contracts.people import AccountKey
from ..recovery.reach import Having
from . import sealed, value_json
from .census_tables import census_having as having_table
from .census_tables import census_person as table
from .columns import EPOCH
from .per_dialect import Insert, PerDialect, one_or_all
from .sealing import Keyring


def _put(new: Insert) -> Executable:
    made = new(table)
    changed = {name: made.excluded[name] for name in ("person_ref", "having", "round", "look_at", "sealed")}
    return made.on_conflict_do_update(index_elements=["pseudonym"], set_=changed)


_put_one = PerDialect(_put)
_add_having = PerDialect(lambda new: new(having_table).on_conflict_do_nothing())
_known = select(table.c.pseudonym, table.c.having).where(table.c.pseudonym.in_(bindparam("these", expanding=True)))
_count = (
    update(having_table)
    .where(having_table.c.digest == bindparam("of_digest"))
    .values(people=having_table.c.people + bindparam("more"))
)
_havings = select(having_table).where(having_table.c.people > 0)
_people = (
    select(table)
    .where(table.c.having == bindparam("of_having"), table.c.pseudonym > bindparam("after"))
    .order_by(table.c.pseudonym)
    .limit(bindparam("most"))
)
_walk = select(table).where(table.c.pseudonym > bindparam("after")).order_by(table.c.pseudonym).limit(bindparam("most"))
_some = select(table).where(table.c.pseudonym.in_(bindparam("these", expanding=True)))
_due = (
    select(table)
    .where(table.c.look_at <= bindparam("now", type_=table.c.look_at.type), table.c.look_at.isnot(None))
    .order_by(table.c.look_at)
    .limit(bindparam("most"))
)
_older = (
    select(table.c.pseudonym, table.c.having)
    .where(table.c.store == bindparam("of_store"), table.c.round < bindparam("of_round"))
    .limit(bindparam("most"))
)
_remove = delete(table).where(table.c.pseudonym.in_(bindparam("these", expanding=True)))
_changed = (
    update(table)
    .where(table.c.person_ref == bindparam("of_person"))
    .values(look_at=bindparam("at", type_=table.c.look_at.type))
)


@dataclass(frozen=True, slots=True)
class Counted:
    """One person, by the account that stands for them. `look_at`: when what they have changes by itself."""

    key: AccountKey
    person_ref: str
    name: str = field(repr=False)
    having: Having
    look_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of everybody: pseudonym, account and name of those who were looked for; where it ends, and whether
    nobody comes after it."""

    found: tuple[tuple[str, AccountKey, str], ...] = field(repr=False)
    last: str
    over: bool


class Census:
    """Names are encrypted, and so is what people have: it tells by which ways somebody would be robbed."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def put(self, tx: Connection, number: int, people: Sequence[Counted]) -> None:
        """Keep these as they were seen in this round, in place of what was known of them."""
        rows = {row["pseudonym"]: row for row in (self._row(number, one) for one in people)}
        if not rows:
            return
        havings = {row["having"]: one.having for row, one in zip(rows.values(), people, strict=True)}
        before = {row.pseudonym: row.having for row in tx.execute(_known, {"these": list(rows)})}
        changes = Counter(row["having"] for row in rows.values())
        changes.subtract(before.values())
        self._add_havings(tx, havings)
        tx.execute(_put_one.on(tx), one_or_all(list(rows.values())))
        self._count(tx, changes)

    def remove_older(self, tx: Connection, store: str, number: int, most: int) -> int:
        """Forget people of the store whom this round did not see, so many at once; returns how many."""
        return self._remove(tx, tx.execute(_older, {"of_store": store, "of_round": number, "most": most}).all())

    def remove(self, tx: Connection, key: AccountKey) -> int:
        """Forget this one."""
        return self._remove(tx, tx.execute(_known, {"these": [self._keyring.pseudonym(key.store, key.id)]}).all())

    def havings(self, tx: Connection) -> Mapping[str, tuple[Having, int]]:
        """What people have, each with how many they are. Raises SealBroken."""
        return {
            row["digest"]: (
                value_json.HAVING.validate_json(sealed.CENSUS_HAVING.open(self._keyring, row)),
                row["people"],
            )
            for row in tx.execute(_havings).mappings()
        }

    def people(self, tx: Connection, digest: str, after: str, most: int) -> Sequence[tuple[str, AccountKey, str]]:
        """Some of those who have this, in the order of their pseudonyms, with account and name. Raises SealBroken."""
        asked = {"of_having": digest, "after": after, "most": most}
        rows = tx.execute(_people, asked).mappings()
        return [(row["pseudonym"], *self._open(row)) for row in rows]

    def walk(self, tx: Connection, digests: Container[str], after: str, most: int) -> Page:
        """The next so many rows, in the order of their pseudonyms: who of them has one of these. Raises SealBroken."""
        rows = tx.execute(_walk, {"after": after, "most": most}).mappings().all()
        found = tuple((row["pseudonym"], *self._open(row)) for row in rows if row["having"] in digests)
        return Page(found, rows[-1]["pseudonym"] if rows else after, len(rows) < most)

    def some(self, tx: Connection, pseudonyms: Sequence[str]) -> Mapping[str, tuple[AccountKey, str]]:
        """The accounts and names of those of them who are counted. Raises SealBroken."""
        rows = tx.execute(_some, {"these": list(pseudonyms)}).mappings()
        return {row["pseudonym"]: self._open(row) for row in rows}

    def due(self, tx: Connection, now: datetime, most: int) -> Sequence[tuple[AccountKey, int]]:
        """Whose entry is to be looked at again, and in which round it was seen. Raises SealBroken."""
        rows = tx.execute(_due, {"now": now, "most": most}).mappings()
        return [(self._open(row)[0], row["round"]) for row in rows]

    @staticmethod
    def changed(tx: Connection, person_ref: str) -> None:
        """What this person has is something else by now."""
        tx.execute(_changed, {"of_person": person_ref, "at": EPOCH})

    def _remove(self, tx: Connection, rows: Sequence[Any]) -> int:
        if rows:
            tx.execute(_remove, {"these": [row.pseudonym for row in rows]})
            changes: Counter[str] = Counter()
            changes.subtract(row.having for row in rows)
            self._count(tx, changes)
        return len(rows)

    def _add_havings(self, tx: Connection, havings: Mapping[str, Having]) -> None:
        rows = []
        for digest, having in sorted(havings.items()):
            row: dict[str, Any] = {"digest": digest, "people": 0}
            row["sealed"] = sealed.CENSUS_HAVING.seal(self._keyring, value_json.HAVING.dump_json(having), row)
            rows.append(row)
        tx.execute(_add_having.on(tx), one_or_all(rows))

    @staticmethod
    def _count(tx: Connection, changes: Counter[str]) -> None:
        # Always in the same order, so that two who count never wait for one another in a circle.
        rows = [{"of_digest": digest, "more": more} for digest, more in sorted(changes.items()) if more]
        if rows:
            tx.execute(_count, rows)

    def _row(self, number: int, one: Counted) -> dict[str, Any]:
        # By a key that never rotates: whoever reads the table learns only that two people have the same.
        digest = self._keyring.pseudonym("having", value_json.HAVING.dump_json(one.having).decode())
        row: dict[str, Any] = {
            "pseudonym": self._keyring.pseudonym(one.key.store, one.key.id),
            "person_ref": one.person_ref,
            "store": one.key.store,
            "having": digest,
            "round": number,
            "look_at": one.look_at,
        }
        plain = json.dumps([one.key.store, one.key.id, one.name]).encode()
        return row | {"sealed": sealed.CENSUS_PERSON.seal(self._keyring, plain, row)}

    def _open(self, row: RowMapping) -> tuple[AccountKey, str]:
        store, number, name = json.loads(sealed.CENSUS_PERSON.open(self._keyring, row))
        return AccountKey(store, number), name
