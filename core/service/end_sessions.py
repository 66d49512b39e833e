"""The end-sessions job: whoever is signed in with the old password signs in anew, where a directory can see to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from ..contracts.errors import KeybackError
from ..contracts.events import Event, SessionsEnded, SessionsNotEnded
from ..contracts.people import Account, AccountKey
from ..contracts.store import CanEndSessions, OutcomeKind
from ..db.jobs import Job
from ..db.session import Transaction
from ..recovery.state import Recovery
from .back_office import BackOffice
from .calls import Calls
from .counted import tell
from .mover import Moved, Mover
from .records import Records
from .snapshot import Snapshots
from .surroundings import Surroundings

END_SECONDS = 9.0
LONGEST_PAUSE = timedelta(minutes=1)
# About a quarter of an hour; then an administrator is told.
MOST_TRIES = 20


@dataclass(frozen=True, kw_only=True)
class EndingSessions:
    """No page waits for it: the password is set, whatever becomes of this. Asking twice does no harm."""

    records: Records
    snapshots: Snapshots
    mover: Mover
    calls: Calls
    office: BackOffice
    around: Surroundings

    def queue(self, tx: Transaction, moved: Moved, accounts: Iterable[Account]) -> bool:
        """One job for each account whose directory can, in its lane; whether there is any."""
        stores, before = self.snapshots.current.plugins.stores, len(moved.jobs)
        for key in (account.key for account in accounts):
            if isinstance(stores.get(key.store), CanEndSessions):
                self.mover.queue(tx, moved, f"store:{key.store}", "end-sessions", store=key.store, id=key.id)
        return len(moved.jobs) > before

    def queue_for(self, tx: Transaction, account: Account) -> list[Job]:
        """The same after a change of a known password, which is no recovery; to be handed over once it is committed."""
        key = account.key
        if not isinstance(self.snapshots.current.plugins.stores.get(key.store), CanEndSessions):
            return []
        return [self.office.put(tx, f"store:{key.store}", "end-sessions", "", {"store": key.store, "id": key.id})]

    def work(self, job: Job) -> None:
        """Ask the directory, again and again while it does not answer."""
        recovery, place = self.records.recovery_of(job), job.payload["store"]
        store = self.snapshots.current.plugins.stores.get(place)
        accounts = recovery.subject.person.accounts if recovery and recovery.subject else ()
        account = next((each for each in accounts if (each.key.store, each.key.id) == (place, job.payload["id"])), None)
        if store is None or not isinstance(store, CanEndSessions) or (account is None and job.recovery_id):
            return self.office.done(job)
        able, context, key = store, self.around.context(seconds=END_SECONDS), AccountKey(place, job.payload["id"])
        try:
            account = account or self.calls.read(store, lambda: store.look(key, context), END_SECONDS)
            if account is None:
                return self.office.done(job)
            self.calls.write(store, lambda: able.end_sessions(account, ctx=context), END_SECONDS)
        except KeybackError:
            if job.tries < MOST_TRIES:
                return self.office.again(job, min(LONGEST_PAUSE, timedelta(seconds=2**job.tries)))
            return self._done(job, SessionsNotEnded(place))
        return self._done(job, SessionsEnded(place))

    def _done(self, job: Job, event: Event) -> None:
        with self.records.db.write() as tx:
            self.records.audit.append(tx, [event], at=self.around.now(), recovery_id=job.recovery_id)
            self.records.jobs.done(tx, [job.id])
        tell(self.around.meter, [event])


def signed_out(records: Records, snapshots: Snapshots, recovery: Recovery) -> bool:
    """Whether every directory that took the new password has ended the sessions: only then is "everywhere" true."""
    stores = snapshots.current.plugins.stores
    wanted = Counter(one.account.store for one in recovery.outcomes if one.kind is OutcomeKind.SET)
    if not wanted or not all(isinstance(stores.get(store), CanEndSessions) for store in wanted):
        return False
    with records.db.read() as tx:
        return wanted <= Counter(data["store"] for data in records.audit.told(tx, recovery.id, SessionsEnded.name))
