"""Whether the event log is whole: in the database with its keys, or an export with the public key alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from heapq import merge
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Column, Select, bindparam, func, select

from .audit_content import Record, content, link, signed_part
from .columns import micros
from .sealing import KeyPurpose, Keyring
from .session import Database
from .tables import checkpoint, event

_BATCH = 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BYTES = frozenset({"details", "details_digest", "erased", "digest", "hash", "signature"})
_KIND = {"event": 0, "checkpoint": 1, "anchor": 2}

Judge = Callable[[Record], str]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a walk goes on: `reached` was asked for, `seq` is the last record that was there, with its hash."""

    reached: int = 0
    seq: int = 0
    hash: bytes = b""


class Walk:
    """Walks the log in order and keeps what is wrong with it. `judge` says what only the keys can tell."""

    def __init__(self, public_key: bytes, judge: Judge | None = None, place: Place | None = None) -> None:
        self.problems: list[str] = []
        self._public_key = Ed25519PublicKey.from_public_bytes(public_key)
        self._judge = judge
        self._seq, self._hash = (place.seq, place.hash) if place else (0, b"")

    @property
    def stands(self) -> tuple[int, bytes]:
        """The last record that it saw, and its hash."""
        return self._seq, self._hash

    def over(self, records: Iterable[Record]) -> list[str]:
        """The problems, the first bad record first."""
        for record in records:
            if record["kind"] == "event":
                self._event(record)
            else:
                self._signed(record)
        return self.problems

    def _event(self, record: Record) -> None:
        seq = record["seq"]
        if seq != self._seq + 1:
            self.problems.append(f"record {self._seq + 1} is missing")
            # What follows a gap cannot be judged by the one before; it is still judged by its own digest.
        elif link(self._hash, seq, record) != record["hash"]:
            self.problems.append(f"record {seq} is not the one that was chained")
        self.problems += [f"record {seq}: {why}" for why in self.about(record)]
        self._seq, self._hash = seq, record["hash"]

    def about(self, record: Record) -> list[str]:
        """What is wrong with one event, chained or not."""
        details, digest = record["details"], record["details_digest"]
        problems = []
        if details is not None and sha256(details).digest() != digest:
            problems.append("its details were altered")
        if details is None and digest and record["erased"] is None:
            problems.append("its details are missing and were not erased")
        said = self._judge(record) if self._judge is not None else ""
        return [*problems, said] if said else problems

    def _signed(self, record: Record) -> None:
        seq, what = record["seq"], record["kind"]
        try:
            self._public_key.verify(record["signature"], signed_part(record))
        except InvalidSignature:
            self.problems.append(f"the {what} of record {seq} has a wrong signature")
            return
        if self._seq != seq:
            self.problems.append(f"record {seq} is missing: a signed {what} names it")
        elif self._hash != record["hash"]:
            self.problems.append(f"record {seq} or one before it is not what was signed: a {what} says so")


def verify(db: Database, keyring: Keyring, public_key: bytes, anchors: Iterable[str] = ()) -> list[str]:
    """What is wrong with the log in the database; empty when it is whole."""

    walk = Walk(public_key, _judge(keyring))
    problems = walk.over(_in_order(_records(db), _anchors(anchors)))
    for row in _rows(db, _unchained, event.c.id, ""):
        problems += [f"new record {row['id']}: {why}" for why in walk.about(row)]
    return problems


def verify_part(db: Database, keyring: Keyring, public_key: bytes, place: Place, most: int) -> tuple[list[str], Place]:
    """What is wrong with the next records, by their numbers, and where to go on."""
    upto = place.reached + most
    walk = Walk(public_key, _judge(keyring), place)
    with db.read() as tx:
        asked = {"after": place.reached, "upto": upto}
        events = [{"kind": "event", **row} for row in tx.execute(_some_events, asked).mappings()]
        signed = [{"kind": "checkpoint", **row} for row in tx.execute(_some_checkpoints, asked).mappings()]
    problems = walk.over(_in_order(events, signed))
    return problems, Place(upto, *walk.stands)


