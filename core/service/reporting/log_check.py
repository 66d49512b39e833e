"""The event log verified by the back office, a part at a time, as often as somebody presses the button."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from ...contracts.event import Event
from ...contracts.record_events import LogBroken, LogChecked
from ...db import audit_verify, record_lists
from ...db.audit_chain import AuditChain
from ...db.audit_verify import Place
from ...db.jobs import Job
from ...db.session import Transaction, after_commit
from ..administrators.actor import Actor
from ..back_office import BackOffice
from ..records import Records
from ..ruling.approvals import said_by
from ..surroundings import Surroundings
from .counted import tell

KIND = "verify"
# A third of a second's work, and then a pause: whoever resets a password at this moment waits for no records.
PART, PAUSE = 4000, timedelta(seconds=1)
LONGEST = 120


@dataclass(frozen=True, slots=True)
class Check:
    """A verification that is under way, or the last one. `first`: the first bad record; `bad`: how many problems."""

    started: datetime
    records: int
    reached: int = 0
    bad: int = 0
    first: str = ""
    finished: datetime | None = None

    @property
    def per_cent(self) -> int:
        """How far it is."""
        return 100 if self.records == 0 else min(100, self.reached * 100 // self.records)


@dataclass(frozen=True, kw_only=True)
class LogCheck:
    """What it found is an event of the log: nobody who changes the log can change that unseen."""

    records: Records
    office: BackOffice
    around: Surroundings

    def begin(self, actor: Actor) -> bool:
        """Verify everything that is chained by now; False while one is under way."""
        if self.under_way() is not None:
            return False
        now, last = self.around.now(), audit_verify.head(self.records.db)
        with self.records.db.write() as tx:
            self._queue(tx, Check(now, last), Place(), json.dumps(said_by(actor)), timedelta(0))
        return True

    def under_way(self) -> Check | None:
        """The one that has not ended yet."""
        with self.records.db.read() as tx:
            page = record_lists.waiting_jobs(tx, record_lists.Span(), lambda row: row["kind"] == KIND)
            job = self.records.jobs.get(tx, page.rows[0]["id"]) if page.rows else None
        return _read(job) if job else None

    def last(self) -> Check | None:
        """The last one that ended."""
        with self.records.db.read() as tx:
            page = record_lists.events(tx, record_lists.Span(), names=[LogChecked.name])
        if not page.rows:
            return None
        said, at = json.loads(page.rows[0]["data"]), page.rows[0]["at"]
        started = datetime.fromisoformat(said["started"])
        return Check(started, said["records"], said["records"], said["bad"], said["first"], at)

    def work(self, job: Job) -> None:
        """One part; then the next is a job of its own, or the end is an event."""
        check, place = _read(job), _place(job)
        db, keyring, now = self.records.db, self.records.keyring, self.around.now()
        key = AuditChain(keyring).public_key(db, now)
        problems, place = audit_verify.verify_part(db, keyring, key, place, PART)
        first = check.first or (problems[0][:LONGEST] if problems else "")
        found = replace(check, reached=place.reached, bad=check.bad + len(problems), first=first)
        with db.write() as tx:
            if problems and not check.bad:
                self._say(tx, LogBroken(first), job)
            if place.reached < check.records:
                self._queue(tx, found, place, job.payload["who"], PAUSE)
            else:
                self._say(tx, LogChecked(check.started.isoformat(), check.records, found.bad, first), job)
            self.records.jobs.done(tx, [job.id])

    def _queue(self, tx: Transaction, check: Check, place: Place, who: str, after: timedelta) -> None:
        kept = {"started": check.started.isoformat(), "records": str(check.records), "bad": str(check.bad)}
        kept |= {"first": check.first, "reached": str(place.reached), "seq": str(place.seq), "hash": place.hash.hex()}
        self.office.put(tx, KIND, KIND, "", {**kept, "who": who}, after=after, leased=False)

    def _say(self, tx: Transaction, event: Event, job: Job) -> None:
        self.records.audit.append(tx, [event], at=self.around.now(), details=json.loads(job.payload["who"]))
        after_commit(tx, partial(tell, self.around.meter, [event]))


def _read(job: Job) -> Check:
    said = job.payload
    records, reached, bad = (int(said[name]) for name in ("records", "reached", "bad"))
    return Check(datetime.fromisoformat(said["started"]), records, reached, bad, said["first"])


def _place(job: Job) -> Place:
    return Place(int(job.payload["reached"]), int(job.payload["seq"]), bytes.fromhex(job.payload["hash"]))
