"""What years of use leave in the event log: resets, one after another, chained and signed as the program does it."""

from __future__ import annotations

import hmac
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from past import STORE, YEAR, Past, Row

from keyback.core.contracts import events
from keyback.core.contracts.events import Event
from keyback.core.db.audit_chain import CHECKPOINT_RECORDS, AuditChain, _kid
from keyback.core.db.audit_content import content, link, signed_part
from keyback.core.db.columns import EPOCH, TICK, micros
from keyback.core.db.encoding import encode
from keyback.core.db.sealing import KeyPurpose
from keyback.core.db.session import Database

# What one reset writes, as the program's own events and in their order.
_RESET: tuple[Event, ...] = (
    events.RecoveryStarted("reset", ""),
    events.PersonFound((STORE,), "everybody"),
    events.MethodPicked("email"),
    events.MessageSent("email", "smtp"),
    events.ProofGiven("email", enough=True),
    events.PasswordIntended((STORE,)),
    events.PasswordSet(STORE),
    events.NoticeSent("account_notice", "password.set"),
)
_SAID = tuple((event.name, json.dumps(asdict(event), sort_keys=True)) for event in _RESET)
_QUOTED = tuple(json.dumps(data) for _, data in _SAID)
# The name that was typed is with the first, when nobody knows yet whose it is, and with the second. The chain is over
# the digest of what is sealed, so what stands here opens nothing and weighs the same.
_DETAILED, _SEALED_BYTES = 2, 51


@dataclass
class Log:
    """The last year's events of these people. `checkpoints` are of what `events` has chained.

    Ten million digests by the program's own functions take half an hour: they are made here of the same bytes, more
    directly, and compared with the program's for the first resets. `keyback audit verify` judges all of them.
    """

    past: Past
    database: Database
    _stands: list[tuple[int, datetime, bytes]] = field(default_factory=list)

    def events(self, count: int, *, chained: bool = True) -> Iterator[Row]:
        """As pages and jobs append them, numbered and chained from the first record on unless it is left to others."""
        key = self.past.keyring._keys[KeyPurpose.AUDIT].current
        head, previous = encode("event"), b""
        for number, (row, said) in enumerate(self._said(count), 1):
            row["digest"] = key.version + hmac.digest(key.raw, head + b"b" + _long(said), "sha256")
            hashed = encode(previous, number, row["digest"]) + b"b" + _long(said)
            made = sha256(hashed).digest()
            if number <= len(_RESET):
                assert (said, made) == (content(row), link(previous, number, row))
            if chained:
                row["seq"], row["hash"], previous = number, made, made
                if number % CHECKPOINT_RECORDS == 0:
                    self._stands.append((number, row["at"], made))
            yield row

    def checkpoints(self) -> Iterator[Row]:
        """Every thousand records."""
        with self.database.write() as tx:
            key = AuditChain(self.past.keyring)._key(tx, self.past.now)
        for seq, at, chained in self._stands:
            row: dict[str, Any] = {"seq": seq, "at": at, "hash": chained, "kid": _kid(key)}
            yield row | {"signature": key.sign(signed_part(row))}

    def _said(self, count: int) -> Iterator[tuple[Row, bytes]]:
        """Each event, and what its digests are over."""
        pause, now = (YEAR / max(1, count)) // TICK, micros(self.past.now)
        for number in range(count):
            which, at = number % len(_RESET), now - pause * (count - number)
            if which == 0:
                # Far apart in the order of people, as they come.
                recovery_id, ref = os.urandom(16).hex(), self.past.ref(number // len(_RESET) * 7919)
            row: Row = {"id": f"{at:015x}{which:02x}{os.urandom(8).hex()}", "at": EPOCH + at * TICK}
            row["name"], row["data"] = _SAID[which]
            row["recovery_id"], row["pseudonym"] = recovery_id, ref if 0 < which < len(_RESET) - 1 else ""
            row["key_name"] = "" if which >= _DETAILED else ref if which else f"nobody-{row['at']:%Y-%m}"
            row["details"] = details = os.urandom(_SEALED_BYTES) if which < _DETAILED else None
            row["details_digest"] = sha256(details).digest() if details else b""
            row["erased"] = row["seq"] = row["hash"] = None
            yield row, _content(row, at, _QUOTED[which])


def _content(row: Row, at: int, data: str) -> bytes:
    clear = f'"id":"{row["id"]}","key_name":"{row["key_name"]}","name":"{row["name"]}"'
    whose = f'"pseudonym":"{row["pseudonym"]}","recovery_id":"{row["recovery_id"]}"'
    return f'{{"at":{at},"data":{data},"details_digest":"{row["details_digest"].hex()}",{clear},{whose}}}'.encode()


def _long(raw: bytes) -> bytes:
    return len(raw).to_bytes(4, "big") + raw
