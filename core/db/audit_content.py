"""What the digests, the chain and the signatures of the event log are made of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from sqlalchemy import RowMapping

from .columns import micros
from .encoding import encode

Record = Mapping[str, Any] | RowMapping

_CLEAR = ("id", "name", "recovery_id", "pseudonym", "data", "key_name")


def content(record: Record) -> bytes:
    """Everything about an event; its details by their own digest, so that they can be erased."""
    clear = {name: record[name] for name in _CLEAR}
    clear |= {"at": micros(record["at"]), "details_digest": record["details_digest"].hex()}
    return json.dumps(clear, sort_keys=True, separators=(",", ":")).encode()


def link(previous: bytes, seq: int, record: Record) -> bytes:
    """The event's hash in the chain: over the one before, its number, its keyed digest, and what anybody can check."""
    return sha256(encode(previous, seq, record["digest"], content(record))).digest()


def signed_part(record: Record) -> bytes:
    """What a checkpoint's signature is over."""
    return encode("keyback checkpoint", record["seq"], record["at"], record["hash"], record["kid"])
