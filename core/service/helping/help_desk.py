"""What the help desk does for a person, each with its reason, its event and, where something is taken, a notice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from ...contracts.desk_events import LockOutLifted, MethodTaken, PersonInvited, RecoveriesEnded
from ...contracts.errors import MustWait, NotAllowed, StoreUnavailable
from ...contracts.event import Event
from ...contracts.events import LimitReached, MethodRemoved, SelfServiceResumed
from ...contracts.people import AccountKey, Enrolment, Person
from ...contracts.text import Text
from ...db.approvals import Approval
from ...db.counters import Mark
from ...db.session import Transaction, after_commit
from ...recovery import limits
from ..administrators.actor import Actor, Role
from ..back_office import BackOffice
from ..mover import Mover, Overtaken
from ..records import Records
from ..reporting.counted import tell
from ..ruling.approvals import SAY_WHY, Approvals, Wish, Write, said_by
from ..sending.notices import Notices
from ..surroundings import Surroundings
from .desk_file import File, Files
from .desk_reach import Reach, Served
from .inviting import Inviting

LIFT, REMOVE = "desk-lift", "desk-remove"
# The person's recoveries may move while they are being ended.
MOST_TIMES = 5

ADMINISTRATORS = Text("Only administrators remove a method.")
GONE = Text("This method is not there any more.")
NOTHING = Text("There is nothing to lift.")
NO_NEED = Text("They could get back in today.")
LIFT_OF = Text("Lift the lock-out of {name}", name="")
REMOVE_OF = Text("Remove {method} of {name}", method="", name="")


@dataclass(frozen=True, kw_only=True)
class HelpDesk:
    """`handle`: whom the agent looked up. False: it is not done yet, a second administrator decides."""

    records: Records
    reach: Reach
    files: Files
    inviting: Inviting
    approvals: Approvals
    mover: Mover
    notices: Notices
    office: BackOffice
    around: Surroundings

    def learn_to_decide(self) -> None:
        """Carry out what a second administrator approves."""
        self.approvals.teach(LIFT, self._lift_approved)
        self.approvals.teach(REMOVE, self._remove_approved)

    def look(self, actor: Actor, handle: str) -> File:
        """The page about them. Raises NotAllowed or StoreUnavailable."""
        return self.files.of(self.reach.open(actor, handle))

    def lift(self, actor: Actor, handle: str, why: str) -> bool:
        """End what wrong answers, or "this wasn't me", keep them from. Raises NotAllowed, or MustWait where wrong
        answers were forgiven too often."""
        served, why = self.reach.open(actor, handle), _reason(why)
        try:
            with self.records.db.write() as tx:
                if served.higher:
                    about = LIFT_OF.filled(name=served.account.name)
                    self.approvals.ask(tx, actor, Wish(LIFT, about, _key(served), why))
                    return False
                self._lift(tx, actor, served, why)
        except MustWait:
            with self.records.db.write() as tx:
                self._record(tx, actor, served, [LimitReached(limits.LIFTS.name)], why)
            raise
        return True

    def remove(self, actor: Actor, handle: str, enrolment_id: str, why: str) -> bool:
        """Forget a method of theirs; they are told on every address. Raises NotAllowed."""
        if Role.ADMINISTRATOR not in actor.roles:
            raise NotAllowed(ADMINISTRATORS)
        served, why = self.reach.open(actor, handle), _reason(why)
        with self.records.db.write() as tx:
            if served.higher:
                method = self._enrolment(tx, served, enrolment_id).method
                about = REMOVE_OF.filled(method=self.files.called(method), name=served.account.name)
                self.approvals.ask(tx, actor, Wish(REMOVE, about, {**_key(served), "enrolment": enrolment_id}, why))
                return False
            self._remove(tx, actor, served, enrolment_id, why)
        return True

    def close(self, actor: Actor, handle: str, why: str) -> int:
        """End every recovery that is open for them; how many. Raises NotAllowed.

        At once whoever they are: it gives nobody anything, and a stranger may be about to finish one.
        """
        served, why = self.reach.open(actor, handle), _reason(why)
        for _ in range(MOST_TIMES):
            try:
                with self.records.db.write() as tx:
                    count = len(self.records.recoveries.open_of(tx, served.person.id, but_not=""))
                    self.mover.supersede(tx, served.person.id, "help-desk")
                    self._record(tx, actor, served, [RecoveriesEnded(count)], why)
                return count
            except Overtaken:
                continue
        raise StoreUnavailable("their recoveries moved again and again")

    def invite(self, actor: Actor, handle: str, *, language: str = "") -> None:
        """Write to every address that is known of them, where to add a method; once a week. Raises NotAllowed."""
        served = self.reach.open(actor, handle)
        if self.files.of(served).overview.get_back.yes:
            raise NotAllowed(NO_NEED)
        with self.records.db.write() as tx:
            self._record(tx, actor, served, [PersonInvited()], "")
            self.inviting.invite(tx, self._everybody(tx, served), language=language)

    def _lift_approved(self, approval: Approval, decider: Actor) -> Write:
        served = self._target(approval, decider)
        return lambda tx: self._lift(tx, decider, served, approval.why)

    def _remove_approved(self, approval: Approval, decider: Actor) -> Write:
        served, enrolment_id = self._target(approval, decider), approval.payload["enrolment"]
        return lambda tx: self._remove(tx, decider, served, enrolment_id, approval.why)

    def _target(self, approval: Approval, decider: Actor) -> Served:
        """As they are now; nobody decides about themselves. Raises NotAllowed or StoreUnavailable."""
        return self.reach.serve(decider, AccountKey(approval.payload["store"], approval.payload["account"]))

    def _lift(self, tx: Transaction, actor: Actor, served: Served, why: str) -> None:
        now, counters = self.around.now(), self.records.counters
        marks = [mark for each in self.files.waits(served.person.id).values() for mark in each]
        locked = [mark for mark, count in zip(marks, counters.peek(tx, marks, now), strict=True) if count.locked_until]
        resumed = self.records.freezes.lift(tx, served.whole, now)
        if locked and (until := self._wait_for(tx, served)):
            if not resumed:
                raise MustWait(until)
            # The stop is theirs to end, and the locks end by themselves.
            locked = []
        for mark in locked:
            counters.clear(tx, mark)
        if not locked and not resumed:
            raise NotAllowed(NOTHING)
        events: list[Event] = [LockOutLifted()] if locked else []
        self._record(tx, actor, served, [*events, *([SelfServiceResumed()] if resumed else [])], why)

    def _wait_for(self, tx: Transaction, served: Served) -> datetime | None:
        """Until when no lock of theirs is lifted any more, if this one is too many; it is counted."""
        quota, now = limits.LIFTS, self.around.now()
        (count,) = self.records.counters.bump(tx, [Mark(quota.name, served.person.id, quota.window)], now)
        verdict = limits.decide(quota, count.count, count.window_start, count.locked_until, now)
        return verdict.until if isinstance(verdict, limits.Wait) else None

    def _remove(self, tx: Transaction, actor: Actor, served: Served, enrolment_id: str, why: str) -> None:
        method = self._enrolment(tx, served, enrolment_id).method
        # Asked for before it is gone: the address that is removed hears of it too.
        whom = self._everybody(tx, served)
        self.records.enrolments.remove(tx, enrolment_id)
        self._record(tx, actor, served, [MethodTaken(method)], why)
        self._tell(tx, whom, MethodRemoved(method))

    def _enrolment(self, tx: Transaction, served: Served, enrolment_id: str) -> Enrolment:
        for enrolment in self.records.enrolments.of(tx, served.person.id):
            if enrolment.id == enrolment_id:
                return enrolment
        raise NotAllowed(GONE)

    def _everybody(self, tx: Transaction, served: Served) -> Person:
        """The person with every address that any of their directories or they themselves gave."""
        return self.inviting.everybody(tx, served.person, served.accounts)

    def _tell(self, tx: Transaction, whom: Person, event: Event) -> None:
        for job in self.notices.queue_change(tx, whom, event, ""):
            after_commit(tx, partial(self.office.hand_over, job))

    def _record(self, tx: Transaction, actor: Actor, served: Served, events: list[Event], why: str) -> None:
        details, now = said_by(actor, why), self.around.now()
        self.records.audit.append(tx, events, at=now, person_id=served.person.id, details=details)
        after_commit(tx, partial(tell, self.around.meter, events))


def _key(served: Served) -> dict[str, str]:
    return {"store": served.account.key.store, "account": served.account.key.id}


def _reason(why: str) -> str:
    if not why.strip():
        raise NotAllowed(SAY_WHY, {"why": SAY_WHY})
    return why.strip()[:500]
