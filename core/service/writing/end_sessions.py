"""The end-sessions job: whoever is signed in with the old password signs in anew, where somebody can see to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from ...contracts.entry import Entry
from ...contracts.errors import KeybackError
from ...contracts.events import Event, SessionsEnded, SessionsNotEnded
from ...contracts.people import Account, AccountKey
from ...contracts.plugin import Context, Plugin
from ...contracts.store import CanEndSessions, OutcomeKind
from ...db.jobs import Job
from ...db.session import Transaction
from ...recovery.state import Recovery
from ..back_office import BackOffice
from ..calls import Calls
from ..mover import Moved, Mover
from ..records import Records
from ..reporting.counted import tell
from ..snapshot import Snapshots
from ..surroundings import Surroundings

END_SECONDS = 9.0
LONGEST_PAUSE = timedelta(minutes=1)
# About a quarter of an hour; then an administrator is told.
MOST_TRIES = 20

# The job that tells a client of OpenID Connect; the bridge does it.
AT_CLIENT = "end-at-client"
# Ends an account's sessions, or raises one of our errors and is asked again.
End = Callable[[Account, Context], None]


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
            for lane, kind, order in self._orders(account.key, _copies(moved.recovery, account.key)):
                self.mover.queue(tx, moved, lane, kind, **order)
        return len(moved.jobs) > before

    def queue_for(self, tx: Transaction, account: Account) -> list[Job]:
        """The same after a change of a known password, which is no recovery; to be handed over once it is committed."""
        orders = self._orders(account.key, account.mirrored_in)
        return [self.office.put(tx, lane, kind, "", order) for lane, kind, order in orders]

    def work(self, job: Job) -> None:
        """Ask the directory or the notifier."""
        plugins, by = self.snapshots.current.plugins, job.payload.get("by", "")
        asked: Plugin | None = plugins.notifiers.get(by) if by else plugins.stores.get(job.payload["store"])
        # Whatever else it is; the type checker knows no plugin that has this ability by its class alone.
        able: object = asked
        if asked is None or not isinstance(able, CanEndSessions):
            return self.office.done(job)

        def end(account: Account, context: Context) -> None:
            self.calls.write(asked, lambda: able.end_sessions(account, ctx=context), END_SECONDS)

        return self.carry_out(job, by or job.payload["store"], end)

    def carry_out(self, job: Job, name: str, end: End) -> None:
        """End the sessions of the job's account, again and again while nobody does; the log calls them `name`."""
        context = self.around.context(seconds=END_SECONDS)
        try:
            account = self._account(job, context)
            if account is None:
                return self.office.done(job)
            end(account, context)
        except KeybackError:
            if job.tries < MOST_TRIES:
                return self.office.again(job, min(LONGEST_PAUSE, timedelta(seconds=2**job.tries)))
            return self._done(job, SessionsNotEnded(name))
        return self._done(job, SessionsEnded(name))

    def _account(self, job: Job, context: Context) -> Account | None:
        """As its recovery knows it; a copy, and one that was changed, as its directory does."""
        key = AccountKey(job.payload["store"], job.payload["id"])
        if job.recovery_id:
            recovery = self.records.recovery_of(job)
            accounts = recovery.subject.person.accounts if recovery and recovery.subject else ()
            if not any(key in each.mirrored_in for each in accounts):
                return next((each for each in accounts if each.key == key), None)
        store = self.snapshots.current.plugins.stores.get(key.store)
        return self.calls.read(store, lambda: store.look(key, context), END_SECONDS) if store else None

    def _orders(self, key: AccountKey, copies: Iterable[AccountKey]) -> Iterator[tuple[str, str, dict[str, str]]]:
        """In which lane to tell whom: the account's directory, those of its copies, whose sessions a password that is
        taken over doesn't end, and everybody who ends sessions elsewhere."""
        for one in (key, *copies):
            told = {"store": one.store, "id": one.id}
            if isinstance(self.snapshots.current.plugins.stores.get(one.store), CanEndSessions):
                yield f"store:{one.store}", "end-sessions", told
            for name in clients_told(self.snapshots, one.store):
                yield place_of(name), AT_CLIENT, {**told, "client": name}
        for name in enders(self.snapshots):
            yield f"notifier:{name}", "end-sessions", {"store": key.store, "id": key.id, "by": name}

    def _done(self, job: Job, event: Event) -> None:
        with self.records.db.write() as tx:
            self.records.audit.append(tx, [event], at=self.around.now(), recovery_id=job.recovery_id)
            self.records.jobs.done(tx, [job.id])
        tell(self.around.meter, [event])


def enders(snapshots: Snapshots) -> Iterator[str]:
    """The notifiers that end sessions at somebody's who is no directory."""
    notifiers = snapshots.current.plugins.notifiers
    return (name for name, notifier in notifiers.items() if isinstance(notifier, CanEndSessions))


def clients_told(snapshots: Snapshots, store: str) -> Mapping[str, Entry]:
    """The clients that know this directory's accounts, and said where they hear that sessions are over."""
    return {
        name: entry
        for name, entry in snapshots.current.entries.items()
        if entry.client and entry.client.store == store and entry.client.backchannel_logout_uri
    }


def place_of(client: str) -> str:
    """What log and lanes call a client: a plugin could have the same name."""
    return f"client:{client}"


def signed_out(records: Records, snapshots: Snapshots, recovery: Recovery) -> bool:
    """Whether every directory that took the new password has ended the sessions, and every notifier and client that
    can: only then is "everywhere" true."""
    stores = snapshots.current.plugins.stores
    done = [one.account for one in recovery.outcomes if one.kind is OutcomeKind.SET]
    wanted = Counter(one.store for key in done for one in (key, *_copies(recovery, key)))
    if not wanted or not all(isinstance(stores.get(store), CanEndSessions) for store in wanted):
        return False
    told = Counter(dict.fromkeys(enders(snapshots), len(done)))
    for store, times in wanted.items():
        told += Counter(dict.fromkeys(map(place_of, clients_told(snapshots, store)), times))
    with records.db.read() as tx:
        ended = Counter(data["store"] for data in records.audit.told(tx, recovery.id, SessionsEnded.name))
    return wanted + told <= ended


def _copies(recovery: Recovery, key: AccountKey) -> tuple[AccountKey, ...]:
    """Accounts elsewhere that take this one's password over, where the person came by the name of one."""
    accounts = recovery.subject.person.accounts if recovery.subject else ()
    return next((account.mirrored_in for account in accounts if account.key == key), ())
