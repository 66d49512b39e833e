"""Changes that one administrator put up and another decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from ..contracts.text import Text
from . import sealed
from .desk_tables import WAITING
from .desk_tables import approval as table
from .purge import Purge
from .sealing import Keyring
from .value_json import text_from_json, text_to_json


class Decision(StrEnum):
    """How a change stands that needs two."""

    WAITING = "waiting"
    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Approval:
    """A change that needs two. `about` says it to whoever decides, `payload` to whoever carries it out.

    `asked_by` and `decided_by` are subjects, which never change; `asker` and `decider` are what people read.
    """

    id: str
    kind: str
    about: Text
    payload: Mapping[str, str] = field(repr=False)
    asked_by: str
    asker: str = field(repr=False)
    why: str
    asked_at: datetime
    expires_at: datetime
    state: Decision = Decision.WAITING
    decided_by: str = ""
    decider: str = field(default="", repr=False)
    decided_at: datetime | None = None
    version: int = 1


_CLEAR = ("id", "kind", "state", "asked_at", "expires_at", "version")
_APPROVAL: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])
_insert = insert(table)
_load = select(table).where(table.c.id == bindparam("of_id"))
_save = update(table).where(table.c.id == bindparam("of_id"), table.c.version == bindparam("of_version"))
_waiting = (
    select(table)
    .where(WAITING, table.c.expires_at > bindparam("now"))
    .order_by(table.c.expires_at, table.c.id)
    .limit(bindparam("most"))
)
_overdue = (
    select(table)
    .where(WAITING, table.c.expires_at <= bindparam("now"))
    .order_by(table.c.expires_at)
    .limit(bindparam("most"))
)
_decided = (
    select(table)
    .where(table.c.asked_at < bindparam("before"), ~WAITING)
    .order_by(table.c.asked_at.desc())
    .limit(bindparam("most"))
)
_purge = Purge(table.c.id, table.c.asked_at < bindparam("before"), ~WAITING, oldest=table.c.asked_at)


class Approvals:
    """All that is private stands in one encrypted column, which opens with its own clear ones alone."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def add(self, tx: Connection, approval: Approval) -> None:
        """Keep a new one."""
        tx.execute(_insert, self._row(approval))

    def load(self, tx: Connection, approval_id: str) -> Approval | None:
        """As it was saved. Raises SealBroken."""
        row = tx.execute(_load, {"of_id": approval_id}).mappings().first()
        return None if row is None else self._open(row)

    def save(self, tx: Connection, approval: Approval) -> bool:
        """With its next version; False if somebody else was faster."""
        saved = replace(approval, version=approval.version + 1)
        asked = {"of_id": approval.id, "of_version": approval.version}
        return tx.execute(_save, self._row(saved) | asked).rowcount == 1

    def waiting(self, tx: Connection, now: datetime, most: int) -> tuple[Approval, ...]:
        """Those that somebody has to decide, the most urgent first. Raises SealBroken."""
        return tuple(self._open(row) for row in tx.execute(_waiting, {"now": now, "most": most}).mappings())

    def overdue(self, tx: Connection, now: datetime, most: int) -> tuple[Approval, ...]:
        """Those that nobody decided in time. Raises SealBroken."""
        return tuple(self._open(row) for row in tx.execute(_overdue, {"now": now, "most": most}).mappings())

    def decided(self, tx: Connection, before: datetime, most: int) -> tuple[Approval, ...]:
        """Those that were asked for before then and are over, the newest first. Raises SealBroken."""
        return tuple(self._open(row) for row in tx.execute(_decided, {"before": before, "most": most}).mappings())

    def purge(self, tx: Connection, before: datetime, limit: int = 500) -> int:
        """Forget what is over and was asked for before then; returns how many."""
        return _purge(tx, limit, before=before)

    def _row(self, approval: Approval) -> dict[str, Any]:
        row: dict[str, Any] = {name: getattr(approval, name) for name in _CLEAR}
        row["state"] = approval.state.value
        private = {
            "about": text_to_json(approval.about),
            "payload": dict(approval.payload),
            "asked_by": approval.asked_by,
            "asker": approval.asker,
            "why": approval.why,
            "decided_by": approval.decided_by,
            "decider": approval.decider,
            "decided_at": approval.decided_at.isoformat() if approval.decided_at else "",
        }
        return row | {"sealed": sealed.APPROVAL.seal(self._keyring, _APPROVAL.dump_json(private), row)}

    def _open(self, row: RowMapping) -> Approval:
        private = _APPROVAL.validate_json(sealed.APPROVAL.open(self._keyring, row))
        decided_at = private.pop("decided_at")
        about = text_from_json(private.pop("about"))
        clear = {name: row[name] for name in _CLEAR} | {"state": Decision(row["state"])}
        moment = datetime.fromisoformat(decided_at) if decided_at else None
        return Approval(**clear, **private, about=about, decided_at=moment)
