"""What administrators and auditors may see of the records, open and take away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from ...contracts import events
from ...contracts.errors import NotAllowed
from ...contracts.event import Event
from ...contracts.record_events import DetailsOpened, RecordsExported
from ...contracts.text import Text
from ...db import record_lists
from ...db.record_lists import Page as Page  # noqa: PLC0414 - screens take them from here
from ...db.record_lists import Row as Row  # noqa: PLC0414
from ...db.record_lists import Span as Span  # noqa: PLC0414
from ...db.session import Transaction, after_commit
from ...recovery.state import Stage
from ..administrators.actor import Actor, Role
from ..helping.desk_reach import Reach
from ..records import Records
from ..ruling.approvals import said_by
from ..snapshot import Snapshots
from ..staff import Staff
from ..surroundings import Surroundings
from .counted import tell
from .log_check import LogCheck
from .record_files import COLUMNS as COLUMNS  # noqa: PLC0414 - screens take them from here
from .record_files import lines
from .today import TodaysNumbers

# Who reads personal details, and takes records away: the help desk has a page for each person instead.
READERS = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
NOT_YOURS = Text("Only administrators and auditors do this.")
GONE = Text("This event is not there any more.")
# In one file: more than a spreadsheet shows well, and less than what keeps a connection for minutes.
MOST_LINES = 100_000
LOUD = "loud"
_LOUD = tuple(sorted(name for name, kind in events.BY_NAME.items() if kind.loud))
NAMES = tuple(sorted(events.BY_NAME))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list is narrowed to; empty: everything. `name`: of an event, or LOUD; `state`: of a message, or "given-up"
    or "waiting" for jobs, or a recovery's stage."""

    span: Span = Span()
    name: str = ""
    person: str = ""
    recovery: str = ""
    state: str = ""
    medium: str = ""
    channel: str = ""
    region: str = ""
    lane: str = ""


@dataclass(frozen=True, kw_only=True)
class RecordRoom:
    """Every list is a page by an index; reading details and taking a file away leave an event."""

    records: Records
    around: Surroundings
    reach: Reach
    checking: LogCheck
    today: TodaysNumbers

    def events(self, asked: Asked, before: str = "") -> Page[Row]:
        """The newest first."""
        names = _LOUD if asked.name == LOUD else (asked.name,) if asked.name else ()
        only = {"person": asked.person, "recovery_id": asked.recovery, "before": before}
        with self.records.db.read() as tx:
            return record_lists.events(tx, asked.span, names=names, **only)

    def event(self, event_id: str) -> Row | None:
        """One event, as it stands in the clear."""
        with self.records.db.read() as tx:
            return record_lists.one_event(tx, event_id)

    def details(self, actor: Actor, event_id: str) -> Mapping[str, str] | None:
        """Its personal details; None where there are none or they were erased. Raises NotAllowed or SealBroken."""
        _readers_alone(actor)
        with self.records.db.write() as tx:
            row = record_lists.one_event(tx, event_id)
            if row is None:
                raise NotAllowed(GONE)
            found = self.records.audit.details(tx, row)
            self._say(tx, actor, DetailsOpened(event_id))
        return found

    def recoveries(self, asked: Asked, before: str = "") -> Page[Row]:
        """By when they began."""
        stages = (Stage(asked.state),) if asked.state in set(Stage) else ()
        with self.records.db.read() as tx:
            return record_lists.recoveries(tx, asked.span, stages=stages, person=asked.person, before=before)

    def recovery(self, recovery_id: str) -> Row | None:
        """One of them, while it is kept."""
        with self.records.db.read() as tx:
            return record_lists.one_recovery(tx, recovery_id)

    def messages(self, asked: Asked, before: str = "") -> Page[Row]:
        """Attempts to hand one to a provider."""
        wanted = {"state": asked.state, "medium": asked.medium, "channel": asked.channel, "region": asked.region}
        with self.records.db.read() as tx:
            return record_lists.messages(tx, asked.span, partial(_fits, wanted), before=before)

    def jobs(self, asked: Asked, before: str = "") -> Page[Row]:
        """Those that wait, or those that were given up."""
        listed = record_lists.given_up_jobs if asked.state == "given-up" else record_lists.waiting_jobs
        with self.records.db.read() as tx:
            return listed(tx, asked.span, partial(_fits, {"lane": asked.lane, "kind": asked.name}), before=before)

    def person(self, actor: Actor, name: str) -> str:
        """Whose records somebody of this name has. Raises NotAllowed, MustWait or StoreUnavailable."""
        return self.reach.find(actor, name).person.id

    def file(self, actor: Actor, what: str, asked: Asked) -> Iterator[str]:
        """These records for a spreadsheet, without anybody's contacts. Raises NotAllowed."""
        _readers_alone(actor)
        lists = {"events": self.events, "recoveries": self.recoveries, "messages": self.messages, "jobs": self.jobs}
        listed = lists[what]
        with self.records.db.write() as tx:
            self._say(tx, actor, RecordsExported(what))
        return lines(what, partial(listed, asked), MOST_LINES)

    def _say(self, tx: Transaction, actor: Actor, event: Event) -> None:
        self.records.audit.append(tx, [event], at=self.around.now(), details=said_by(actor))
        after_commit(tx, partial(tell, self.around.meter, [event]))


def open_record_room(records: Records, snapshots: Snapshots, around: Surroundings, staff: Staff) -> RecordRoom:
    """With everything it works with."""
    checking = LogCheck(records=records, office=staff.office, around=around)
    reach = Reach(
        records=records,
        snapshots=snapshots,
        recognising=staff.recognising,
        calls=staff.service.starting.gate.calls,
        around=around,
    )
    today = TodaysNumbers(records=records, around=around)
    return RecordRoom(records=records, around=around, reach=reach, checking=checking, today=today)


def _readers_alone(actor: Actor) -> None:
    if not actor.has_any(READERS):
        raise NotAllowed(NOT_YOURS)


def _fits(wanted: Mapping[str, str], row: Row) -> bool:
    return all(not value or row[name] == value for name, value in wanted.items())
