"""The key of a device: how the device is called, what it signs, and what people compare when it joins."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from hashlib import sha256

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

# In front of everything that is signed: what was meant for another purpose, or another site, is nothing here.
PURPOSE = "keyback device 1"
NAME_LENGTH = 22
HALF = 32
COMPARED = 6


def name_of(key: str) -> str:
    """What the device is called: 132 bits of a digest of its public key. Raises ValueError."""
    return urlsafe_b64encode(sha256(_bytes(key)).digest()).decode()[:NAME_LENGTH]


def compared(key: str, code: str) -> str:
    """Six digits that the device shows and its owner types where they are signed in.

    They follow from this very key: another one, brought to the same code by somebody else, is never taken for it.
    """
    digest = sha256(f"{PURPOSE}\n{code}\n{key}".encode()).digest()
    return f"{int.from_bytes(digest[:8]) % 10**COMPARED:0{COMPARED}}"


def signed(key: str, words: str, signature: str, origin: str) -> bool:
    """Whether the device with this key signed these words for this site: ECDSA on P-256, as browsers write it."""
    try:
        public, halves = load_der_public_key(_bytes(key)), _bytes(signature)
        if not isinstance(public, EllipticCurvePublicKey) or not isinstance(public.curve, SECP256R1):
            return False
        if len(halves) != 2 * HALF:
            return False
        standard = encode_dss_signature(int.from_bytes(halves[:HALF]), int.from_bytes(halves[HALF:]))
        public.verify(standard, f"{PURPOSE}\n{origin}\n{words}".encode(), ECDSA(SHA256()))
    except (ValueError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _bytes(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except NotBase64 as error:
        raise ValueError("not base64") from error
