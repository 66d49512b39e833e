"""A phone in software: it holds a device key as a browser would, and says what a test has it say."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from keyback.core import Challenge, Statement
from keyback.plugins.methods._device_key import PURPOSE, compared

from .device import text


@dataclass
class Phone:
    """What it holds, and where it can be woken."""

    origin: str = "https://reset.example.org"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    push: str = ""

    @property
    def public(self) -> str:
        return text(self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))

    @property
    def name(self) -> str:
        point = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return text(sha256(point).digest())[:22]

    def says(self, what: str, at: datetime, **words: str) -> Statement:
        """Signed as browsers sign: two halves, one behind the other."""
        said = json.dumps({"what": what, "at": str(round(at.timestamp() * 1000)), **words})
        return self.signs(said)

    def signs(self, said: str) -> Statement:
        """These very words."""
        whole = self.key.sign(f"{PURPOSE}\n{self.origin}\n{said}".encode(), ec.ECDSA(SHA256()))
        halves = b"".join(half.to_bytes(32) for half in decode_dss_signature(whole))
        return Statement(self.name, said, text(halves))

    def joins(self, code: str, at: datetime) -> Statement:
        """What it says when its owner scanned the picture."""
        return self.says("joins", at, joins_by=code, key=self.public, push=self.push)

    def approves(self, challenge: Challenge, at: datetime, **words: str) -> Statement:
        """What it says when its owner read this page and typed its number."""
        honest = {"request": challenge.secret["request"], "number": challenge.secret["number"], "decision": "approve"}
        return self.says("decides", at, **{**honest, **words})

    def joined(self, drawn: Challenge, at: datetime) -> tuple[Challenge, dict[str, str]]:
        """The challenge as the house keeps it once this phone joined, and what its owner types then."""
        code = drawn.secret["joins_by"]
        kept = {**drawn.secret, **asdict(self.joins(code, at))}
        return Challenge(drawn.prompt, drawn.lifetime, kept), {"code": compared(self.public, code)}


def subscription(endpoint: str, p256dh: str, auth: str) -> str:
    """Where a browser says that it can be woken."""
    return json.dumps({"endpoint": endpoint, "p256dh": p256dh, "auth": auth})
