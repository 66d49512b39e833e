"""The back office: runs what no page may wait for, in lanes, and keeps the house while nobody looks."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .. import stopwatch
from ..contracts import events
from ..contracts.errors import OutOfTurn
from ..db.jobs import Job
from ..db.sealing import SealBroken
from ..db.session import Transaction
from ..figures import JOBS
from .lanes import Lanes
from .moments import Moments
from .records import Records
from .reporting.counted import tell
from .sending.results import Result, Results, nothing_to_write
from .surroundings import Surroundings

log = logging.getLogger(__name__)

# A job belongs to the process that took it for this long. It must exceed the longest honest work on it (10 s for a
# directory), and it bounds how long a killed process can hold a person up.
LEASE = timedelta(seconds=20)
TICK_SECONDS = 1.0
MOST_FAILURES = 30
AT_ONCE = 3

# A job that waited in its lane until this shortly before its lease ends is left to whoever takes it next.
WORK = timedelta(seconds=10)

# What is held must begin this long before its lease ends.
REST = timedelta(seconds=2)

# What was handed over is worked on at once; whoever had to wait in a lane for longer looks at the row again. What was
# held need not: it saves on what it has seen, and whoever moved meanwhile makes that fail.
FRESH = timedelta(seconds=1)

# What a kind of job does. It settles its own row in the transaction of its result.
Worker = Callable[[Job], None]
# Something done every tick: close what is overdue, chain the events, purge.
Chore = Callable[[datetime], None]
# Takes a job to another process of this server; False when it cannot.
Elsewhere = Callable[[Job], bool]


@dataclass(frozen=True, slots=True)
class Taken:
    """A job in hand, how long it is ours, and who does it: its kind's worker, unless it was held."""

    job: Job
    until: datetime
    worker: Worker | None = None


