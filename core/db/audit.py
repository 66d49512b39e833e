"""The event log: written in the same transaction as what happened, never changed, only forgotten."""

from __future__ import annotations

import json
import os
import secrets
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Executable, RowMapping, bindparam, delete, insert, select, update

from ..contracts.events import Event
from . import sealed, value_json
from .audit_chain import AuditChain
from .audit_content import content
from .columns import is_set, micros
from .encoding import encode
from .per_dialect import Insert, PerDialect, one_or_all
from .sealing import KeyPurpose, Keyring, SealBroken
from .session import Database, after_commit
from .tables import event as table
from .tables import person_key

_MOST_CACHED = 10_000
_NONCE_BYTES = 12


def _keep_key(new: Insert) -> Executable:
    # The row that counts comes back whether or not somebody else was faster.
    made = new(person_key)
    same = {"name": made.excluded.name}
    return made.on_conflict_do_update(index_elements=["name"], set_=same).returning(person_key)


# `returning` makes several events one statement; without it the driver would send them one by one.
_told = select(table.c.data).where(
    table.c.recovery_id == bindparam("of_recovery"), is_set(table.c.recovery_id), table.c.name == bindparam("of_name")
)
_append = insert(table).returning(table.c.id)
_key_of = PerDialect(_keep_key)
_known_key = select(person_key).where(person_key.c.name == bindparam("of_name"))
_forget_key = delete(person_key).where(person_key.c.name == bindparam("of_name"))
_detailed = table.c.details.isnot(None)
_theirs = select(table.c.id, table.c.recovery_id, _detailed.label("detailed")).where(
    table.c.pseudonym == bindparam("person"), is_set(table.c.pseudonym)
)
_in_recoveries = select(table.c.id).where(
    _detailed, table.c.recovery_id.in_(bindparam("recoveries", expanding=True)), is_set(table.c.recovery_id)
)
_erase = update(table).where(table.c.id == bindparam("of_id")).values(details=None, erased=bindparam("erased_mark"))


class Audit:
    """Appends events, reads their details, and forgets a person."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._chain = AuditChain(keyring)
        self._person_keys: OrderedDict[str, bytes] = OrderedDict()

    def append(
        self,
        tx: Connection,
        events: Sequence[Event],
        *,
        at: datetime,
        recovery_id: str = "",
        person_id: str = "",
        details: Mapping[str, str] | None = None,
    ) -> None:
        """Record what happened. `details` are personal, and sealed under the person's own key: it can be destroyed."""
        if not events:
            return
        # Details of nobody's events share a month's key, so that they can be forgotten too.
        key_name = (person_id or f"nobody-{at:%Y-%m}") if details else ""
        key = self._person_key(tx, key_name) if details else b""
        plain = value_json.STRINGS.dump_json(dict(details)) if details else b""
        rows = []
        for number, event in enumerate(events):
            # Ids sort by time, and within one transaction by order.
            event_id = f"{micros(at):015x}{number:02x}{secrets.token_hex(8)}"
            row = {"id": event_id, "at": at, "name": event.name, "recovery_id": recovery_id, "pseudonym": person_id}
            row |= {"data": json.dumps(asdict(event), sort_keys=True), "key_name": key_name}
            rows.append(self._digested(row, _lock_up(key, plain, event_id) if key else None))
        tx.execute(_append, one_or_all(rows))

    def details(self, tx: Connection, row: RowMapping) -> Mapping[str, str] | None:
        """An event's personal details; None if it has none or they were erased. Raises SealBroken."""
        if row["details"] is None:
            return None
        found = tx.execute(_known_key, {"of_name": row["key_name"]}).mappings().first()
        if found is None:
            return None
        key = sealed.PERSON_KEY.open(self._keyring, found)
        return value_json.STRINGS.validate_json(_unlock(key, row["details"], row["id"]))

    def told(self, tx: Connection, recovery_id: str, name: str) -> list[dict[str, Any]]:
        """What the events of this name say that belong to this recovery."""
        return [json.loads(data) for data in tx.scalars(_told, {"of_recovery": recovery_id, "of_name": name})]

    def erase(self, tx: Connection, person_id: str) -> int:
        """Destroy the person's key and their events' details; the chain stays whole. Returns how many events."""
        tx.execute(_forget_key, {"of_name": person_id})
        after_commit(tx, lambda: self._forget(person_id))
        about = self._about(tx, person_id)
        marks = [{"of_id": one, "erased_mark": self._keyring.mac(KeyPurpose.AUDIT, "erased", one)} for one in about]
        if marks:
            tx.execute(_erase, marks)
        return len(marks)

    @staticmethod
    def _about(tx: Connection, person_id: str) -> set[str]:
        """The person's events with details, and those written before anybody knew whose recovery it is.

        In two statements, each with its index: as one, with OR or a join, it reads the whole log.
        """
        theirs = tx.execute(_theirs, {"person": person_id}).all()
        recoveries = {row.recovery_id for row in theirs if row.recovery_id}
        earlier = tx.scalars(_in_recoveries, {"recoveries": sorted(recoveries)}) if recoveries else ()
        return {row.id for row in theirs if row.detailed} | set(earlier)

    def chain(self, db: Database, now: datetime) -> int:
        """Number and chain what is new, unless another process does; returns how many."""
        return self._chain.chain(db, now)

    def checkpoint(self, db: Database, now: datetime) -> bool:
        """Sign where the chain stands, at most once a minute or every thousand records; whether it did."""
        return self._chain.checkpoint(db, now)

    def _digested(self, row: dict[str, Any], details: bytes | None) -> dict[str, Any]:
        row |= {"details": details, "details_digest": sha256(details).digest() if details else b""}
        # Keyed and made at once: until it is chained, nobody without the key can alter the record unseen.
        return row | {"digest": self._keyring.mac(KeyPurpose.AUDIT, "event", content(row))}

    def _person_key(self, tx: Connection, name: str) -> bytes:
        known = self._person_keys.get(name)
        if known is not None:
            return known
        row: dict[str, Any] = {"name": name}
        row["sealed"] = sealed.PERSON_KEY.seal(self._keyring, os.urandom(32), row)
        kept = tx.execute(_key_of.on(tx), row).mappings().one()
        key = sealed.PERSON_KEY.open(self._keyring, kept)
        # Not before the commit: a key that was rolled back would make later details unreadable for ever.
        after_commit(tx, lambda: self._remember(name, key))
        return key

    def _remember(self, name: str, key: bytes) -> None:
        self._person_keys[name] = key
        if len(self._person_keys) > _MOST_CACHED:
            self._person_keys.popitem(last=False)

    def _forget(self, name: str) -> None:
        self._person_keys.pop(name, None)


def _lock_up(key: bytes, plain: bytes, event_id: str) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, encode("event", "details", event_id))


def _unlock(key: bytes, details: bytes, event_id: str) -> bytes:
    nonce, rest = details[:_NONCE_BYTES], details[_NONCE_BYTES:]
    try:
        return AESGCM(key).decrypt(nonce, rest, encode("event", "details", event_id))
    except (InvalidTag, ValueError):
        raise SealBroken("event") from None
