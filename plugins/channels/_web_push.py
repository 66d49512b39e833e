"""What push services ask for: a body that only the browser can read (RFC 8291), and a signed ticket (RFC 8292)."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SALT_BYTES = 16
# One record holds everything; the standard asks for no more than this (RFC 8291, 4).
RECORD = 4096
LAST_RECORD = b"\x02"
TICKET_GOOD_FOR = timedelta(hours=12)


def to_text(value: bytes) -> str:
    """Base64 for addresses, without padding."""
    return urlsafe_b64encode(value).decode().rstrip("=")


def to_bytes(text: str) -> bytes:
    """The other way. Raises ValueError."""
    return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))


def point(public: EllipticCurvePublicKey) -> bytes:
    """The public key as browsers write it."""
    return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def encrypted(plain: bytes, p256dh: bytes, auth: bytes, *, once: EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """The body, in the coding "aes128gcm" (RFC 8188). `once` and `salt` are fresh each time. Raises ValueError."""
    theirs = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), p256dh)
    ours = point(once.public_key())
    shared = _derived(once.exchange(ECDH(), theirs), auth, b"WebPush: info\x00" + p256dh + ours, 32)
    key = _derived(shared, salt, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derived(shared, salt, b"Content-Encoding: nonce\x00", 12)
    header = salt + RECORD.to_bytes(4) + bytes([len(ours)]) + ours
    return header + AESGCM(key).encrypt(nonce, plain + LAST_RECORD, None)


def ticket(private: EllipticCurvePrivateKey, audience: str, contact: str, now: datetime) -> str:
    """Who sends, to which push service, and whom it may ask: the header that says so."""
    said = {"aud": audience, "exp": int((now + TICKET_GOOD_FOR).timestamp()), "sub": contact}
    head, claims = (to_text(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "ES256"}, said))
    halves = decode_dss_signature(private.sign(f"{head}.{claims}".encode(), ECDSA(SHA256())))
    signature = to_text(b"".join(half.to_bytes(32) for half in halves))
    return f"vapid t={head}.{claims}.{signature}, k={to_text(point(private.public_key()))}"


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(secret)
