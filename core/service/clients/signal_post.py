"""The signals job: brings each receiver what waits for it, one after the other, until it has them all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ...contracts.bridge_events import SignalRefused
from ...db import receivers
from ...db.jobs import Job
from ...db.receivers import Registered
from ...db.session import Transaction
from ...db.signals import Queued
from ..back_office import BackOffice
from ..records import Records
from ..reporting.counted import tell
from ..surroundings import Surroundings

# One job brings as many as it can within this; with the slowest honest receiver it ends before its lease does.
LASTS = timedelta(seconds=5)
# Nobody else brings that receiver anything meanwhile. A process that dies leaves its job to another one before.
HELD = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(minutes=1)
PURGE_EVERY = timedelta(minutes=1)
# Whoever was away for longer does better to ask its directory anew.
KEPT = timedelta(days=30)


class Became(StrEnum):
    """What became of a signal that was brought."""

    TAKEN = "taken"
    # For good: the receiver says what is wrong with this very signal.
    REFUSED = "refused"
    NOT_YET = "not-yet"


@dataclass(frozen=True, slots=True)
class Brought:
    """`why`: the receiver's word for a refusal, ours for what stood in the way."""

    became: Became
    why: str = ""


# Carries one signal to its receiver, within ten seconds.
Bring = Callable[[Registered, Queued], Brought]


@dataclass(kw_only=True)
class SignalPost:
    """One at a time for each receiver, so that they arrive in order; the first that cannot be brought holds the rest.

    A process that dies before it has noted what arrived brings that again, under the same name.
    """

    records: Records
    office: BackOffice
    around: Surroundings
    bring: Bring
    _purge_at: datetime | None = None

    def look(self, now: datetime) -> None:
        """A job for each receiver to whom something may be brought."""
        with self.records.db.read() as tx:
            due = receivers.due(tx, now)
        for key in due:
            self._begin(key, now)
        if self._purge_at is None or now >= self._purge_at:
            self._purge_at = now + PURGE_EVERY
            with self.records.db.write() as tx:
                self.records.signals.purge(tx, now - KEPT)

    def work(self, job: Job) -> None:
        """Bring what waits."""
        key, ends = job.payload["receiver"], self.around.now() + LASTS
        while self.around.now() < ends and (found := self._next(key)) is not None:
            brought = self.bring(*found)
            if not self._note(job, found[0], found[1], brought):
                return
        with self.records.db.write() as tx:
            receivers.rest(tx, key, self.around.now())
            self.records.jobs.done(tx, [job.id])

    def _begin(self, key: str, now: datetime) -> None:
        with self.records.db.write() as tx:
            if not receivers.hold(tx, key, now, now + HELD):
                return
            job = self.office.put(tx, f"receiver:{key}", "signals", "", {"receiver": key})
        self.office.hand_over(job)

    def _next(self, key: str) -> tuple[Registered, Queued] | None:
        with self.records.db.read() as tx:
            who = self.records.receivers.get(tx, key)
            waiting = self.records.signals.waiting(tx, key, 1) if who and who.pushes else ()
        return (who, waiting[0]) if who and waiting else None

    def _note(self, job: Job, who: Registered, queued: Queued, brought: Brought) -> bool:
        """Whether to go on with the next one."""
        now, happened = self.around.now(), []
        with self.records.db.write() as tx:
            match brought.became:
                case Became.TAKEN:
                    self.records.signals.done(tx, who.key, [queued.id])
                    receivers.took(tx, who.key, now)
                case Became.REFUSED:
                    self.records.signals.refuse(tx, who.key, queued.id, brought.why, now)
                    happened = [SignalRefused(who.key, queued.signal.kind.value, brought.why)]
                    self.records.audit.append(tx, happened, at=now)
                case Became.NOT_YET:
                    self._leave_alone(tx, job, who, brought.why)
        tell(self.around.meter, happened)
        return brought.became is not Became.NOT_YET

    def _leave_alone(self, tx: Transaction, job: Job, who: Registered, why: str) -> None:
        pause = min(LONGEST_PAUSE, timedelta(seconds=2 ** min(who.failures, 10)))
        receivers.rest(tx, who.key, self.around.now() + pause, why)
        self.records.jobs.done(tx, [job.id])
