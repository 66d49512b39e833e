"""Forgets all that stands here about one person; of their events what is personal, so that the log stays whole."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Column, Connection, bindparam, delete, select

from .columns import is_set
from .desk_tables import caller
from .enrolments import Enrolments
from .tables import account, contact_seen, person, proof, recovery, session, standing, waiting_link

_THEIR_RECOVERIES = recovery.c.person_ref.in_(bindparam("refs", expanding=True)), is_set(recovery.c.person_ref)
_under_way = select(recovery.c.id).where(*_THEIR_RECOVERIES, recovery.c.deadline.isnot(None)).limit(1)
_recoveries = select(recovery.c.id).where(*_THEIR_RECOVERIES)
# A stop by "this wasn't me" is not among them: it names nobody, and who asked for it may still need it.
_BY_PERSON: tuple[Column[str], ...] = (
    contact_seen.c.person_ref,
    standing.c.person_ref,
    waiting_link.c.person_ref,
    caller.c.person_ref,
    session.c.person_ref,
    account.c.person_id,
    person.c.id,
)


def is_under_way(tx: Connection, refs: Iterable[str]) -> bool:
    """Whether one of their recoveries is open."""
    return tx.execute(_under_way, {"refs": list(refs)}).first() is not None


def erase(tx: Connection, enrolments: Enrolments, refs: Iterable[str]) -> tuple[int, int]:
    """How many methods and recoveries are gone. Events and the census are other keepers'. Raises SealBroken."""
    asked = {"refs": sorted(refs)}
    methods = [each.id for ref in asked["refs"] for each in enrolments.of(tx, ref)]
    for enrolment_id in methods:
        enrolments.remove(tx, enrolment_id)
    recoveries = list(tx.scalars(_recoveries, asked))
    _delete(tx, proof.c.recovery_id, recoveries)
    _delete(tx, recovery.c.id, recoveries)
    for column in _BY_PERSON:
        _delete(tx, column, asked["refs"])
    return len(methods), len(recoveries)


def _delete(tx: Connection, column: Column[str], these: list[str]) -> None:
    if these:
        tx.execute(delete(column.table).where(column.in_(these)))
