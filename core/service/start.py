"""Who are you? The first move: nothing exists before it, and it is the same for every name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from ..contracts.errors import NotAllowed
from ..contracts.events import LimitReached
from ..contracts.human_check import Part, Widget
from ..db.session import Transaction, after_commit
from ..recovery.flow import begin
from ..recovery.policy import Purpose
from ..recovery.state import Recovery, Stage
from .clients.sightings import Sightings
from .faultpoint import faultpoint
from .finding.find import queue_finding
from .finding.named import organisations, typed
from .finding.stand_in import stand_in
from .gate import Gate
from .mover import Moved, Mover, say
from .records import Records
from .snapshot import Snapshots
from .surroundings import Surroundings
from .ticket_office import TicketOffice, digest
from .tickets import Ticket


@dataclass(frozen=True, slots=True)
class Arrival:
    """How somebody came: from where, for what, through which door, with which known-browser cookie, and how the page
    spoke."""

    address: str = field(repr=False)
    browser: str = field(default="", repr=False)
    entry: str = ""
    return_to: str = ""
    language: str = ""
    purpose: Purpose = Purpose.RESET
    # Which one they chose, where there is a choice.
    organisation: str = ""
    # What the help desk read out on the telephone, whether it is right or not.
    desk_code: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Starting:
    """Serves the start page. The directory is not asked here."""

    records: Records
    snapshots: Snapshots
    mover: Mover
    gate: Gate
    tickets: TicketOffice
    around: Surroundings
    sightings: Sightings

    @property
    def lifetime(self) -> timedelta:
        """How long a try lasts, said before it begins."""
        return self.snapshots.current.public.lifetime

    @property
    def organisations(self) -> tuple[str, ...]:
        """What people choose from beside their name: the same for every name. Nothing where there is no choice."""
        return tuple(organisations(self.snapshots.current, self.around))

    @property
    def has_alternative(self) -> bool:
        """Whether the start page can show another human check."""
        return self.gate.has_alternative

    def widget(self, address: str, *, alternative: bool = False, refused: NotAllowed | None = None) -> Widget:
        """The human check of the start page, or the other one: for browsers without scripts."""
        return self.gate.widget(address, alternative=alternative, refused=refused)

    def part(self, name: str, address: str) -> Part | None:
        """A picture or a sound of a human check that was shown, for whoever asks from there."""
        return self.gate.part(name, address)

    def start(self, name: str, response: Mapping[str, str], arrival: Arrival) -> Ticket:
        """Write the recovery and its find jobs. Raises MustWait or NotAllowed; the same for every name."""
        asked_name, asked = typed(name, arrival.organisation, self.snapshots.current, self.around)
        passed = self.gate.judge(response, arrival.address)
        ticket = self.tickets.fresh(self.around.token())
        recovery = self._named(ticket.recovery_id, asked_name, asked, arrival)
        with self.records.db.write() as tx:
            refusal = self.gate.admit(tx, passed, arrival.address)
            if refusal is None:
                moved = self._insert(tx, recovery, ticket, arrival)
            else:
                self.mover.record(tx, recovery, [LimitReached("starts")], recovery.started_at)
        if refusal is not None:
            raise refusal
        faultpoint("started")
        self.mover.hand_over(moved)
        if arrival.entry:
            self.sightings.came(arrival.entry)
        return ticket

    def _named(self, recovery_id: str, name: str, asked: tuple[str, ...], arrival: Arrival) -> Recovery:
        snapshot, now = self.snapshots.current, self.around.now()
        return Recovery(
            id=recovery_id,
            purpose=arrival.purpose,
            stage=Stage.CHOOSING,
            name=name,
            rules=snapshot.public,
            started_at=now,
            expires_at=now + snapshot.public.lifetime,
            moved_at=now,
            entry=arrival.entry,
            return_to=arrival.return_to,
            language=arrival.language,
            browser=arrival.browser,
            desk_code=arrival.desk_code,
            asked=asked,
            stand_in=stand_in(snapshot, self.around.context()),
        )

    def _insert(self, tx: Transaction, recovery: Recovery, ticket: Ticket, arrival: Arrival) -> Moved:
        recovery, events = begin(recovery)
        self.records.recoveries.insert(tx, recovery, digest(ticket))
        self.mover.record(tx, recovery, events, recovery.started_at, {"address": arrival.address})
        after_commit(tx, lambda: say("Named", "", recovery))
        moved = Moved(recovery)
        queue_finding(self.mover, tx, moved)
        return moved
