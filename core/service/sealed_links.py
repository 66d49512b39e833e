"""Addresses that carry their own facts, encrypted and authenticated, so that nobody can read or make one."""

from __future__ import annotations

from base64 import b32decode, b32encode
from dataclasses import dataclass

from ..db.sealing import KeyPurpose, Keyring, SealBroken

# Longer is none of ours, and not worth decoding.
LONGEST = 400
_SEPARATOR = "\n"


@dataclass(frozen=True, slots=True)
class SealedLinks:
    """Keeps no row. `place` is one that no table has, so that nothing else that was ever sealed is such a link."""

    keyring: Keyring
    place: str

    def write(self, *facts: str) -> str:
        """The end of an address."""
        plain = _SEPARATOR.join(facts).encode()
        sealed = self.keyring.seal(KeyPurpose.FORM, plain, table=self.place, column="link", row="")
        # Letters and digits alone: a dash at its end would be lost where mail programs guess what belongs to a link.
        return b32encode(sealed).decode().rstrip("=").lower()

    def read(self, token: str) -> tuple[str, ...]:
        """The facts; none if it is none of ours."""
        if len(token) > LONGEST:
            return ()
        try:
            sealed = b32decode(token.upper() + "=" * (-len(token) % 8))
            plain = self.keyring.open(KeyPurpose.FORM, sealed, table=self.place, column="link", row="")
        except (SealBroken, ValueError):
            return ()
        return tuple(plain.decode().split(_SEPARATOR))