def head(db: Database) -> int:
    """The highest number that a record or a signature has."""
    with db.read() as tx:
        return max(tx.scalar(newest) or 0 for newest in _heads)


def _judge(keyring: Keyring) -> Judge:
    def judge(record: Record) -> str:
        if not keyring.check_mac(KeyPurpose.AUDIT, record["digest"], "event", content(record)):
            return "was altered without the key"
        erased = record["erased"]
        if erased is not None and not keyring.check_mac(KeyPurpose.AUDIT, erased, "erased", record["id"]):
            return "its details were removed without the key"
        return ""

    return judge


def export(db: Database) -> Iterator[str]:
    """The chained log and its checkpoints, one JSON object a line; details stay sealed."""
    for record in _records(db):
        yield json.dumps({name: _shown(value) for name, value in record.items()}, sort_keys=True)


def verify_export(lines: Iterable[str], public_key: bytes, anchors: Iterable[str] = ()) -> list[str]:
    """What is wrong with an export, judged without the database and without its keys."""
    try:
        return Walk(public_key).over(_in_order(_read(lines), _anchors(anchors)))
    except (ValueError, KeyError, TypeError, AttributeError):
        return ["the export is not one of ours, or was cut in the middle of a line"]


def anchors_of(db: Database, after: int = 0) -> Iterator[str]:
    """The signed checkpoints after that record, to be kept elsewhere: truncation and roll-back show against them."""
    for row in _rows(db, _checkpoints, checkpoint.c.seq, after):
        yield json.dumps({"kind": "anchor"} | {name: _shown(value) for name, value in row.items()}, sort_keys=True)


_events = select(event).where(event.c.seq > bindparam("after")).order_by(event.c.seq).limit(_BATCH)
_unchained = (
    select(event).where(event.c.seq.is_(None), event.c.id > bindparam("after")).order_by(event.c.id).limit(_BATCH)
)
_some_events = (
    select(event).where(event.c.seq > bindparam("after"), event.c.seq <= bindparam("upto")).order_by(event.c.seq)
)
_some_checkpoints = (
    select(checkpoint)
    .where(checkpoint.c.seq > bindparam("after"), checkpoint.c.seq <= bindparam("upto"))
    .order_by(checkpoint.c.seq)
)
_heads = (select(func.max(event.c.seq)), select(func.max(checkpoint.c.seq)))
_checkpoints = select(checkpoint).where(checkpoint.c.seq > bindparam("after")).order_by(checkpoint.c.seq).limit(_BATCH)


def _records(db: Database) -> Iterator[dict[str, Any]]:
    events = ({"kind": "event"} | row for row in _rows(db, _events, event.c.seq, 0))
    checkpoints = ({"kind": "checkpoint"} | row for row in _rows(db, _checkpoints, checkpoint.c.seq, 0))
    return _in_order(events, checkpoints)


def _rows(db: Database, page: Select[Any], by: Column[Any], after: int | str) -> Iterator[dict[str, Any]]:
    # Page by page, each its own short read: the log may be long, and nobody must wait for this.
    while True:
        with db.read() as connection:
            rows = connection.execute(page, {"after": after}).mappings().all()
        yield from map(dict, rows)
        if len(rows) < _BATCH:
            return
        after = rows[-1][by.name]


def _in_order(*streams: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return merge(*streams, key=lambda record: (record["seq"], _KIND[record["kind"]]))


def _anchors(lines: Iterable[str]) -> list[dict[str, Any]]:
    return sorted(_read(lines), key=lambda record: int(record["seq"]))


def _read(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        record = json.loads(line)
        for name in _BYTES & record.keys():
            record[name] = None if record[name] is None else bytes.fromhex(record[name])
        record["at"] = _EPOCH + timedelta(microseconds=record["at"])
        yield record


def _shown(value: object) -> object:
    match value:
        case bytes():
            return value.hex()
        case datetime():
            return micros(value)
    return value
