"""What follows when a try to change a password is over, in the commit that says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from ...contracts.events import ChangeMissed, Event, NobodyFound, PasswordChanged, PasswordNotSet, PersonSignedOut
from ...contracts.people import Account
from ...contracts.store import Outcome, OutcomeKind
from ...db.counters import Mark
from ...db.jobs import Job
from ...db.session import Transaction, after_commit
from ...recovery import limits
from ...recovery.changing import Change, Result, Told
from ...recovery.release import AHEAD
from ..back_office import BackOffice
from ..faultpoint import faultpoint
from ..finding.whose import Owner
from ..records import Records
from ..reporting.counted import tell
from ..sending.notices import Notices
from ..surroundings import Surroundings
from .conclude import Concluding, leased

# Who knew the old password and is refused by a rule has proven it is theirs, as who has set a new one.
RIGHT = frozenset({Result.SET, Result.REFUSED})


@dataclass(frozen=True, slots=True)
class Ending:
    """How a try ended, and whose it was, if anybody's. `unknown`: the directory's answer was lost.
    `proven`: the old password was surely the right one.
    """

    told: Told
    owner: Owner | None = None
    why: str = ""
    unknown: bool = False
    proven: bool = False


@dataclass(frozen=True, kw_only=True)
class Results:
    """Says it at once to whoever proved that it is their password, and otherwise at a moment that is everybody's."""

    records: Records
    concluding: Concluding
    notices: Notices
    office: BackOffice
    around: Surroundings

    def tell(self, job: Job, change: Change, ending: Ending) -> None:
        """Write it down, when it is time."""
        now = self.around.now()
        if change.account is not None or ending.told.result in RIGHT:
            return self._keep(job, change.ended(ending.told, now), ending)
        shown_at = change.moment(now)
        ended = change.ended(ending.told, shown_at)
        return self.office.hold(job, max(now, shown_at - AHEAD), lambda job: self._keep(job, ended, ending))

    def record(self, tx: Transaction, change: Change, owner: Owner | None, events: Sequence[Event]) -> None:
        """Events stand in the same commit as the change, or neither does (P7)."""
        person = owner.subject.person.id if owner else ""
        self.records.audit.append(tx, events, at=self.around.now(), recovery_id=change.id, person_id=person)
        after_commit(tx, lambda: tell(self.around.meter, events))

    def _keep(self, job: Job, change: Change, ending: Ending) -> None:
        with self.records.db.write() as tx:
            saved = self.records.changes.save(tx, change)
            self.records.jobs.done(tx, [job.id])
            if saved is None:
                return
            self.record(tx, change, ending.owner, [_event(change, ending)])
            if ending.owner is not None:
                self._let_go(tx, change, ending.owner, ending)
        faultpoint("outcome-stored")

    def _let_go(self, tx: Transaction, change: Change, owner: Owner, ending: Ending) -> None:
        self.records.leases.free(tx, leased(self.records, owner.account), change.id)
        # Not by what was refused before the old one was looked at: the refusal itself would open the budget anew.
        if ending.proven:
            self.records.counters.clear(tx, passwords_of(self.records, owner.account))
        if ending.told.result is Result.SET:
            self._follow(tx, change, owner)

    def _follow(self, tx: Transaction, change: Change, owner: Owner) -> None:
        """Tell the person, end what was begun with the old password, and what was proven for it."""
        self.concluding.signalling.password_is_new(tx, [owner.account])
        jobs = self.concluding.ending.queue_for(tx, owner.account)
        if owner.subject.policy.notices.on_done:
            jobs += self.notices.queue_change(tx, owner.told, PasswordChanged(owner.account.key.store), change.language)
        for job in jobs:
            after_commit(tx, partial(self.office.hand_over, job))
        if self.records.sessions.end_of(tx, owner.subject.person):
            self.record(tx, change, owner, [PersonSignedOut("change")])
        done = (Outcome(owner.account.key, OutcomeKind.SET),)
        self.concluding.end_others(tx, owner.subject.person.id, (owner.account,), done, but_not="")


def passwords_of(records: Records, account: Account) -> Mark:
    """Whose wrong passwords are counted together, whatever name they were typed with."""
    quota = limits.ACCOUNT_PASSWORDS
    return Mark(quota.name, records.keyring.pseudonym(account.key.store, account.key.id), quota.window)


def _event(change: Change, ending: Ending) -> Event:
    store = ending.owner.account.key.store if ending.owner else ""
    result = ending.told.result
    if result is Result.SET:
        return PasswordChanged(store)
    if ending.owner is None and ending.why:
        return NobodyFound(ending.why, change.asked)
    if ending.why:
        return ChangeMissed(ending.why, store)
    return PasswordNotSet(store, result)
