"""What administrators have mailed again and again: set up with a reason, ended by anyone of them or by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from ...contracts.addresses import mailbox
from ...contracts.errors import NotAllowed, StoreUnavailable
from ...contracts.people import AccountKey
from ...contracts.record_events import FileScheduled
from ...contracts.text import Text
from ...db.schedules import Every as Every  # noqa: PLC0414 - screens take them from here
from ...db.schedules import Schedule as Schedule  # noqa: PLC0414
from ...db.session import after_commit
from ..administrators.actor import Actor, Role
from ..finding.named import account_named
from ..ruling.approvals import SAY_WHY, said_by
from .counted import tell
from .file_post import FilePost

# Nobody remembers longer why they wanted it; where no directory knows them, nobody sees either when they leave.
GOOD_FOR, UNSEEN_GOOD_FOR = timedelta(days=365), timedelta(days=90)
MOST, MOST_ADDRESSES = 50, 10

ADMINISTRATORS = Text("Only administrators have files mailed.")
NOWHERE = Text("Say first in keyback.toml where files may be mailed to: file_domains, under [console].")
NO_CHANNEL = Text("No channel that is on carries files by e-mail.")
NOT_THERE = Text("{address}: files are mailed to {domains} alone.", address="", domains="")
NO_ADDRESS = Text("Type one address a line, ten at most.")
TOO_MANY = Text("There are {n} already. End one first.", n=MOST)
GONE = Text("This is not mailed any more.")


@dataclass(frozen=True, kw_only=True)
class FileSchedules:
    """Nothing is sent here: the back office does, and asks again whether it may."""

    post: FilePost

    def make(self, actor: Actor, what: str, every: Every, to: Sequence[str], why: str) -> Schedule:
        """From the next time on. Raises NotAllowed."""
        self._administrators_alone(actor)
        self._check(to)
        if not why.strip():
            raise NotAllowed(SAY_WHY, {"why": SAY_WHY})
        around, entry = self.post.around, self._entry_of(actor)
        now = around.now()
        ends = now + (GOOD_FOR if entry else UNSEEN_GOOD_FOR)
        addresses, why = tuple(dict.fromkeys(to)), why.strip()
        schedule = Schedule(
            around.token(), what, every, addresses, actor.subject, actor.name, why, entry, now,
            every.first_after(now), ends,
        )  # fmt: skip
        with self.post.records.db.write() as tx:
            if len(self.post.records.schedules.all(tx)) >= MOST:
                raise NotAllowed(TOO_MANY)
            self.post.records.schedules.add(tx, schedule)
            event = FileScheduled(what, every.value)
            self.post.records.audit.append(tx, [event], at=now, details=said_by(actor, why))
            after_commit(tx, lambda: tell(around.meter, [event]))
        return schedule

    def end(self, actor: Actor, schedule_id: str) -> None:
        """From now on. Raises NotAllowed."""
        self._administrators_alone(actor)
        schedule = self.look(schedule_id)
        with self.post.records.db.write() as tx:
            if not self.post.end(tx, schedule, "asked", actor):
                raise NotAllowed(GONE)

    def look(self, schedule_id: str) -> Schedule:
        """One of them. Raises NotAllowed or SealBroken."""
        with self.post.records.db.read() as tx:
            schedule = self.post.records.schedules.load(tx, schedule_id)
        if schedule is None:
            raise NotAllowed(GONE)
        return schedule

    def all(self) -> Sequence[Schedule]:
        """What is mailed next first. Raises SealBroken."""
        with self.post.records.db.read() as tx:
            return self.post.records.schedules.all(tx)

    def _check(self, to: Sequence[str]) -> None:
        domains = self.post.around.file_domains
        if not domains:
            raise NotAllowed(NOWHERE)
        if not any(channel.attaches for channel in self.post.delivering.channels("email")):
            raise NotAllowed(NO_CHANNEL)
        if not 1 <= len(to) <= MOST_ADDRESSES:
            raise NotAllowed(NO_ADDRESS, {"to": NO_ADDRESS})
        for address in to:
            if mailbox(address) != address or not self.post.may_get(address):
                said = NOT_THERE.filled(address=address, domains=", ".join(domains))
                raise NotAllowed(said, {"to": said})

    def _entry_of(self, actor: Actor) -> AccountKey | None:
        """Where a directory has them, so that what they wanted ends with their account."""
        try:
            return account_named(actor.name, self.post.snapshots, self.post.around).key
        except (NotAllowed, StoreUnavailable):
            return None

    @staticmethod
    def _administrators_alone(actor: Actor) -> None:
        if Role.ADMINISTRATOR not in actor.roles:
            raise NotAllowed(ADMINISTRATORS)
