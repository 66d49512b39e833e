"""Secrets that are looked for where they must never be, in every dress in which they could have got there."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus

import markupsafe


@dataclass
class Canaries:
    """What is secret, by kind."""

    kept: dict[str, list[bytes]] = field(default_factory=dict)

    def add(self, kind: str, secret: str | bytes) -> str:
        """Remember one; returns it as text, to be typed."""
        raw = secret.encode() if isinstance(secret, str) else secret
        assert len(raw) >= 8, "too short to be told from chance"
        self.kept.setdefault(kind, []).append(raw)
        return raw.decode("latin-1") if isinstance(secret, bytes) else secret

    def found_in(self, where: bytes, *kinds: str) -> list[str]:
        """Which of them stand there, and how they are written. Without kinds: any."""
        return [
            f"{kind}, {dress}"
            for kind in kinds or self.kept
            for secret in self.kept[kind]
            for dress, written in dresses(secret)
            if written in where
        ]


def dresses(secret: bytes) -> Iterator[tuple[str, bytes]]:
    """The encodings in which things travel, each in the spellings that programs use."""
    yield "plain", secret
    yield "hex", secret.hex().encode()
    yield "hex", secret.hex().upper().encode()
    # Inside something longer it may begin at any of three places; the signs at its ends depend on its neighbours.
    for shift in range(3):
        plain = base64.b64encode(b"\0" * shift + secret)
        inner = plain[(0, 2, 3)[shift] : len(plain) - (0, 4, 4)[(shift + len(secret)) % 3]]
        yield "base64", inner
        yield "base64", inner.translate(bytes.maketrans(b"+/", b"-_"))
    try:
        text = secret.decode()
    except UnicodeDecodeError:
        return
    yield "UTF-16-LE", text.encode("utf-16-le")
    yield "JSON", json.dumps(text)[1:-1].encode()
    yield "JSON", json.dumps(text, ensure_ascii=False)[1:-1].encode()
    yield "JSON", json.dumps(json.dumps(text)[1:-1])[1:-1].encode()
    yield "URL", quote(text, safe="").encode()
    yield "URL", quote_plus(text).encode()
    yield "HTML", html.escape(text).encode()
    yield "HTML", str(markupsafe.escape(text)).encode()
