"""The join job: ask a linked account's own store about it. Neither the person nor their other accounts wait for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from ...contracts.errors import StoreUnavailable
from ...contracts.people import Account, AccountKey, Person
from ...contracts.store import DirectoryRules
from ...db.jobs import Job
from ...db.session import Transaction
from ...recovery.moves import Joined
from ...recovery.passwords import together
from ...recovery.policy import out_of_scope
from ...recovery.release import pause
from ...recovery.state import Recovery, Stage, Subject
from ..back_office import BackOffice
from ..calls import Calls
from ..mover import Moved, Mover
from ..records import Records
from ..sending.messages import Messenger
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from .fitting import fitting_offers
from .ways import Ways

LOOK_SECONDS = 4.0
# A store that is silent is asked again this often, until something is proven.
ASK_AGAIN = timedelta(seconds=2)
# Within so long what was seen is saved.
SPREAD = timedelta(milliseconds=250)


def queue_joining(mover: Mover, tx: Transaction, moved: Moved) -> None:
    """One job for each linked account, in the lane of its own store."""
    subject = moved.recovery.subject
    for key in subject.unseen if subject else ():
        mover.queue(tx, moved, f"store:{key.store}", "join", store=key.store, id=key.id)


@dataclass(frozen=True, kw_only=True)
class Joining:
    """Lets a linked account take part, or says to the events why it does not; to the outside both look alike."""

    records: Records
    snapshots: Snapshots
    mover: Mover
    messenger: Messenger
    calls: Calls
    office: BackOffice
    around: Surroundings
    ways: Ways

    def work(self, job: Job) -> None:
        """Look at the account. After the first proof it is too late: what the person sees stands still."""
        recovery = self.records.recovery_of(job)
        key = AccountKey(job.payload["store"], job.payload["id"])
        if recovery is None or _is_over(recovery, key):
            return self.office.done(job)
        try:
            seen = self.look(key)
        except StoreUnavailable:
            return self.office.again(job, ASK_AGAIN)
        # At no moment that anybody could aim at: only somebody has linked accounts, and a save can meet a page's (P4).
        spread = SPREAD if pause(recovery) else timedelta(0)
        moment = self.around.now() + spread * (self.around.random(1)[0] / 256)
        return self.office.hold(job, moment, lambda job: self._save(job, key, seen))

    def _save(self, job: Job, key: AccountKey, seen: tuple[Account, DirectoryRules] | str) -> None:
        recovery = self.records.recovery_of(job)
        if recovery is None or _is_over(recovery, key):
            return self.office.done(job)
        with self.records.db.write() as tx:
            moved = self.mover.move(tx, recovery, self.joined(tx, recovery, key, seen))
            self.records.jobs.done(tx, [job.id])
            if moved.recovery.stage is Stage.ANSWERING and self._fits_now(recovery, moved.recovery):
                self.messenger.queue(tx, moved)
        self.mover.hand_over(moved)
        return None

    def look(self, key: AccountKey) -> tuple[Account, DirectoryRules] | str:
        """The account and what its directory insists on, or why it cannot take part."""
        store = self.snapshots.current.plugins.stores.get(key.store)
        if store is None:
            return "switched-off"
        context = self.around.context(seconds=LOOK_SECONDS)
        account = self.calls.read(store, lambda: store.look(key, context), LOOK_SECONDS)
        if account is None or account.key != key:
            return "gone"
        return account, self.calls.read(store, lambda: store.rules(account, context), LOOK_SECONDS)

    def joined(
        self, tx: Transaction, recovery: Recovery, key: AccountKey, seen: tuple[Account, DirectoryRules] | str
    ) -> Joined:
        """What the recovery becomes by it."""
        assert recovery.subject is not None
        subject = replace(recovery.subject, unseen=tuple(each for each in recovery.subject.unseen if each != key))
        if isinstance(seen, str):
            return Joined(key, subject, seen)
        account, rules = seen
        if reason := self._why_not(tx, recovery, subject, account):
            return Joined(key, subject, reason)
        policy = subject.policy
        contacts = self.ways.contacts(tx, recovery, account, policy)
        person = replace(subject.person, accounts=(*subject.person.accounts, account))
        person = replace(person, contacts=(*person.contacts, *contacts))
        more = tuple(offer for offer in self.ways.offers(tx, person, policy) if offer not in subject.offers)
        directory = together(subject.directory, rules, policy.password.min_length)
        joined = replace(subject, person=person, offers=(*subject.offers, *more), directory=directory)
        return Joined(key, joined)

    def _why_not(self, tx: Transaction, recovery: Recovery, subject: Subject, account: Account) -> str:
        """Empty when it may take part. Whoever was found keeps their own policy, whatever is linked to them."""
        both = replace(subject.person, accounts=(*subject.person.accounts, account))
        if self.snapshots.current.policy_for(both) != subject.policy:
            return "other-policy"
        if self.records.freezes.stopped(tx, Person(both.id, (account,))):
            return "frozen"
        own = self.snapshots.current.policy_for(Person(both.id, (account,)))
        for policy in (subject.policy, own):
            reason = out_of_scope(policy.scope, account)
            if reason or recovery.purpose not in policy.purposes:
                return reason or "out-of-scope"
        return ""

    def _fits_now(self, before: Recovery, after: Recovery) -> bool:
        """Whether the picked destination is one of the linked account: nothing was sent to it so far."""
        method = self.snapshots.current.plugins.methods.get(after.pick.method) if after.pick else None
        return not fitting_offers(before, method) and bool(fitting_offers(after, method))


def _is_over(recovery: Recovery, key: AccountKey) -> bool:
    """Whether it is too late for this account, or it was seen."""
    subject = recovery.subject
    return subject is None or not recovery.is_open or bool(recovery.proofs) or key not in subject.unseen
