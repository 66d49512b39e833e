"""The file and file-mail jobs: what administrators want mailed again and again, made and sent by the back office."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

from ...contracts.channel import Attachment, Message
from ...contracts.errors import StoreUnavailable
from ...contracts.event import Event
from ...contracts.record_events import FileMailed, FileNotMailed, FileScheduleEnded
from ...contracts.text import Text
from ...db import record_lists
from ...db.jobs import Job
from ...db.record_lists import Span
from ...db.schedules import Schedule
from ...db.session import Transaction, after_commit
from ..administrators.actor import Actor
from ..back_office import BackOffice
from ..calls import Calls
from ..finding.named import FIND_SECONDS
from ..records import Records
from ..ruling.approvals import said_by
from ..sending.deliver import NO_LANE, Delivering, Errand
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from .counted import tell
from .record_files import lines
from .report import ReportRoom

# The kinds of jobs: one looks whether it is still wanted, one for each address carries the file.
LOOK, MAIL = "file", "file-mail"
REPORT, EVENTS = "report", "events"
# More than a mail server takes.
MOST_LINES = 20_000
# About half a day; then somebody is told.
MOST_TRIES, LONGEST_PAUSE = 20, timedelta(hours=1)
MAILED_TO = Text("{who} asked for it: {why}", who="", why="")
SUBJECTS = {
    REPORT: Text("Keyback report, {since} to {until}", since="", until=""),
    EVENTS: Text("Keyback events, {since} to {until}", since="", until=""),
}


@dataclass(frozen=True, kw_only=True)
class FilePost:
    """An address is looked at twice: when somebody types it, and before each mail, since the file may say otherwise."""

    records: Records
    snapshots: Snapshots
    calls: Calls
    delivering: Delivering
    office: BackOffice
    around: Surroundings

    def look(self, now: datetime) -> None:
        """A chore: a job for whatever is due, in the commit that says when it is due next."""
        with self.records.db.read() as tx:
            due = self.records.schedules.due(tx, now)
        for schedule in due:
            with self.records.db.write() as tx:
                later = replace(schedule, next_at=schedule.every.first_after(now))
                if self.records.schedules.save(tx, later):
                    first, last = (day.isoformat() for day in schedule.every.days_before(schedule.next_at))
                    told = {"schedule": schedule.id, "since": first, "until": last}
                    self.office.put(tx, NO_LANE, LOOK, "", told, leased=False)

    def work(self, job: Job) -> None:
        """One job for each address, unless it is over or whoever set it up is gone."""
        with self.records.db.read() as tx:
            schedule = self.records.schedules.load(tx, job.payload["schedule"])
        try:
            cause = self._over(schedule) if schedule else "asked"
        except StoreUnavailable:
            return self.office.again(job, LONGEST_PAUSE)
        with self.records.db.write() as tx:
            if not self.records.jobs.done(tx, [job.id]) or schedule is None:
                return None
            if cause:
                self.end(tx, schedule, cause)
                return None
            for address in schedule.to:
                self.office.put(tx, self._lane, MAIL, "", {**job.payload, "to": address}, leased=False)
        return None

    def mail(self, job: Job) -> None:
        """Carry it to one address; again while nobody takes it, for half a day."""
        with self.records.db.read() as tx:
            schedule = self.records.schedules.load(tx, job.payload["schedule"])
        if schedule is None or not self.may_get(job.payload["to"]):
            return self.office.done(job)
        message = self._message(schedule, job)
        carried = self.delivering.deliver(Errand(message=message, language="", ours=True, notice=True))
        if carried.channel:
            return self.office.done(job, partial(self._say, event=FileMailed(schedule.what), schedule=schedule))
        if carried.retry and job.tries < MOST_TRIES:
            return self.office.again(job, min(LONGEST_PAUSE, timedelta(minutes=2**job.tries)))
        return self.office.done(job, partial(self._say, event=FileNotMailed(schedule.what), schedule=schedule))

    def may_get(self, address: str) -> bool:
        """Whether files may go there."""
        return address.rpartition("@")[2].lower() in {domain.lower() for domain in self.around.file_domains}

    def end(self, tx: Transaction, schedule: Schedule, cause: str, actor: Actor | None = None) -> bool:
        """It is mailed no more; False if it was over. By whoever acts, or by itself."""
        there = self.records.schedules.remove(tx, schedule.id)
        if there:
            self._say(tx, event=FileScheduleEnded(schedule.what, cause), schedule=schedule, actor=actor)
        return there

    @property
    def _lane(self) -> str:
        return self.delivering.lane("email")

    def _over(self, schedule: Schedule) -> str:
        """Why it is over. Raises StoreUnavailable."""
        if schedule.ends_at <= self.around.now():
            return "time"
        if schedule.entry is None:
            return ""
        store, key = self.snapshots.current.plugins.stores.get(schedule.entry.store), schedule.entry
        context = self.around.context(seconds=FIND_SECONDS)
        account = self.calls.read(store, partial(store.look, key, context), FIND_SECONDS) if store else None
        return "" if account is not None and account.state.enabled and not account.state.expired else "owner"

    def _message(self, schedule: Schedule, job: Job) -> Message:
        since, until = date.fromisoformat(job.payload["since"]), date.fromisoformat(job.payload["until"])
        content = "".join(self._lines(schedule.what, since, until)).encode()
        name = f"keyback-{schedule.what}-{until}.csv"
        subject = SUBJECTS[schedule.what].filled(since=since, until=until)
        text = MAILED_TO.filled(who=schedule.who, why=schedule.why)
        return Message("email", job.payload["to"], text, subject, attachment=Attachment(name, "text/csv", content))

    def _lines(self, what: str, since: date, until: date) -> list[str]:
        if what == REPORT:
            return list(ReportRoom(records=self.records, around=self.around).lines(since, until))
        begins, ends = (datetime.combine(day, time(), UTC) for day in (since, until + timedelta(days=1)))
        span = Span(begins, ends)
        with self.records.db.read() as tx:
            return list(lines(EVENTS, lambda before: record_lists.events(tx, span, before=before), MOST_LINES))

    def _say(self, tx: Transaction, *, event: Event, schedule: Schedule, actor: Actor | None = None) -> None:
        details = said_by(actor or Actor(schedule.subject, schedule.who), schedule.why)
        self.records.audit.append(tx, [event], at=self.around.now(), details=details)
        after_commit(tx, partial(tell, self.around.meter, [event]))
