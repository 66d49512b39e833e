"""Values as bytes that no other values give: what every seal and digest is over."""

from __future__ import annotations

from datetime import datetime

from .columns import micros

Value = str | bytes | int | datetime | None


def encode(*values: Value) -> bytes:
    """Each value with its kind and its length in front, so that no two lists of values look alike."""
    parts = []
    for value in values:
        kind, raw = _plain(value)
        parts.append(kind + len(raw).to_bytes(4, "big") + raw)
    return b"".join(parts)


def _plain(value: Value) -> tuple[bytes, bytes]:
    if value is None:
        return b"n", b""
    if isinstance(value, str):
        return b"s", value.encode("utf-8", "surrogatepass")
    if isinstance(value, bytes):
        return b"b", value
    if isinstance(value, datetime):
        value = micros(value)
    return b"i", str(int(value)).encode()
