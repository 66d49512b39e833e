"""A phone or a security key in software: makes passkeys (ES256) and signs with them, honestly or as a test wants."""

from __future__ import annotations

import json
import os
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from cbor2 import dumps
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, ATTESTED = 1, 4, 8, 16, 64
HONEST = PRESENT | VERIFIED


def text(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")


def raw(value: str) -> bytes:
    return urlsafe_b64decode(value + "===")


@dataclass
class Device:
    """What it holds and how often it has signed. `origin` is the page that asks it."""

    origin: str = "https://reset.example.org"
    id: bytes = field(default_factory=lambda: os.urandom(16))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    user: bytes | None = None
    count: int = 0
    flags: int = HONEST
    # Put over what an honest browser says of the page.
    client: Mapping[str, Any] = field(default_factory=dict)
    site: str = ""
    algorithm: int = -7

    def make(self, options: str, maker: Maker | None = None) -> str:
        """A passkey, as the page's script sends it."""
        asked = json.loads(options)
        self.user = raw(asked["user"]["id"])
        client = self._client("webauthn.create", asked["challenge"])
        point = self.key.public_key().public_numbers()
        public = dumps({1: 2, 3: self.algorithm, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)})
        held = bytes(16) + struct.pack(">H", len(self.id)) + self.id + public
        data = self._data(asked["rp"]["id"], self.flags | ATTESTED) + held
        statement = maker.vouches(data, client) if maker else {}
        object_ = dumps({"fmt": "packed" if maker else "none", "attStmt": statement, "authData": data})
        return self._said({"clientDataJSON": text(client), "attestationObject": text(object_), "transports": ["usb"]})

    def sign(self, options: str) -> str:
        """An answer to this challenge, as the page's script sends it."""
        asked = json.loads(options)
        self.count += 1
        client = self._client("webauthn.get", asked["challenge"])
        data = self._data(asked["rpId"], self.flags)
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(SHA256()))
        parts = {"clientDataJSON": client, "authenticatorData": data, "signature": signature}
        if self.user is not None:
            parts["userHandle"] = self.user
        return self._said({name: text(part) for name, part in parts.items()})

    def _client(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False, **self.client}
        return json.dumps(said).encode()

    def _data(self, site: str, flags: int) -> bytes:
        return sha256((self.site or site).encode()).digest() + struct.pack(">BI", flags, self.count)

    def _said(self, response: Mapping[str, object]) -> str:
        name = text(self.id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})


class Maker:
    """Somebody who builds devices, and a certificate that says so."""

    def __init__(self, country: str = "AT") -> None:
        self._root, self._key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Pretend maker's root")])
        parts = (
            (NameOID.COUNTRY_NAME, country), (NameOID.ORGANIZATION_NAME, "Pretend maker"),
            (NameOID.ORGANIZATIONAL_UNIT_NAME, "Authenticator Attestation"), (NameOID.COMMON_NAME, "Model 1"),
        )  # fmt: skip
        self.root = self._certificate(self._name, self._root, authority=True)
        name = x509.Name([x509.NameAttribute(kind, value) for kind, value in parts])
        self.leaf = self._certificate(name, self._key, authority=False)

    def _certificate(self, name: x509.Name, key: ec.EllipticCurvePrivateKey, *, authority: bool) -> x509.Certificate:
        now = datetime.now(UTC)
        about = x509.CertificateBuilder(issuer_name=self._name, subject_name=name, public_key=key.public_key())
        about = about.serial_number(x509.random_serial_number())
        about = about.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=9))
        about = about.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        return about.sign(self._root, SHA256())

    def vouches(self, data: bytes, client: bytes) -> dict[str, object]:
        """The statement that its device makes about a passkey."""
        from cryptography.hazmat.primitives.serialization import Encoding

        signature = self._key.sign(data + sha256(client).digest(), ec.ECDSA(SHA256()))
        return {"alg": -7, "sig": signature, "x5c": [self.leaf.public_bytes(Encoding.DER)]}
