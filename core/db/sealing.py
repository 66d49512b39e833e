"""Keys, and what they do: encrypt a value into its place, seal a row, and stand for a name."""

from __future__ import annotations

import hmac
import os
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, bindparam, insert, select, update

from ..contracts.errors import SettingsInvalid
from .per_dialect import PerDialect
from .session import Database
from .tables import data_key, micros

Value = str | bytes | int | datetime | None

KEY_BYTES = 32
_NONCE_BYTES = 12
_VERSION_BYTES = 2


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


_all = select(data_key.c.purpose, data_key.c.version, data_key.c.wrapped).order_by(data_key.c.version)
_add = PerDialect(lambda insert_: insert_(data_key).on_conflict_do_nothing())
_add_version = insert(data_key)
_rewrap = (
    update(data_key)
    .where(data_key.c.purpose == bindparam("of_purpose"), data_key.c.version == bindparam("of_version"))
    .values(wrapped=bindparam("new_wrapped"))
)


def encode(*values: Value) -> bytes:
    """Values as bytes that no other values give: each with its kind and its length in front."""
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
            if key is not None and len(key) != KEY_BYTES:
                raise SettingsInvalid([f"the {name} must be exactly {KEY_BYTES} bytes"])
        keyring = cls(db, kek)
        with db.read() as connection:
            rows = _rows(connection)
        if _stale(rows, kek):
            with db.write() as tx:
                _bring_up_to_date(tx, kek, previous_kek)
        keyring.refresh()
        return keyring

    def refresh(self) -> None:
        """Learn of versions that another process made."""
        with self._db.read() as connection:
            rows = _rows(connection)
        found: dict[KeyPurpose, dict[bytes, _Key]] = {}
        for purpose, version, wrapped in rows:
            raw = _unwrap(self._kek, purpose, version, wrapped)
            if raw is None:
                raise SettingsInvalid([f"this key does not open the data key for {purpose}"])
            mark = version.to_bytes(_VERSION_BYTES, "big")
            found.setdefault(KeyPurpose(purpose), {})[mark] = _Key(mark, raw, AESGCM(raw))
        self._keys = {purpose: _Keys(versions[max(versions)], versions) for purpose, versions in found.items()}

    def seal(self, purpose: KeyPurpose, plain: bytes, *, table: str, column: str, row: str) -> bytes:
        """Encrypt for this place only: anywhere else it does not open."""
        key = self._keys[purpose].current
        nonce = os.urandom(_NONCE_BYTES)
        place = encode(purpose, table, column, row, key.version)
        return key.version + nonce + key.cipher.encrypt(nonce, plain, place)

    def open(self, purpose: KeyPurpose, sealed: bytes, *, table: str, column: str, row: str) -> bytes:
        """Decrypt what `seal` made for this place. Raises SealBroken."""
        key = self._version(purpose, sealed)
        if key is None:
            raise SealBroken(table)
        nonce, rest = sealed[_VERSION_BYTES:][:_NONCE_BYTES], sealed[_VERSION_BYTES + _NONCE_BYTES :]
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

    def rotate(self, db: Database, purpose: KeyPurpose) -> int:
        """Make a new version, which everything is sealed with from now on; the old ones stay readable."""
        if purpose in NEVER_ROTATED:
            raise SettingsInvalid([f"the key for {purpose} is never rotated"])
        with db.write() as tx:
            version = 1 + max(row_version for of, row_version, _ in _rows(tx) if of == purpose)
            tx.execute(_add_version, _fresh(self._kek, purpose, version))
        self.refresh()
        return version

    def current_version(self, purpose: KeyPurpose) -> bytes:
        """What stands in front of everything that is sealed for this purpose now."""
        return self._keys[purpose].current.version

    def _version(self, purpose: KeyPurpose, made: bytes) -> _Key | None:
        mark = made[:_VERSION_BYTES]
        key = self._keys[purpose].by_version.get(mark)
        if key is None and self.current_version(purpose) < mark:
            self.refresh()
            key = self._keys[purpose].by_version.get(mark)
        return key


def _mac(key: _Key, message: bytes) -> bytes:
    return key.version + hmac.digest(key.raw, message, "sha256")


def _rows(tx: Connection) -> list[tuple[str, int, bytes]]:
    return [(purpose, version, wrapped) for purpose, version, wrapped in tx.execute(_all)]


def _stale(rows: list[tuple[str, int, bytes]], kek: bytes) -> bool:
    missing = set(KeyPurpose) - {purpose for purpose, _, _ in rows}
    return bool(missing) or any(_unwrap(kek, *row) is None for row in rows)


def _bring_up_to_date(tx: Connection, kek: bytes, previous: bytes | None) -> None:
    rows = _rows(tx)
    for purpose, version, wrapped in rows:
        if _unwrap(kek, purpose, version, wrapped) is not None:
            continue
        raw = _unwrap(previous, purpose, version, wrapped) if previous is not None else None
        if raw is None:
            raise SettingsInvalid([f"this key does not open the data key for {purpose}"])
        again = {"of_purpose": purpose, "of_version": version, "new_wrapped": _wrap(kek, purpose, version, raw)}
        tx.execute(_rewrap, again)
    for purpose in set(KeyPurpose) - {purpose for purpose, _, _ in rows}:
        tx.execute(_add.on(tx), _fresh(kek, purpose, 1))


def _fresh(kek: bytes, purpose: KeyPurpose, version: int) -> dict[str, object]:
    wrapped = _wrap(kek, purpose, version, secrets.token_bytes(KEY_BYTES))
    return {"purpose": purpose.value, "version": version, "wrapped": wrapped, "created_at": datetime.now(UTC)}


def _wrap(kek: bytes, purpose: str, version: int, raw: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(kek).encrypt(nonce, raw, encode("data_key", purpose, version))


def _unwrap(kek: bytes, purpose: str, version: int, wrapped: bytes) -> bytes | None:
    try:
        return AESGCM(kek).decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], encode("data_key", purpose, version))
    except (InvalidTag, ValueError):
        return None
