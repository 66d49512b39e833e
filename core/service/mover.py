"""The one way in which a recovery moves: step, row, events and jobs in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from .. import stopwatch
from ..contracts.errors import OutOfTurn
from ..contracts.events import Event
from ..db.jobs import Job
from ..db.session import Transaction, after_commit
from ..recovery.flow import step
from ..recovery.moves import Move, Superseded
from ..recovery.state import Recovery
from .back_office import BackOffice
from .records import Records
from .reporting.counted import tell
from .surroundings import Surroundings

log = logging.getLogger(__name__)

# So much of a recovery's id finds it in the log, and opens nothing.
REFERENCE = 8
NO_DETAILS: Mapping[str, str] = {}


class Overtaken(OutOfTurn):
    """Somebody else saved the recovery since it was loaded: load it again, and decide again."""


class Moved:
    """What one transaction changed: the recovery as saved, and the jobs to hand over once it is committed."""

    def __init__(self, recovery: Recovery) -> None:
        self.recovery = recovery
        self.jobs: list[Job] = []


class Mover:
    """Applies moves inside a transaction that the caller opened."""

    def __init__(self, records: Records, office: BackOffice, around: Surroundings) -> None:
        self._records = records
        self._office = office
        self._around = around

    def move(
        self,
        tx: Transaction,
        recovery: Recovery,
        move: Move,
        *,
        key_digest: bytes | None = None,
        details: Mapping[str, str] = NO_DETAILS,
    ) -> Moved:
        """Step and save. Raises OutOfTurn when the move is not drawn, Overtaken when somebody else was faster."""
        now = self._around.now()
        stepped, events = step(recovery, move, now)
        saved = self._records.recoveries.save(tx, stepped, key_digest=key_digest)
        if saved is None:
            raise Overtaken("somebody else moved it meanwhile")
        self.record(tx, saved, events, now, details)
        after_commit(tx, lambda: say(type(move).__name__, recovery.stage.value, saved))
        return Moved(saved)

    def supersede(self, tx: Transaction, person_id: str, because: str) -> None:
        """End all that this person has open, or make it void where nothing was proven; what a write under way became
        is told first. Raises Overtaken."""
        for recovery_id in self._records.recoveries.open_of(tx, person_id, but_not=""):
            recovery = self._records.recoveries.load(tx, recovery_id)
            if recovery is not None and recovery.is_open:
                self.move(tx, recovery, Superseded(because))

    def record(
        self,
        tx: Transaction,
        recovery: Recovery,
        events: Sequence[Event],
        now: datetime,
        details: Mapping[str, str] = NO_DETAILS,
    ) -> None:
        """Events stand in the same commit as the change, or neither does (P7)."""
        if events:
            person = recovery.subject.person.id if recovery.subject else ""
            self._records.audit.append(tx, events, at=now, recovery_id=recovery.id, person_id=person, details=details)
            after_commit(tx, lambda: tell(self._around.meter, events))

    def queue(self, tx: Transaction, moved: Moved, lane: str, kind: str, **payload: str) -> None:
        """A job born with this change, leased to this process, handed over once `moved` is committed."""
        moved.jobs.append(self._office.put(tx, lane, kind, moved.recovery.id, payload))

    def wait_for(self, tx: Transaction, moved: Moved, lane: str, kind: str, *, after: timedelta, **payload: str) -> Job:
        """A job that is only needed if this process does not come back: any process takes it when its time comes."""
        return self._office.put(tx, lane, kind, moved.recovery.id, payload, after=after, leased=False)

    def hand_over(self, moved: Moved) -> Recovery:
        """After the commit: let the back office begin at once."""
        for job in moved.jobs:
            self._office.hand_over(replace(job, seen=moved.recovery))
        return moved.recovery


def say(move: str, before: str, after: Recovery) -> None:
    """One line for each move: which, from where to where, and how long its page or job has taken until now."""
    reference, took = after.id[:REFERENCE], round(stopwatch.seconds() * 1000)
    named = {"move": move, "before": before, "stage": after.stage.value, "recovery": reference}
    log.info("moved", extra={**named, "milliseconds": took})
