"""People on the telephone, for whom an agent of the help desk started."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, select, update

from . import sealed
from .desk_tables import caller as table
from .purge import Purge
from .sealing import Keyring

# A code of eight digits, and whoever types a wrong one has a name to type with it.
MOST_TRIES = 5


@dataclass(frozen=True, slots=True)
class Caller:
    """One call. `code` is what the agent reads out; `recovery_id` the recovery that it was typed for, once it was."""

    id: str
    person_ref: str
    agent_ref: str
    agent: str = field(repr=False)
    name: str = field(repr=False)
    code: str = field(repr=False)
    started_at: datetime
    expires_at: datetime
    recovery_id: str = ""
    tries: int = 0


_insert = insert(table)
_load = select(table).where(table.c.id == bindparam("of_id"))
_open = select(table).where(
    table.c.person_ref == bindparam("person"),
    table.c.recovery_id == "",
    table.c.tries < MOST_TRIES,
    table.c.expires_at > bindparam("now"),
)
_of_agent = (
    select(table)
    .where(table.c.expires_at > bindparam("since"), table.c.agent_ref == bindparam("agent"))
    .order_by(table.c.expires_at.desc(), table.c.id)
    .limit(bindparam("most"))
)
_replace = delete(table).where(table.c.person_ref == bindparam("person"), table.c.recovery_id == "")
_join = update(table).where(
    table.c.id == bindparam("of_id"),
    table.c.recovery_id == "",
    # Wrong codes that were being counted when it was read.
    table.c.tries < MOST_TRIES,
    table.c.expires_at > bindparam("now"),
)
_miss = update(table).where(table.c.id == bindparam("of_id")).values(tries=table.c.tries + 1)
_purge = Purge(table.c.id, table.c.expires_at < bindparam("before"), oldest=table.c.expires_at)


class Callers:
    """Who they are, who serves them and the code stand in one encrypted column."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def put(self, tx: Connection, caller: Caller) -> None:
        """Keep it. A code that was given to the same person before and not used is good no more."""
        tx.execute(_replace, {"person": caller.person_ref})
        tx.execute(_insert, self._row(caller))

    def load(self, tx: Connection, caller_id: str) -> Caller | None:
        """As it stands. Raises SealBroken."""
        row = tx.execute(_load, {"of_id": caller_id}).mappings().first()
        return None if row is None else self._caller(row)

    def expected(self, tx: Connection, person_ref: str, now: datetime) -> Caller | None:
        """The call in which this person's code has not been typed yet. Raises SealBroken."""
        row = tx.execute(_open, {"person": person_ref, "now": now}).mappings().first()
        return None if row is None else self._caller(row)

    def join(self, tx: Connection, caller: Caller, recovery_id: str, now: datetime) -> Caller | None:
        """With its recovery; None if its code was used or guessed at too often meanwhile: it is good once."""
        asked = {"of_id": caller.id, "now": now, "recovery_id": recovery_id}
        return replace(caller, recovery_id=recovery_id) if tx.execute(_join, asked).rowcount == 1 else None

    def miss(self, tx: Connection, caller: Caller) -> None:
        """Somebody typed another code for this person."""
        tx.execute(_miss, {"of_id": caller.id})

    def of_agent(self, tx: Connection, agent_ref: str, since: datetime, most: int) -> tuple[Caller, ...]:
        """This agent's calls whose code ended after then, the newest first. Raises SealBroken."""
        asked = {"agent": agent_ref, "since": since, "most": most}
        return tuple(self._caller(row) for row in tx.execute(_of_agent, asked).mappings())

    def purge(self, tx: Connection, before: datetime, limit: int = 500) -> int:
        """Forget those whose code ended before then; returns how many."""
        return _purge(tx, limit, before=before)

    def _row(self, caller: Caller) -> dict[str, Any]:
        row: dict[str, Any] = {"id": caller.id, "person_ref": caller.person_ref, "agent_ref": caller.agent_ref}
        row |= {"recovery_id": caller.recovery_id, "tries": caller.tries, "expires_at": caller.expires_at}
        private = [caller.agent, caller.name, caller.code, caller.started_at.isoformat()]
        return row | {"sealed": sealed.CALLER.seal(self._keyring, json.dumps(private).encode(), row)}

    def _caller(self, row: RowMapping) -> Caller:
        agent, name, code, started_at = json.loads(sealed.CALLER.open(self._keyring, row))
        return Caller(
            row["id"], row["person_ref"], row["agent_ref"], agent, name, code,
            datetime.fromisoformat(started_at), row["expires_at"], row["recovery_id"], row["tries"],
        )  # fmt: skip
