"""People on their way to the company's identity provider and back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from . import sealed
from .purge import Purge
from .sealing import Keyring
from .tables import sign_in as table


@dataclass(frozen=True, slots=True)
class Departure:
    """What must come back as it was sent. `ends`: the session that this sign-in takes the place of; `joins`: it does
    not, and shows that session's owner to have a second account.

    `state` goes by every address bar on the way, so the row keeps only its digest.
    """

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    left_at: datetime
    expires_at: datetime
    to: str = "/"
    fresh: bool = False
    ends: str = field(default="", repr=False)
    joins: bool = False


_DEPARTURE: TypeAdapter[Departure] = TypeAdapter(Departure)
_insert = insert(table)
_of_browser = select(table).where(table.c.browser == bindparam("of_browser"))
_take = (
    delete(table)
    .where(table.c.state == bindparam("of_state"), table.c.browser == bindparam("of_browser"))
    .returning(*table.c)
)
_hand_on = update(table).where(table.c.state == bindparam("of_state"))
_purge = Purge(table.c.state, table.c.expires_at <= bindparam("now"), oldest=table.c.expires_at)


class SignIns:
    """Each is bound to the browser that set out, and good once."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def put(self, tx: Connection, browser: str, departure: Departure) -> None:
        """Keep it; `browser` is the value of that browser's cookie."""
        tx.execute(_insert, self._row(digest(browser), departure))

    def take(self, tx: Connection, browser: str, state: str) -> Departure | None:
        """What this browser set out with: the first to ask gets it, and nobody after. Raises SealBroken."""
        asked = {"of_state": digest(state), "of_browser": digest(browser)}
        row = tx.execute(_take, asked).mappings().first()
        if row is None:
            return None
        return _DEPARTURE.validate_json(sealed.SIGN_IN.open(self._keyring, row))

    def hand_on(self, tx: Connection, old: str, new: str) -> None:
        """This browser's cookie was renewed: what its other tabs set out with is still theirs. Raises SealBroken."""
        for row in tx.execute(_of_browser, {"of_browser": digest(old)}).mappings().all():
            departure = _DEPARTURE.validate_json(sealed.SIGN_IN.open(self._keyring, row))
            tx.execute(_hand_on, self._row(digest(new), departure) | {"of_state": row["state"]})

    def purge(self, tx: Connection, now: datetime, limit: int = 500) -> int:
        """Forget those that nobody came back from in time; returns how many."""
        return _purge(tx, limit, now=now)

    def _row(self, browser: str, departure: Departure) -> dict[str, Any]:
        row: dict[str, Any] = {"state": digest(departure.state), "browser": browser}
        row["expires_at"] = departure.expires_at
        return row | {"sealed": sealed.SIGN_IN.seal(self._keyring, _DEPARTURE.dump_json(departure), row)}


def digest(secret: str) -> str:
    """What a row keeps of a value that a browser holds: 256 random bits need no slow hash."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
