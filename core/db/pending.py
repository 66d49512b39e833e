"""What somebody is adding at this moment: one thing for each session and method, for ten minutes, with few tries."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Executable, RowMapping, bindparam, delete, select, update

from ..contracts.device import JOINS_BY, Statement
from . import sealed
from .begun import Begun
from .per_dialect import Insert, PerDialect
from .purge import Purge
from .sealing import KeyPurpose, Keyring
from .tables import pending as table
from .value_json import BEGUN


@dataclass(frozen=True, slots=True)
class Adding:
    """Who adds what: nobody else, and no other session of theirs, can confirm it."""

    session: str
    person_id: str
    method: str


def _put(insert: Insert) -> Executable:
    new = insert(table)
    again = {name: new.excluded[name] for name in ("sealed", "tries", "expires_at", "code")}
    return new.on_conflict_do_update(index_elements=["key"], set_=again)


_put_one = PerDialect(_put)
_good = (table.c.key == bindparam("of_key")) & (table.c.expires_at > bindparam("now"))
_get = select(table).where(_good)
_keep = update(table).where(_good).values(sealed=bindparam("to_sealed"), expires_at=bindparam("to_expire"))
_try = update(table).where(_good, table.c.tries < bindparam("most")).values(tries=table.c.tries + 1).returning(table)
_by_code = select(table).where(table.c.code == bindparam("of_code"), table.c.expires_at > bindparam("now"))
# Only in the place of what was read: of two devices that join at the same moment one does.
_join = update(table).where(_good, table.c.sealed == bindparam("of_sealed")).values(sealed=bindparam("joined"))
_take = delete(table).where(_good)
_forget = delete(table).where(table.c.key == bindparam("of_key"))
_purge = Purge(table.c.key, table.c.expires_at <= bindparam("now"), oldest=table.c.expires_at)


class Pending:
    """The key is a keyed digest, and what is kept is sealed: a stolen table shows nothing."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def put(self, tx: Connection, adding: Adding, begun: Begun, expires_at: datetime) -> None:
        """Remember it, with all its tries; what was begun before ends with it."""
        tx.execute(_put_one.on(tx), self._row(adding, begun, expires_at) | {"tries": 0})

    def keep(self, tx: Connection, adding: Adding, begun: Begun, expires_at: datetime, *, now: datetime) -> bool:
        """The same thing, further on, with the tries that were left; False if it is gone."""
        row = self._row(adding, begun, expires_at)
        asked = {"of_key": row["key"], "now": now, "to_sealed": row["sealed"], "to_expire": expires_at}
        return tx.execute(_keep, asked).rowcount == 1

    def get(self, tx: Connection, adding: Adding | str, now: datetime) -> Begun | None:
        """Where it stands, while it is good; by its name for whoever was only told that. Raises SealBroken."""
        name = adding if isinstance(adding, str) else self.name(adding)
        row = tx.execute(_get, {"of_key": name, "now": now}).mappings().first()
        return None if row is None else self._open(row)

    def expects(self, tx: Connection, code: str, now: datetime) -> bool:
        """Whether a device may join by this code: asked first, because whoever makes a key up may ask as well."""
        return tx.execute(_by_code, {"of_code": self._code(code), "now": now}).first() is not None

    def join(self, tx: Connection, code: str, statement: Statement, now: datetime) -> bool:
        """Keep what a device says that knows the code; False for a wrong code, and for the second device.

        Raises SealBroken.
        """
        row = tx.execute(_by_code, {"of_code": self._code(code), "now": now}).mappings().first()
        begun = row and self._open(row)
        if row is None or not begun or "device" in begun.challenge.secret:
            return False
        secret = {**begun.challenge.secret, **asdict(statement)}
        joined = replace(begun, challenge=replace(begun.challenge, secret=secret))
        asked = {"of_key": row["key"], "now": now, "of_sealed": row["sealed"]}
        kept = sealed.PENDING.seal(self._keyring, BEGUN.dump_json(joined), row)
        return tx.execute(_join, asked | {"joined": kept}).rowcount == 1

    def attempt(self, tx: Connection, adding: Adding, now: datetime, most: int) -> tuple[Begun, int] | None:
        """Count a try before it is judged; where it stands, and how many are left. None when there are none left."""
        asked = {"of_key": self.name(adding), "now": now, "most": most}
        row = tx.execute(_try, asked).mappings().first()
        return None if row is None else (self._open(row), most - row["tries"])

    def take(self, tx: Connection, adding: Adding, now: datetime) -> bool:
        """True for the one who confirms it; it is gone by that."""
        return tx.execute(_take, {"of_key": self.name(adding), "now": now}).rowcount == 1

    def forget(self, tx: Connection, adding: Adding) -> None:
        """Give it up."""
        tx.execute(_forget, {"of_key": self.name(adding)})

    def purge(self, tx: Connection, now: datetime, limit: int = 500) -> int:
        """Forget what is too old; returns how many."""
        return _purge(tx, limit, now=now)

    def _row(self, adding: Adding, begun: Begun, expires_at: datetime) -> dict[str, Any]:
        code = begun.challenge.secret.get(JOINS_BY)
        row: dict[str, Any] = {"key": self.name(adding), "expires_at": expires_at, "code": code and self._code(code)}
        return row | {"sealed": sealed.PENDING.seal(self._keyring, BEGUN.dump_json(begun), row)}

    def _open(self, row: RowMapping) -> Begun:
        return BEGUN.validate_json(sealed.PENDING.open(self._keyring, row))

    def name(self, adding: Adding) -> str:
        """What it is called in its row: says nothing to whoever reads it."""
        # Under the key that never rotates: a rotation must not end what people are doing.
        return self._keyring.mac(KeyPurpose.PSEUDONYM, "adding", adding.session, adding.person_id, adding.method).hex()

    def _code(self, code: str) -> str:
        return self._keyring.mac(KeyPurpose.PSEUDONYM, "joining", code).hex()
