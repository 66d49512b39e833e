"""The link in a notice: it can stop self-service for the one person the notice was for, and do nothing else."""

from __future__ import annotations

from base64 import b32decode, b32encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ..db.sealing import KeyPurpose, Keyring, SealBroken
from .surroundings import Surroundings

GOOD_FOR = timedelta(days=7)
PATH = "/wasnt-me/"
# Longer is none of ours, and not worth decoding.
LONGEST = 400
_SEPARATOR = "\n"


@dataclass(frozen=True, slots=True)
class Told:
    """What a link stands for: whom a notice was for, about which event of which recovery, and when that happened."""

    person_id: str
    recovery_id: str
    about: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class NoticeLinks:
    """Keeps no row: a link carries its own facts, encrypted and authenticated, so nobody can read or make one."""

    keyring: Keyring
    around: Surroundings

    def link(self, told: Told) -> str:
        """The address of the page."""
        facts = (str(int(told.at.timestamp())), told.recovery_id, told.person_id, told.about)
        sealed = self._seal(_SEPARATOR.join(facts).encode())
        # Letters and digits alone: a dash at its end would be lost where mail programs guess what belongs to a link.
        return f"{self.around.origin}{PATH}{b32encode(sealed).decode().rstrip('=').lower()}"

    def read(self, token: str) -> Told | None:
        """What it stands for; None if it is none of ours or too old, and nobody learns which."""
        if len(token) > LONGEST:
            return None
        try:
            at, recovery_id, person_id, about = self._open(_decoded(token)).decode().split(_SEPARATOR)
        except (SealBroken, ValueError):
            return None
        told = Told(person_id, recovery_id, about, datetime.fromtimestamp(int(at), UTC))
        return told if self.around.now() < told.at + GOOD_FOR else None

    def _seal(self, plain: bytes) -> bytes:
        # Bound to a place that no table has, so that nothing else that was ever sealed is a link.
        return self.keyring.seal(KeyPurpose.FORM, plain, table="wasnt_me", column="link", row="")

    def _open(self, sealed: bytes) -> bytes:
        return self.keyring.open(KeyPurpose.FORM, sealed, table="wasnt_me", column="link", row="")


def _decoded(token: str) -> bytes:
    """Raises ValueError."""
    return b32decode(token.upper() + "=" * (-len(token) % 8))
