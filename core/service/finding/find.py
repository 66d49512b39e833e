"""The find job: ask the stores who this is, and decide what they may do. No page waits for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeAlias

from ...contracts.errors import StoreUnavailable
from ...contracts.people import Account, AccountKey, Person
from ...contracts.store import DirectoryRules, Store
from ...db.jobs import Job
from ...db.session import Transaction
from ...recovery.moves import Found, Looked
from ...recovery.release import saving
from ...recovery.state import Recovery, Stage
from ..back_office import BackOffice
from ..faultpoint import faultpoint
from ..helping.call_joining import joined
from ..mover import Moved, Mover, Overtaken
from ..records import Records
from ..sending.messages import Messenger
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from .ask import Asking, Told
from .disguise import Disguise
from .join import queue_joining
from .recognise import Recognising

Answer: TypeAlias = tuple[str, Account | None]

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
    asking: Asking
    recognising: Recognising
    disguise: Disguise
    office: BackOffice
    around: Surroundings

    def work(self, job: Job) -> None:
        """Ask one store, and write its answer down when it is time."""
        recovery = self.records.recovery_of(job)
        key = job.payload["store"]
        store = self.snapshots.current.plugins.stores.get(key)
        if recovery is None or _is_over(recovery, key):
            return self.office.done(job)
        try:
            told = self.asking.ask(store, recovery) if store else Told()
        except StoreUnavailable:
            return self.office.again(job, ASK_AGAIN)
        return self._go_on(job, recovery, told)

    def _go_on(self, job: Job, recovery: Recovery, told: Told) -> None:
        """A copy counts as the account whose password it has, which its own directory is asked for in its own lane."""
        master = told.account.synced_from if told.account else None
        if master and master.store in self.snapshots.current.plugins.stores:
            there = replace(job, lane=f"store:{master.store}")
            if not self.office.hand_over(there, lambda job: self._master(job, recovery, told)):
                self.office.again(job, ASK_AGAIN)
            return
        self._hold(job, recovery, told)

    def _master(self, job: Job, recovery: Recovery, told: Told) -> None:
        assert told.account is not None
        try:
            self._hold(job, recovery, self.asking.master(told.account))
        except StoreUnavailable:
            self.office.again(job, ASK_AGAIN)

    def _hold(self, job: Job, recovery: Recovery, told: Told) -> None:
        key = job.payload["store"]
        self.office.hold(job, saving(recovery, self.around.now()), lambda job: self._keep(job, key, told))

    def _keep(self, job: Job, key: str, told: Told) -> None:
        """One store's answer; the last one decides."""
        recovery = self.records.recovery_of(job)
        if recovery is None or _is_over(recovery, key):
            return self.office.done(job)
        if set(recovery.asked) - dict(recovery.answers).keys() - {key}:
            return self._write_down(job, recovery, Looked(key, told.account))
        try:
            return self._decide(job, recovery, (*recovery.answers, (key, told.account)), told)
        except StoreUnavailable:
            return self.office.again(job, ASK_AGAIN)

    def _write_down(self, job: Job, recovery: Recovery, move: Looked) -> None:
        with self.records.db.write() as tx:
            self.mover.move(tx, recovery, move)
            self.records.jobs.done(tx, [job.id])

    def _decide(self, job: Job, recovery: Recovery, answers: tuple[Answer, ...], told: Told) -> None:
        accounts = strictest_first(each_once(account for _, account in answers if account is not None), self._stores)
        # For nobody the canary's records are read, or the stand-in's, and nothing of them is used.
        read = accounts or _instead(recovery, told)
        with self.records.db.write() as tx:
            people = dict(self.recognising.whose(tx, account.key) for account in read)
            # The same name in two stores is never the first match (E21), unless both accounts are linked.
            theirs = bool(accounts) and len(people) == 1
            found = Found(None, "ambiguous" if len(people) > 1 else told.why or "unknown")
            if read:
                person = Person(min(people), (read[0],))
                facts = self.recognising.facts(tx, person, people[person.id], recovery if theirs else None)
                rules = told.rules if len(accounts) == 1 else DirectoryRules()
                found = self.recognising.found(facts, recovery, rules) if theirs else found
            found = joined(tx, self.records, recovery, found, self.around.now())
            found = replace(found, shown=self.disguise.shown(recovery, found.subject))
            moved = self._save(tx, recovery, found)
            self.records.jobs.done(tx, [job.id])
            queue_joining(self.mover, tx, moved)
            if moved.recovery.stage is Stage.ANSWERING:
                self.messenger.queue(tx, moved)
        faultpoint("found")
        self.mover.hand_over(moved)

    def _save(self, tx: Transaction, recovery: Recovery, found: Found) -> Moved:
        """Their page may have moved meanwhile. Nothing that was read depends on that, so it is not read again."""
        details = {"name": recovery.name}
        try:
            return self.mover.move(tx, recovery, found, details=details)
        except Overtaken:
            newest = self.records.recoveries.load(tx, recovery.id)
            if newest is None or newest.found:
                raise
            return self.mover.move(tx, newest, found, details=details)

    @property
    def _stores(self) -> Mapping[str, Store]:
        return self.snapshots.current.plugins.stores


def _is_over(recovery: Recovery, store: str) -> bool:
    """Whether nobody waits for this store's answer any more."""
    return not recovery.is_open or recovery.found or store in dict(recovery.answers)


def strictest_first(accounts: Sequence[Account], stores: Mapping[str, Store]) -> list[Account]:
    """In the order in which they are written; the first decides about the policy."""
    return sorted(accounts, key=lambda a: -stores[a.key.store].strictness if a.key.store in stores else 0)


def each_once(accounts: Iterable[Account]) -> list[Account]:
    """The same account may be found by its own name and by that of its copy."""
    found: dict[AccountKey, Account] = {}
    for account in accounts:
        known = found.get(account.key, account)
        mirrors = tuple(dict.fromkeys((*known.mirrored_in, *account.mirrored_in)))
        found[account.key] = replace(known, privileged=known.privileged or account.privileged, mirrored_in=mirrors)
    return list(found.values())


def _instead(recovery: Recovery, told: Told) -> list[Account]:
    if told.canary:
        return [told.canary]
    return list(recovery.stand_in.person.accounts) if recovery.stand_in else []
