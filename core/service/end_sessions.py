"""The end-sessions job: whoever is signed in with the old password signs in anew, where somebody can see to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from ..contracts.errors import KeybackError
from ..contracts.events import Event, SessionsEnded, SessionsNotEnded
from ..contracts.people import Account, AccountKey
from ..contracts.plugin import Plugin
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
        """One job for each account and each who can, in its lane; whether there is any."""
        before = len(moved.jobs)
        for account in accounts:
            for lane, order in self._orders(account.key):
                self.mover.queue(tx, moved, lane, "end-sessions", **order)
        return len(moved.jobs) > before

    def queue_for(self, tx: Transaction, account: Account) -> list[Job]:
        """The same after a change of a known password, which is no recovery; to be handed over once it is committed."""
        return [self.office.put(tx, lane, "end-sessions", "", order) for lane, order in self._orders(account.key)]

    def work(self, job: Job) -> None:
        """Ask the directory, again and again while it does not answer."""
        recovery, place, by = self.records.recovery_of(job), job.payload["store"], job.payload.get("by", "")
        plugins = self.snapshots.current.plugins
        store = plugins.stores.get(place)
        asked: Plugin | None = plugins.notifiers.get(by) if by else store
        # Whatever else it is; the type checker knows no plugin that has this ability by its class alone.
        able: object = asked
        accounts = recovery.subject.person.accounts if recovery and recovery.subject else ()
        account = next((each for each in accounts if (each.key.store, each.key.id) == (place, job.payload["id"])), None)
        if store is None or asked is None or not isinstance(able, CanEndSessions):
            return self.office.done(job)
        if account is None and job.recovery_id:
            return self.office.done(job)
        context, key = self.around.context(seconds=END_SECONDS), AccountKey(place, job.payload["id"])
        try:
            account = account or self.calls.read(store, lambda: store.look(key, context), END_SECONDS)
            if account is None:
                return self.office.done(job)
            self.calls.write(asked, lambda: able.end_sessions(account, ctx=context), END_SECONDS)
        except KeybackError:
            if job.tries < MOST_TRIES:
                return self.office.again(job, min(LONGEST_PAUSE, timedelta(seconds=2**job.tries)))
            return self._done(job, SessionsNotEnded(by or place))
        return self._done(job, SessionsEnded(by or place))

    def _orders(self, key: AccountKey) -> Iterator[tuple[str, dict[str, str]]]:
        """In which lane to tell whom: the account's directory, and every notifier that ends sessions elsewhere."""
        plugins, told = self.snapshots.current.plugins, {"store": key.store, "id": key.id}
        if isinstance(plugins.stores.get(key.store), CanEndSessions):
            yield f"store:{key.store}", told
        for name in enders(self.snapshots):
            yield f"notifier:{name}", {**told, "by": name}

    def _done(self, job: Job, event: Event) -> None:
        with self.records.db.write() as tx:
            self.records.audit.append(tx, [event], at=self.around.now(), recovery_id=job.recovery_id)
            self.records.jobs.done(tx, [job.id])
        tell(self.around.meter, [event])


def enders(snapshots: Snapshots) -> Iterator[str]:
    """The notifiers that end sessions at somebody's who is no directory."""
    notifiers = snapshots.current.plugins.notifiers
    return (name for name, notifier in notifiers.items() if isinstance(notifier, CanEndSessions))


def signed_out(records: Records, snapshots: Snapshots, recovery: Recovery) -> bool:
    """Whether every directory that took the new password has ended the sessions, and every notifier that can: only
    then is "everywhere" true."""
    stores = snapshots.current.plugins.stores
    wanted = Counter(one.account.store for one in recovery.outcomes if one.kind is OutcomeKind.SET)
    if not wanted or not all(isinstance(stores.get(store), CanEndSessions) for store in wanted):
        return False
    wanted += Counter(dict.fromkeys(enders(snapshots), wanted.total()))
    with records.db.read() as tx:
        return wanted <= Counter(data["store"] for data in records.audit.told(tx, recovery.id, SessionsEnded.name))
