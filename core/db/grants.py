"""What a client of OpenID Connect may fetch: once by a code, and for a few minutes more by a token."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, RowMapping, bindparam, delete, select, update

from . import sealed
from .bridge_tables import oidc_grant as table
from .purge import Purge
from .sealing import Keyring
from .sign_ins import digest


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one account, as the client is told."""

    store: str
    id: str = field(repr=False)
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Grant:
    """Who proved what, for whom, and what was done. `challenge`: of PKCE, empty where the client sent none."""

    entry: str
    recovery_id: str
    redirect_uri: str
    challenge: str = field(repr=False)
    nonce: str = field(repr=False)
    scopes: tuple[str, ...]
    subject: str = field(repr=False)
    name: str = field(repr=False)
    purpose: str
    acr: str
    amr: tuple[str, ...]
    proven_at: datetime
    done_at: datetime
    done: tuple[Done, ...]


_GRANT: TypeAdapter[Grant] = TypeAdapter(Grant)
_insert = table.insert()
_drop_untaken = delete(table).where(table.c.recovery_id == bindparam("of_recovery"), table.c.taken_at.is_(None))
# One statement, so that of fifty who bring the same code one gets it, in whichever process they ask.
_take = (
    update(table)
    .where(
        table.c.code == bindparam("of_code"),
        table.c.entry == bindparam("of_entry"),
        table.c.taken_at.is_(None),
        table.c.expires_at > bindparam("now"),
    )
    .values(taken_at=bindparam("now"), token=bindparam("of_token"), token_until=bindparam("until"))
    .returning(*table.c)
)
_revoke = (
    update(table)
    .where(table.c.code == bindparam("of_code"), table.c.entry == bindparam("of_entry"), table.c.taken_at.isnot(None))
    .values(token="")
    .returning(table.c.recovery_id)
)
_of_token = select(table).where(
    table.c.token == bindparam("of_token"), table.c.token != "", table.c.token_until > bindparam("now")
)
_purge = Purge(table.c.code, table.c.expires_at <= bindparam("before"), oldest=table.c.expires_at)


class Grants:
    """Codes and tokens are 256 random bits, of which the rows keep digests."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def put(self, tx: Connection, code: str, grant: Grant, expires_at: datetime) -> None:
        """Keep it for whoever brings the code. An earlier code of the same recovery that nobody took is over."""
        tx.execute(_drop_untaken, {"of_recovery": grant.recovery_id})
        row: dict[str, Any] = {"code": digest(code), "entry": grant.entry, "recovery_id": grant.recovery_id}
        row |= {"expires_at": expires_at, "taken_at": None, "token": "", "token_until": None}
        tx.execute(_insert, row | {"sealed": sealed.OIDC_GRANT.seal(self._keyring, _GRANT.dump_json(grant), row)})

    def take(
        self, tx: Connection, entry: str, code: str, *, token: str, until: datetime, now: datetime
    ) -> Grant | None:
        """The first to ask gets it, and nobody after; this token says the same until then. Raises SealBroken."""
        asked = {"of_code": digest(code), "of_entry": entry, "now": now, "of_token": digest(token), "until": until}
        row = tx.execute(_take, asked).mappings().first()
        return None if row is None else self._open(row)

    def revoke(self, tx: Connection, entry: str, code: str) -> str:
        """This code came again: nothing that was given for it is good any more. Which recovery's it was, if any."""
        return tx.scalar(_revoke, {"of_code": digest(code), "of_entry": entry}) or ""

    def of_token(self, tx: Connection, token: str, now: datetime) -> Grant | None:
        """What this token says while it is good. Raises SealBroken."""
        row = tx.execute(_of_token, {"of_token": digest(token), "now": now}).mappings().first()
        return None if row is None else self._open(row)

    def purge(self, tx: Connection, before: datetime, limit: int = 500) -> int:
        """Forget those whose code expired before then; returns how many."""
        return _purge(tx, limit, before=before)

    def _open(self, row: RowMapping) -> Grant:
        return _GRANT.validate_json(sealed.OIDC_GRANT.open(self._keyring, row))
