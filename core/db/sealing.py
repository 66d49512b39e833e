"""Keys, and what they do: encrypt a value into its place, seal a row, and stand for a name."""

from __future__ import annotations

import hmac
import os
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ..contracts.errors import SettingsInvalid
from . import data_keys
from .encoding import Value, encode
from .session import Database

NONCE_BYTES = 12
VERSION_BYTES = 2


class KeyPurpose(StrEnum):
    """What a data key is for; losing one says nothing about the others."""

    RECOVERY = "recovery"
    CONTACT = "contact"
    SETTINGS = "settings"
    AUDIT = "audit"
    PSEUDONYM = "pseudonym"
    PEPPER = "pepper"
    SEAL = "seal"
    COOKIE = "cookie"
    FORM = "form"
    JOB = "job"
    DECOY = "decoy"
    SESSION = "session"


# A new pseudonym would be a new person, new decoys would show which people are real.
NEVER_ROTATED = frozenset({KeyPurpose.PSEUDONYM, KeyPurpose.DECOY})


class SealBroken(Exception):
    """A row was written or moved by somebody without the key. It is refused, not used."""

    def __init__(self, table: str) -> None:
        super().__init__(f"a row of {table} was changed without the key")
        self.table = table


@dataclass(frozen=True, slots=True, repr=False)
class _Key:
    """One version of one purpose's key."""

    version: bytes
    raw: bytes
    cipher: AESGCM


@dataclass(frozen=True, slots=True, repr=False)
class _Keys:
    """Every version of one purpose's key."""

    current: _Key
    by_version: Mapping[bytes, _Key]


class Keyring:
    """The unwrapped data keys. The key that wraps them lives outside the database."""

    def __init__(self, db: Database, kek: bytes) -> None:
        self._db = db
        self._kek = kek
        self._keys: dict[KeyPurpose, _Keys] = {}

    @classmethod
    def load(cls, db: Database, kek: bytes, previous_kek: bytes | None = None) -> Keyring:
        """Unwrap every data key and make those that are missing. Raises SettingsInvalid for a wrong key."""
        for name, key in (("key", kek), ("previous key", previous_kek)):
            if key is not None and len(key) != data_keys.KEY_BYTES:
                raise SettingsInvalid([f"the {name} must be exactly {data_keys.KEY_BYTES} bytes"])
        with db.read() as connection:
            found = data_keys.rows(connection)
        if not data_keys.up_to_date(found, kek, KeyPurpose):
            with db.write() as tx:
                data_keys.bring_up_to_date(tx, kek, previous_kek, KeyPurpose)
        keyring = cls(db, kek)
        keyring.refresh()
        return keyring

    def refresh(self) -> None:
        """Learn of versions that another process made. Raises SettingsInvalid."""
        with self._db.read() as connection:
            found = data_keys.rows(connection)
        versions: dict[KeyPurpose, dict[bytes, _Key]] = {}
        for row in found:
            purpose, version, _ = row
            raw, mark = data_keys.unwrap(self._kek, row), version.to_bytes(VERSION_BYTES, "big")
            versions.setdefault(KeyPurpose(purpose), {})[mark] = _Key(mark, raw, AESGCM(raw))
        self._keys = {purpose: _Keys(those[max(those)], those) for purpose, those in versions.items()}

    def rotate(self, purpose: KeyPurpose) -> int:
        """Make a new version, which everything is sealed with from now on; the old ones stay readable."""
        if purpose in NEVER_ROTATED:
            raise SettingsInvalid([f"the key for {purpose} is never rotated"])
        with self._db.write() as tx:
            version = data_keys.add_version(tx, self._kek, purpose.value)
        self.refresh()
        return version

    def seal(self, purpose: KeyPurpose, plain: bytes, *, table: str, column: str, row: str) -> bytes:
        """Encrypt for this place only: anywhere else it does not open."""
        key = self._keys[purpose].current
        nonce = os.urandom(NONCE_BYTES)
        place = encode(purpose, table, column, row, key.version)
        return key.version + nonce + key.cipher.encrypt(nonce, plain, place)

    def open(self, purpose: KeyPurpose, sealed: bytes, *, table: str, column: str, row: str) -> bytes:
        """Decrypt what `seal` made for this place. Raises SealBroken."""
        key = self._version(purpose, sealed)
        if key is None:
            raise SealBroken(table)
        nonce, rest = sealed[VERSION_BYTES:][:NONCE_BYTES], sealed[VERSION_BYTES + NONCE_BYTES :]
        try:
            return key.cipher.decrypt(nonce, rest, encode(purpose, table, column, row, key.version))
        except (InvalidTag, ValueError):
            raise SealBroken(table) from None

    def mac(self, purpose: KeyPurpose, *parts: str | bytes) -> bytes:
        """A keyed digest with its key's version in front; equal parts give equal digests until the key is rotated."""
        return _mac(self._keys[purpose].current, encode(*parts))

    def check_mac(self, purpose: KeyPurpose, given: bytes, *parts: str | bytes) -> bool:
        """Whether `mac` made this of these parts, with whichever version of the key."""
        key = self._version(purpose, given)
        return key is not None and hmac.compare_digest(_mac(key, encode(*parts)), given)

    def row_seal(self, table: str, *values: Value) -> bytes:
        """What proves that a row was written by somebody with the key."""
        return _mac(self._keys[KeyPurpose.SEAL].current, encode(table, *values))

    def check_row(self, table: str, seal: bytes, *values: Value) -> None:
        """Raise SealBroken unless `row_seal` made this seal of these values."""
        key = self._version(KeyPurpose.SEAL, seal)
        if key is None or not hmac.compare_digest(_mac(key, encode(table, *values)), seal):
            raise SealBroken(table)

    def pseudonym(self, store: str, account_id: str) -> str:
        """What stands for an account everywhere outside its directory: 27 characters, safe in a URL."""
        key = self._keys[KeyPurpose.PSEUDONYM].current
        digest = hmac.digest(key.raw, encode(store, account_id), "sha256")
        return urlsafe_b64encode(digest[:20]).rstrip(b"=").decode()

    def _version(self, purpose: KeyPurpose, made: bytes) -> _Key | None:
        mark = made[:VERSION_BYTES]
        key = self._keys[purpose].by_version.get(mark)
        if key is None and self._keys[purpose].current.version < mark:
            self.refresh()
            key = self._keys[purpose].by_version.get(mark)
        return key


def _mac(key: _Key, message: bytes) -> bytes:
    return key.version + hmac.digest(key.raw, message, "sha256")
