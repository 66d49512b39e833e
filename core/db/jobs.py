"""Jobs: what no page may wait for. Born leased to whoever makes them; others take over when the lease is over."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Executable, RowMapping, Select, bindparam, delete, insert, select, update

from ..recovery.state import Recovery
from . import sealed, value_json
from .purge import Purge
from .sealing import Keyring, SealBroken
from .tables import job as table

_FREE = datetime(1970, 1, 1, tzinfo=UTC)

_of_id = table.c.id == bindparam("of_id")
_put = insert(table)
_waiting = (
    table.c.given_up_at.is_(None),
    table.c.due_at <= bindparam("now"),
    table.c.leased_until <= bindparam("now"),
)
_due = select(table.c.id).where(*_waiting).order_by(table.c.due_at).limit(bindparam("most"))
_lanes = table.c.lane.in_(bindparam("lanes", expanding=True))
_lease: dict[str, Any] = {"leased_by": bindparam("holder"), "leased_until": bindparam("until")}


def _claim(due: Select[tuple[str]]) -> Executable:
    # Two processes that claim at once get different jobs: each skips the rows which the other has locked. As a
    # common table expression, because PostgreSQL may run a plain subquery twice and lock more than it was asked for.
    found = due.with_for_update(skip_locked=True).cte("due")
    return update(table).where(table.c.id.in_(select(found.c.id))).values(_lease).returning(table)


_claim_any = _claim(_due)
_claim_lanes = _claim(_due.where(_lanes))
_any_due = select(table.c.id).where(*_waiting).limit(1)
_mine = select(table.c.id).where(_of_id, table.c.leased_by == bindparam("holder"), table.c.given_up_at.is_(None))
# Nearly always it is one, and a list costs four times as much to bind.
_done_one = delete(table).where(_of_id)
_done = delete(table).where(table.c.id.in_(bindparam("ids", expanding=True)))
_again = (
    update(table)
    .where(_of_id)
    .values(tries=table.c.tries + 1, due_at=bindparam("later"), leased_by="", leased_until=_FREE)
)
_give_back = (
    update(table).where(_of_id, table.c.leased_by == bindparam("holder")).values(leased_by="", leased_until=_FREE)
)
_give_up = (
    update(table)
    .where(_of_id)
    .values(given_up_at=bindparam("now"), sealed=b"", tries=table.c.tries + 1, leased_by="", leased_until=_FREE)
)
_get = select(table).where(_of_id, table.c.given_up_at.is_(None))
_purge = Purge(table.c.id, table.c.given_up_at < bindparam("before"), oldest=table.c.given_up_at)


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to do. `payload` may hold a code or a number."""

    id: str
    lane: str
    kind: str
    recovery_id: str
    payload: Mapping[str, str] = field(repr=False)
    tries: int
    due_at: datetime
    # Who may work on it until the lease ends; not only the process that has it in hand, which may have been given it.
    leased_by: str = field(default="", compare=False)
    # Its payload was changed without the key and is not here: give it up, loudly.
    tampered: bool = False
    # Its recovery as the move that caused it left it: in hand, never in the row.
    seen: Recovery | None = field(default=None, repr=False, compare=False)
    # What somebody typed that is kept nowhere: in hand as well. Whoever takes the job from the table has none of it.
    typed: tuple[value_json.Passed, ...] = field(default=(), repr=False, compare=False)


class Jobs:
    """Written in the transaction of the move that causes them, deleted in the one of the move that they cause."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def put(
        self,
        tx: Connection,
        lane: str,
        kind: str,
        recovery_id: str,
        payload: Mapping[str, str],
        *,
        due_at: datetime,
        leased_by: str,
        leased_until: datetime,
    ) -> Job:
        """Keep a new job, already leased."""
        job = Job(secrets.token_urlsafe(16), lane, kind, recovery_id, dict(payload), 0, due_at, leased_by)
        row = {"id": job.id, "lane": lane, "kind": kind, "recovery_id": recovery_id, "tries": 0, "due_at": due_at}
        row |= {"leased_by": leased_by, "leased_until": leased_until}
        row["sealed"] = sealed.JOB.seal(self._keyring, value_json.STRINGS.dump_json(dict(payload)), row)
        tx.execute(_put, row)
        return job

    def claim(
        self,
        tx: Connection,
        holder: str,
        now: datetime,
        until: datetime,
        *,
        limit: int = 20,
        lanes: Sequence[str] | None = None,
    ) -> list[Job]:
        """Lease what is due and not leased, the longest overdue first; a tampered one must not hold up the others."""
        asked: dict[str, Any] = {"holder": holder, "now": now, "until": until, "most": limit}
        if lanes is not None:
            asked["lanes"] = list(lanes)
        found = tx.execute(_claim_any if lanes is None else _claim_lanes, asked)
        return sorted((self._open_or_tell(row) for row in found.mappings()), key=lambda job: job.due_at)

    def any_due(self, tx: Connection, now: datetime) -> bool:
        """Whether claiming would find something: a read, so that an idle process writes nothing."""
        return tx.scalar(_any_due, {"now": now}) is not None

    def mine(self, tx: Connection, job_id: str, holder: str) -> bool:
        """Whether this holder was the last to lease it, and it is not done."""
        return tx.scalar(_mine, {"of_id": job_id, "holder": holder}) is not None

    def done(self, tx: Connection, job_ids: Sequence[str]) -> int:
        """Forget these; returns how many there still were, so that a job's effect happens once."""
        if len(job_ids) == 1:
            return tx.execute(_done_one, {"of_id": job_ids[0]}).rowcount
        return tx.execute(_done, {"ids": list(job_ids)}).rowcount

    def again(self, tx: Connection, job_id: str, due_at: datetime) -> None:
        """It failed: anybody may try it from then on."""
        tx.execute(_again, {"of_id": job_id, "later": due_at})

    def give_back(self, tx: Connection, jobs: Sequence[Job]) -> None:
        """Nobody here will do them: anybody may at once. Nothing happens to one that others took meanwhile."""
        tx.execute(_give_back, [{"of_id": job.id, "holder": job.leased_by} for job in jobs])

    def give_up(self, tx: Connection, job_id: str, at: datetime) -> None:
        """It will not be tried again. What it carried is forgotten; that it failed stays for the administrator."""
        tx.execute(_give_up, {"of_id": job_id, "now": at})

    def get(self, tx: Connection, job_id: str) -> Job | None:
        """The job, if it is still to be done. Raises SealBroken."""
        row = tx.execute(_get, {"of_id": job_id}).mappings().first()
        return None if row is None else self._open(row)

    def purge(self, tx: Connection, before: datetime, limit: int = 500) -> int:
        """Forget jobs that were given up before then; returns how many."""
        return _purge(tx, limit, before=before)

    def _open_or_tell(self, row: RowMapping) -> Job:
        try:
            return self._open(row)
        except SealBroken:
            return replace(_job(row, {}), tampered=True)

    def _open(self, row: RowMapping) -> Job:
        payload = value_json.STRINGS.validate_json(sealed.JOB.open(self._keyring, row))
        return _job(row, payload)


def _job(row: RowMapping, payload: Mapping[str, str]) -> Job:
    job_id, lane, kind, recovery_id = row["id"], row["lane"], row["kind"], row["recovery_id"]
    return Job(job_id, lane, kind, recovery_id, payload, row["tries"], row["due_at"], row["leased_by"])
