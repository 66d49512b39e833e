"""A browser's push service, and the browser behind it: it takes only what the standards allow, and reads it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from os import urandom
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from .device import raw, text
from .http_sink import Asked, HttpSink
from .phone import subscription


def point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@dataclass
class Browser:
    """What a browser keeps of a subscription: nobody else can read what is sent to it."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = field(default_factory=lambda: urandom(16))

    @property
    def subscription(self) -> str:
        return subscription(self.endpoint, text(point(self.key)), text(self.auth))

    def reads(self, body: bytes) -> str:
        """RFC 8291 from the receiver's side; raises for what is not for this browser."""
        salt, size, length = body[:16], int.from_bytes(body[16:20]), body[20]
        theirs, sealed = body[21 : 21 + length], body[21 + length :]
        assert len(body) <= 4096
        assert 18 <= len(sealed) <= size
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs))
        secret = _hkdf(self.auth, shared, b"WebPush: info\0" + point(self.key) + theirs, 32)
        key = _hkdf(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
        plain = AESGCM(key).decrypt(_hkdf(salt, secret, b"Content-Encoding: nonce\0", 12), sealed, None)
        words, mark, padding = plain.rpartition(b"\x02")
        assert mark
        assert not padding.strip(b"\0")
        return words.decode()


class PushService(HttpSink):
    """Takes what Keyback sends, over https, and judges it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.host = f"localhost:{self.port}"

    def subscribed(self, name: str = "first") -> Browser:
        """Somebody's browser, with an address here."""
        return Browser(f"https://{self.host}/push/{name}")

    def judged(self, asked: Asked, key: str, now: datetime) -> None:
        """As strict as the standards: RFC 8030 (5), RFC 8291 (4) and RFC 8292 (2, 3)."""
        assert asked.verb == "POST"
        assert asked.headers["Content-Encoding"] == "aes128gcm"
        assert 0 < int(asked.headers["TTL"]) <= 3600
        assert asked.headers["Urgency"] in {"very-low", "low", "normal", "high"}
        scheme, _, rest = asked.headers["Authorization"].partition(" ")
        said = dict(part.strip().split("=", 1) for part in rest.split(","))
        assert (scheme, said["k"]) == ("vapid", key)
        whole = raw(said["k"])
        public = ECKey.import_key({"kty": "EC", "crv": "P-256", "x": text(whole[1:33]), "y": text(whole[33:])})
        token = jwt.decode(said["t"], public, algorithms=["ES256"])
        assert token.header == {"typ": "JWT", "alg": "ES256"}
        assert token.claims["aud"] == f"https://{self.host}"
        assert now < datetime.fromtimestamp(token.claims["exp"], UTC) <= now + timedelta(hours=24)
        assert urlsplit(token.claims["sub"]).scheme in {"mailto", "https"}


def several(*browsers: Browser) -> str:
    """Where a message for all of them goes."""
    return json.dumps([json.loads(browser.subscription) for browser in browsers])


def _hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(secret)