class BackOffice:
    """One in every server, and any number of `keyback work` beside; jobs are claimed, so all are safe.

    Processes that serve pages leave their jobs to the one that works: whoever is somebody makes more work than nobody,
    and beside it, in the same interpreter, a page would be slower for somebody (P4).
    """

    def __init__(self, records: Records, around: Surroundings) -> None:
        self.holder = around.token()
        self._records = records
        self._around = around
        self._workers: dict[str, Worker] = {}
        self._chores: list[Chore] = []
        self._chores_everywhere: list[Chore] = []
        # For a process that only serves pages: where its jobs are done instead.
        self.elsewhere: Elsewhere | None = None
        self._lanes: Lanes[Taken] = Lanes(self._run)
        self._results = Results(records)
        self._held: Moments[Taken] = Moments(around.now, self._resume)
        # From now on begin nothing new; what waits here goes back at once, what is begun is finished.
        self.leaving = threading.Event()
        self._in_hand: dict[str, Taken] = {}
        self._ticker = threading.Thread(target=self._tick_for_ever, name="back office", daemon=True)

    def teach(self, kind: str, worker: Worker) -> None:
        """This kind of job is done by this worker."""
        self._workers[kind] = worker

    def also(self, chore: Chore, *, everywhere: bool = False) -> None:
        """Do this every tick; `everywhere` also in processes that leave their jobs to another."""
        (self._chores_everywhere if everywhere else self._chores).append(chore)

    def put(
        self,
        tx: Transaction,
        lane: str,
        kind: str,
        recovery_id: str,
        payload: Mapping[str, str],
        *,
        after: timedelta = timedelta(0),
        leased: bool = True,
    ) -> Job:
        """Write a job, leased to this process from birth unless it should wait for whoever comes.

        A process that is leaving leases none: others take over what its last pages ask for.
        """
        now = self._around.now()
        until = now + LEASE if leased and not self.leaving.is_set() else now
        return self._records.jobs.put(
            tx, lane, kind, recovery_id, payload, due_at=now + after, leased_by=self.holder, leased_until=until
        )

    def hand_over(self, job: Job, rest: Worker | None = None, *, since: datetime | None = None) -> bool:
        """Begin at once. A full lane refuses, and whoever finds the job after its lease takes it; what another process
        has no room for is found at its next round.

        `rest`: the job is in hand here, and this worker does the rest in the lane that it names by now. `since`: its
        lease began then, and not just now.
        """
        if rest is not None:
            return self._pass_on(job, rest)
        if self.leaving.is_set():
            self._give_back([job])
            return False
        taken = self.elsewhere(job) if self.elsewhere else self._begin(job, since or self._around.now())
        if not taken:
            log.warning("lane is full", extra={"lane": job.lane})
        if not taken and self.elsewhere:
            # The way there holds some dozens of jobs, and a burst fills it in a moment. Nobody's lane is known to be
            # full: one that is refuses the job there, and its lease keeps it from those that have room.
            self._give_back([job])
        return taken

    def _pass_on(self, job: Job, rest: Worker) -> bool:
        """Not when there is too little time left: then it would be done again from its beginning."""
        taken = self._in_hand.get(job.id)
        if taken is None or self.leaving.is_set() or self._around.now() > taken.until - WORK:
            return False
        # Before it is offered: from then on it is in the hands of that lane.
        del self._in_hand[job.id]
        if self._offer(replace(taken, job=job, worker=rest)):
            return True
        self._in_hand[job.id] = taken
        return False

    def _begin(self, job: Job, since: datetime) -> bool:
        return self._offer(Taken(job, since + LEASE))

    def _offer(self, taken: Taken) -> bool:
        return self._lanes[taken.job.lane].offer(taken)

    def _resume(self, taken: Taken) -> None:
        """What was held goes on, or goes back at once: in a full lane nobody need wait for its lease."""
        if not self._offer(taken):
            log.warning("lane is full", extra={"lane": taken.job.lane})
            self._give_back([taken.job])

    def done(self, job: Job, write: Callable[[Transaction], None] = nothing_to_write) -> None:
        """Forget the job, soon, in the transaction in which its result is written."""
        self._results.keep(Result(job, write))

    def again(self, job: Job, after: timedelta) -> None:
        """Try later. Nothing happens when the job was settled meanwhile."""
        with self._records.db.write() as tx:
            self._records.jobs.again(tx, job.id, self._around.now() + after)

    def hold(self, job: Job, moment: datetime, worker: Worker) -> None:
        """Let this worker do the rest of a job at that moment; at once where nobody here has the job so long."""
        taken = self._in_hand.get(job.id)
        if taken is None or moment > taken.until - REST:
            return worker(job)
        self._in_hand.pop(job.id)
        if not self._held.keep(replace(taken, job=job, worker=worker), moment):
            self._give_back([job])
        return None

    def start(self) -> None:
        """Begin to look for work."""
        self._results.start()
        self._held.start()
        self._ticker.start()

    def stop(self, seconds: float = 8.0) -> None:
        """Finish what is begun, for so long at most, and leave the rest to others (R23)."""
        self.leaving.set()
        self._give_back([taken.job for taken in self._held.stop()])
        self._return_waiting()
        self._lanes.stop(seconds)
        self._results.stop(seconds)
        # What hangs still dies with this process, which ends in a moment: nobody need wait for its lease.
        self._give_back([taken.job for taken in self._in_hand.values()])

    @property
    def queued(self) -> Mapping[str, int]:
        """How many jobs wait for a thread in each lane of this process."""
        return self._lanes.queued

    @property
    def idle(self) -> bool:
        """Whether nothing is being worked on in this process."""
        return self._held.idle and self._lanes.idle and self._results.idle

    def tick(self) -> None:
        """One round: claim what is due, then the chores, each in its own try."""
        now = self._around.now()
        chores = self._chores_everywhere
        if self.elsewhere is None:
            self._shielded("claim", lambda: self._claim(now))
            chores = [*chores, *self._chores]
        for chore in chores:
            self._shielded(getattr(chore, "__qualname__", "chore"), lambda chore=chore: chore(now))  # type: ignore[misc]

    def _claim(self, now: datetime) -> None:
        with self._records.db.read() as tx:
            if not self._records.jobs.any_due(tx, now):
                return
        with self._records.db.write() as tx:
            jobs = self._records.jobs.claim(tx, self.holder, now=now, until=now + LEASE)
        for job in jobs:
            self.hand_over(job)

    def _run(self, taken: Taken) -> None:
        job, now = taken.job, self._around.now()
        if self.leaving.is_set():
            return self._give_back([job])
        if now > taken.until - (REST if taken.worker else WORK):
            return None
        if now > taken.until - LEASE + FRESH and taken.worker is None:
            job = replace(job, seen=None)
        self._in_hand[job.id] = taken
        try:
            return self._try(job, taken)
        finally:
            # What was held is in other hands by now, and so may be what took longer than its lease.
            if self._in_hand.get(job.id) is taken:
                del self._in_hand[job.id]

    def _try(self, job: Job, taken: Taken) -> None:
        stopwatch.begin()
        outcome = "failed"
        try:
            self._work(job, taken.worker or self._workers[job.kind])
            outcome = "worked" if self._in_hand.get(job.id) is taken else "held"
        except OutOfTurn:
            self._shielded(job.kind, lambda: self.again(job, timedelta(0)))
        except SealBroken as broken:
            table = broken.table
            self._shielded(job.kind, lambda: self._refuse(job, table))
        except Exception:  # a job's failure must not end its lane
            log.exception("job failed", extra={"kind": job.kind, "job": job.id})
            self._shielded(job.kind, lambda: self._after_failure(job))
        finally:
            self._around.meter.time(JOBS, stopwatch.end(f"job {job.kind}"), job.kind, outcome)

    def _refuse(self, job: Job, table: str) -> None:
        """A row that somebody wrote without the key is not acted upon, and said loudly (M2)."""
        event, now = events.SealBroken(table), self._around.now()
        with self._records.db.write() as tx:
            self._records.audit.append(tx, [event], at=now, recovery_id=job.recovery_id)
            self._records.jobs.give_up(tx, job.id, now)
        tell(self._around.meter, [event])

    def _work(self, job: Job, worker: Worker) -> None:
        """A job that meets a newer row looks again at once; the person may be moving at this very moment."""
        if job.tampered:
            raise SealBroken("job")
        for _ in range(AT_ONCE):
            try:
                return worker(job)
            except OutOfTurn:
                job = replace(job, seen=None)
        return worker(job)

    def _after_failure(self, job: Job) -> None:
        if job.tries < MOST_FAILURES:
            return self.again(job, timedelta(seconds=min(60, 2**job.tries)))
        with self._records.db.write() as tx:
            return self._records.jobs.give_up(tx, job.id, self._around.now())

    def _tick_for_ever(self) -> None:
        while not self.leaving.wait(TICK_SECONDS):
            self.tick()
        self._return_waiting()

    def _return_waiting(self) -> None:
        self._give_back([taken.job for taken in self._lanes.empty()])

    def _give_back(self, jobs: Sequence[Job]) -> None:
        if jobs:
            self._shielded("give back", lambda: self._free(jobs))

    def _free(self, jobs: Sequence[Job]) -> None:
        with self._records.db.write() as tx:
            self._records.jobs.give_back(tx, jobs)

    @staticmethod
    def _shielded(what: str, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:  # the back office outlives every fault, or nothing would ever be settled
            log.exception("back office", extra={"what": what})
