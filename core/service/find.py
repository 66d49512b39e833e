"""The find job: ask the stores who this is, and decide what they may do. No page waits for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from ..contracts.errors import Ambiguous, StoreUnavailable
from ..contracts.people import Account, AccountKey, Person
from ..contracts.store import DirectoryRules, Store
from ..db.jobs import Job
from ..db.session import Transaction
from ..recovery.moves import Found, Looked
from ..recovery.policy import out_of_scope
from ..recovery.state import Lane, Recovery, Stage, Subject
from .back_office import BackOffice
from .calls import Calls
from .faultpoint import faultpoint
from .join import queue_joining
from .known_browser import knows
from .messages import Messenger
from .mover import Moved, Mover
from .records import Records
from .snapshot import Snapshots
from .surroundings import Surroundings
from .ways import Ways

FIND_SECONDS = 8.0
# While a store is silent it is asked again this often; the person's page says that it takes longer than usual.
ASK_AGAIN = timedelta(seconds=2)


def queue_finding(mover: Mover, tx: Transaction, moved: Moved) -> None:
    """One job for each store that may know the name, each in that store's own lane."""
    for store in moved.recovery.asked:
        mover.queue(tx, moved, f"store:{store}", "find", store=store)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Turns a name into a subject, or into nobody; to the outside these look alike."""

    records: Records
    snapshots: Snapshots
    mover: Mover
    messenger: Messenger
    calls: Calls
    office: BackOffice
    around: Surroundings
    ways: Ways

    def work(self, job: Job) -> None:
        """Ask one store, and write its answer down; the last answer decides."""
        recovery = self.office.recovery_of(job)
        key = job.payload["store"]
        store = self.snapshots.current.plugins.stores.get(key)
        if recovery is None or not recovery.is_open or recovery.found or key in dict(recovery.answers):
            return self._forget(job)
        try:
            account, rules, why = self._ask(store, recovery.name) if store else (None, DirectoryRules(), "")
        except StoreUnavailable:
            return self.office.again(job, ASK_AGAIN)
        others = set(recovery.asked) - dict(recovery.answers).keys() - {key}
        if others:
            self._write_down(job, recovery, Looked(key, account))
        else:
            self._decide(job, recovery, (*recovery.answers, (key, account)), rules, why)
        return None

    def _ask(self, store: Store, name: str) -> tuple[Account | None, DirectoryRules, str]:
        context = self.around.context(seconds=FIND_SECONDS)
        try:
            account = self.calls.read(store, lambda: store.find(name, context), FIND_SECONDS)
        except Ambiguous:
            return None, DirectoryRules(), "ambiguous"
        if account is None:
            return None, DirectoryRules(), "unknown"
        return account, self.calls.read(store, lambda: store.rules(account, context), FIND_SECONDS), ""

    def _write_down(self, job: Job, recovery: Recovery, move: Looked) -> None:
        with self.records.db.write() as tx:
            self.mover.move(tx, recovery, move)
            self.records.jobs.done(tx, [job.id])

    def _decide(
        self,
        job: Job,
        recovery: Recovery,
        answers: tuple[tuple[str, Account | None], ...],
        rules: DirectoryRules,
        why: str,
    ) -> None:
        stores = self.snapshots.current.plugins.stores
        accounts = [account for _, account in answers if account is not None]
        accounts.sort(key=lambda account: -stores[account.key.store].strictness if account.key.store in stores else 0)
        with self.records.db.write() as tx:
            # The same name in two stores is never the first match (E21), unless both accounts are linked.
            people = {self._person_id(tx, account.key) for account in accounts}
            found = Found(None, "ambiguous" if len(people) > 1 else why or "unknown")
            if len(people) == 1:
                found = self._subject(tx, recovery, accounts[0], rules if len(accounts) == 1 else DirectoryRules())
            moved = self.mover.move(tx, recovery, found, details={"name": recovery.name})
            self.records.jobs.done(tx, [job.id])
            queue_joining(self.mover, tx, moved)
            if moved.recovery.stage is Stage.ANSWERING:
                self.messenger.queue(tx, moved)
        faultpoint("found")
        self.mover.hand_over(moved)

    def _subject(self, tx: Transaction, recovery: Recovery, account: Account, rules: DirectoryRules) -> Found:
        person = Person(self._person_id(tx, account.key), (account,))
        if self.records.freezes.stopped(tx, person):
            return Found(None, "frozen")
        policy = self.snapshots.current.policy_for(person)
        reason = out_of_scope(policy.scope, account)
        if not reason and recovery.purpose not in policy.purposes:
            reason = "out-of-scope"
        if reason:
            return Found(None, reason)
        person = replace(person, contacts=self.ways.contacts(tx, recovery, account, policy))
        offers = self.ways.offers(tx, person, policy)
        linked = tuple(key for key in self.records.links.accounts_of(tx, person.id) if key != account.key)
        if not offers and not linked:
            return Found(None, "no-methods")
        known = knows(self.records.keyring, recovery.browser, person.id)
        lane = Lane.KNOWN_BROWSER if known else Lane.UNKNOWN_BROWSER
        return Found(Subject(person, policy, offers, lane, rules, linked))

    def _person_id(self, tx: Transaction, key: AccountKey) -> str:
        return self.records.links.person_of(tx, key) or self.records.keyring.pseudonym(key.store, key.id)

    def _forget(self, job: Job) -> None:
        with self.records.db.write() as tx:
            self.records.jobs.done(tx, [job.id])
