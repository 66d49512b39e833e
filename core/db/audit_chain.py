"""The chain over the event log, and the signatures under it. One process at a time does this."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Row, bindparam, select, update

from . import sealed
from .audit_content import link, signed_part
from .leases import Leases
from .per_dialect import PerDialect
from .sealing import Keyring
from .session import Database
from .tables import checkpoint, event, signing_key

BATCH = 1000
CHECKPOINT_EVERY = timedelta(seconds=60)
CHECKPOINT_RECORDS = 1000
_LEASE = timedelta(seconds=10)
_CHAINER = "chainer"
_USE = "audit"

_unchained = select(event).where(event.c.seq.is_(None)).order_by(event.c.id).limit(BATCH)
_any_unchained = select(event.c.id).where(event.c.seq.is_(None)).limit(1)
_head = select(event.c.seq, event.c.hash).where(event.c.seq.isnot(None)).order_by(event.c.seq.desc()).limit(1)
_chain = (
    update(event).where(event.c.id == bindparam("of_id")).values(seq=bindparam("its_seq"), hash=bindparam("its_hash"))
)
_last_checkpoint = select(checkpoint).order_by(checkpoint.c.seq.desc()).limit(1)
_add_checkpoint = PerDialect(lambda new: new(checkpoint).on_conflict_do_nothing().returning(checkpoint.c.seq))
_signing_key = select(signing_key).where(signing_key.c.use == _USE)
_add_signing_key = PerDialect(lambda new: new(signing_key).on_conflict_do_nothing())


class AuditChain:
    """Numbers new events, chains them, and signs where the chain stands."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._leases = Leases()
        self._holder = secrets.token_hex(8)

    def chain(self, db: Database, now: datetime) -> int:
        """Chain what is new, at most a batch; 0 when another process does it."""
        with db.read() as connection:
            if connection.scalar(_any_unchained) is None:
                return 0
        with db.write() as tx:
            # The lease elects one; its row also stays locked until the commit, so two can never number at once.
            if not self._leases.take(tx, _CHAINER, self._holder, now + _LEASE, now):
                return 0
            head = tx.execute(_head).first()
            seq, previous = (head.seq, head.hash) if head else (0, b"")
            links: list[dict[str, Any]] = []
            for row in tx.execute(_unchained).mappings():
                seq, previous = seq + 1, link(previous, seq + 1, row)
                links.append({"of_id": row["id"], "its_seq": seq, "its_hash": previous})
            if links:
                tx.execute(_chain, links)
            return len(links)

    def checkpoint(self, db: Database, now: datetime) -> bool:
        """Sign where the chain stands, at most once a minute or every thousand records; whether it did."""
        with db.read() as connection:
            head = connection.execute(_head).first()
            last = connection.execute(_last_checkpoint).first()
        if head is None or (last is not None and not _is_due(last, head.seq, now)):
            return False
        with db.write() as tx:
            key = self._key(tx, now)
            row: dict[str, Any] = {"seq": head.seq, "at": now, "hash": head.hash, "kid": _kid(key)}
            row["signature"] = key.sign(signed_part(row))
            return tx.execute(_add_checkpoint.on(tx), row).first() is not None

    def public_key(self, db: Database, now: datetime) -> bytes:
        """What checks the signatures: 32 bytes of Ed25519, derived from the sealed key and never read from a column."""
        with db.write() as tx:
            return self._key(tx, now).public_key().public_bytes_raw()

    def _key(self, tx: Connection, now: datetime) -> Ed25519PrivateKey:
        row = tx.execute(_signing_key).mappings().first()
        if row is None:
            tx.execute(_add_signing_key.on(tx), self._fresh_key(now))
            row = tx.execute(_signing_key).mappings().one()
        return Ed25519PrivateKey.from_private_bytes(sealed.SIGNING_KEY.open(self._keyring, row))

    def _fresh_key(self, now: datetime) -> dict[str, Any]:
        key = Ed25519PrivateKey.generate()
        row: dict[str, Any] = {"kid": _kid(key), "use": _USE, "created_at": now}
        return row | {"private": sealed.SIGNING_KEY.seal(self._keyring, key.private_bytes_raw(), row)}


def _is_due(last: Row[Any], head_seq: int, now: datetime) -> bool:
    new = head_seq - last.seq
    return bool(new >= CHECKPOINT_RECORDS or (new > 0 and now - last.at >= CHECKPOINT_EVERY))


def _kid(key: Ed25519PrivateKey) -> str:
    return sha256(key.public_key().public_bytes_raw()).hexdigest()[:32]
