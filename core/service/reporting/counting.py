"""Counts who is in the directories and by what they could prove who they are: once a day, in the back office."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ...contracts.errors import KeybackError, StoreUnavailable
from ...contracts.people import Account, AccountKey, Person
from ...contracts.store import CanList, Store
from ...db import census_rounds
from ...db.census import Counted
from ...db.census_rounds import Round
from ...db.session import Transaction
from ...recovery.policy import Policy, ProofRules
from ...recovery.reach import Beside, Having
from ..calls import Calls
from ..finding.disguise import showable
from ..finding.recognise import Facts, Recognising
from ..records import Records
from ..snapshot import Drafted, Snapshots
from ..surroundings import Surroundings
from .standing_for import StandingFor

log = logging.getLogger(__name__)

# A server that has just started has people to serve first.
BEGIN_AFTER, LOOK_EVERY = timedelta(seconds=20), timedelta(seconds=5)
COUNT_EVERY, TRY_AGAIN = timedelta(hours=24), timedelta(minutes=30)
# One page of a directory, and a whole round of the largest.
PAGE_SECONDS, ROUND_SECONDS = 30.0, 12 * 3600.0
LEASE = timedelta(minutes=2)
# In one transaction: a longer one would keep pages waiting on SQLite.
AT_ONCE = 50


class Counting:
    """One thread here at most, and by its lease one for each store in the whole house."""

    def __init__(
        self, records: Records, snapshots: Snapshots, recognising: Recognising, calls: Calls, around: Surroundings
    ) -> None:
        self._records = records
        self._snapshots = snapshots
        self._recognising = recognising
        self._calls = calls
        self._around = around
        self._standing_for = StandingFor(snapshots=snapshots, calls=calls, around=around)
        self._holder = around.token()
        self._look_at: datetime | None = None
        self._busy = threading.Lock()

    def look(self, now: datetime) -> None:
        """A chore: begin where something is due. A thread of its own does it: a slow directory holds up no tick."""
        if self._look_at is None:
            self._look_at = now + BEGIN_AFTER
        if now < self._look_at or self._busy.locked():
            return
        self._look_at = now + LOOK_EVERY
        if self.due_stores(now) or self._due_people(now):
            threading.Thread(target=self._work, name="census", daemon=True).start()

    def due_stores(self, now: datetime) -> Sequence[Store]:
        """Those whose people were not counted for a day, or that somebody wants counted."""
        with self._records.db.read() as tx:
            rounds = census_rounds.every(tx)
        stores = self._snapshots.current.plugins.stores
        return [store for key, store in stores.items() if isinstance(store, CanList) and _is_due(rounds.get(key), now)]

    def work(self) -> None:
        """Everything that is due, here and now."""
        now = self._around.now()
        for store in self.due_stores(now):
            self._count(store)
        while self._look_again(now):
            pass

    def _work(self) -> None:
        if not self._busy.acquire(blocking=False):
            return
        try:
            self.work()
        except Exception:  # whatever breaks must not be asked again at every tick
            log.exception("people could not be counted")
        finally:
            self._busy.release()

    def _count(self, store: Store) -> None:
        """A whole round. What the last one saw counts until this one has ended."""
        assert isinstance(store, CanList)
        begun = self._begin(store.key)
        if begun is None:
            return
        number, groups = begun
        try:
            pages = store.everybody(ctx=self._around.context(seconds=ROUND_SECONDS))
            while (page := self._calls.read(store, lambda: next(pages, None), PAGE_SECONDS)) is not None:
                for start in range(0, len(page), AT_ONCE):
                    self._keep(store.key, number, groups, page[start : start + AT_ONCE])
            self._end(store.key, number)
        except KeybackError as failure:
            log.warning("people could not be counted", extra={"store": store.key, "kind": type(failure).__name__})
            with self._records.db.write() as tx:
                census_rounds.fail(tx, store.key, type(failure).__name__)
        finally:
            with self._records.db.write() as tx:
                self._records.leases.free(tx, _lease(store.key), self._holder)

    def _begin(self, key: str) -> tuple[int, frozenset[str]] | None:
        """The number of the round, and whose members it tells apart; None while another process counts."""
        now = self._around.now()
        with self._records.db.write() as tx:
            if not self._records.leases.take(tx, _lease(key), self._holder, now + LEASE, now):
                return None
            last = census_rounds.every(tx).get(key)
            groups = named_groups(self._snapshots.current.policies) | set(last.wanted if last else ())
            groups |= self._records.campaigns.groups(tx, now)
            number = last.number + 1 if last else 1
            census_rounds.begin(tx, key, number, groups, now)
        return number, groups

    def _keep(self, key: str, number: int, groups: frozenset[str], accounts: Sequence[Account]) -> None:
        people = self._counted(accounts, groups)
        now = self._around.now()
        with self._records.db.write() as tx:
            if not self._records.leases.take(tx, _lease(key), self._holder, now + LEASE, now):
                raise StoreUnavailable("another process counts by now")
            self._records.census.put(tx, number, people)
            census_rounds.saw(tx, key, len(people))

    def _end(self, key: str, number: int) -> None:
        more = AT_ONCE
        while more == AT_ONCE:
            with self._records.db.write() as tx:
                more = self._records.census.remove_older(tx, key, number, AT_ONCE)
        with self._records.db.write() as tx:
            census_rounds.end(tx, key, self._around.now())

    def _due_people(self, now: datetime) -> Sequence[tuple[AccountKey, int]]:
        with self._records.db.read() as tx:
            return self._records.census.due(tx, now, AT_ONCE)

    def _look_again(self, now: datetime) -> bool:
        """At those who added or removed something, or whose waiting is over; whether there may be more."""
        due = self._due_people(now)
        if not due:
            return False
        with self._records.db.read() as tx:
            rounds = census_rounds.every(tx)
        for key, number in due:
            account = self._standing_for.look(key)
            groups = frozenset(rounds[key.store].groups) if key.store in rounds else frozenset[str]()
            people = self._counted([account], groups) if account else ()
            with self._records.db.write() as tx:
                self._records.census.put(tx, number, people)
                if not people:
                    self._records.census.remove(tx, key)
        return True

    def _counted(self, accounts: Sequence[Account], groups: frozenset[str]) -> Sequence[Counted]:
        """What each of them has. Looking leaves no trace: an address that is new is new for its owner's own try."""
        with self._records.db.read() as tx:
            owners = [self._recognising.whose(tx, account.key) for account in accounts]
        # Before the transaction: it must not wait for a directory.
        theirs = [
            self._standing_for.them(account, linked) for account, (_, linked) in zip(accounts, owners, strict=True)
        ]
        recognising = self._asking_for_everything()
        with self._records.db.never_kept() as tx:
            return [
                self._one(tx, recognising, Person(owner[0], tuple(there)), groups)
                for account, owner, there in zip(accounts, owners, theirs, strict=True)
                if there[0].key == account.key and not self._is_copy(account)
            ]

    def _is_copy(self, account: Account) -> bool:
        """Whether they are counted as the account that this is a copy of."""
        return account.synced_from is not None and account.synced_from.store in self._snapshots.current.plugins.stores

    def _one(self, tx: Transaction, recognising: Recognising, person: Person, groups: frozenset[str]) -> Counted:
        first, *others = person.accounts
        keys = tuple(account.key for account in person.accounts)
        facts = recognising.facts(tx, replace(person, accounts=(first,)), keys, None)
        now = self._around.now()
        waiting = [one.usable_from for one in self._records.enrolments.of(tx, person.id) if one.usable_from > now]
        name, having = first.display_name or first.name, self._having(facts, others, groups)
        return Counted(first.key, person.id, name, having, min(waiting, default=None))

    def _having(self, facts: Facts, others: Sequence[Account], groups: frozenset[str]) -> Having:
        snapshot, (account,) = self._snapshots.current, facts.person.accounts
        methods = snapshot.plugins.methods
        everything = replace(snapshot.public, methods=tuple(methods))
        open_ones = [one for one in others if not one.state.closed]
        beside = {Beside(one.key.store, tuple(sorted(one.groups & groups))) for one in open_ones}
        return Having(
            account.key.store,
            groups=tuple(sorted(account.groups & groups)),
            methods=tuple(sorted({offer.method for offer in facts.offers})),
            shown=tuple(sorted({offer.method for offer in showable(facts.offers, everything, methods)})),
            privileged=account.privileged,
            enabled=account.state.enabled,
            locked_by_admin=account.state.locked_by_admin,
            expired=account.state.expired,
            copied=account.synced_from is not None,
            stopped=facts.stopped,
            beside=tuple(sorted(beside, key=lambda one: (one.store, one.groups))),
        )

    def _asking_for_everything(self) -> Recognising:
        """By policies that count every method: which ones do is what rules are compared for."""
        snapshot = self._snapshots.current
        every = ProofRules(optional=frozenset(snapshot.plugins.methods))
        policies = [replace(policy, proof=every) for policy in snapshot.policies] or [Policy("everybody", proof=every)]
        drafted = Drafted(snapshot.with_rules(policies, snapshot.public))
        ways = replace(self._recognising.ways, snapshots=drafted)
        return replace(self._recognising, snapshots=drafted, ways=ways)


def named_groups(policies: Iterable[Policy]) -> frozenset[str]:
    """The groups that these rules ask for: people are told apart by no others."""
    return frozenset().union(*(policy.audience.groups | policy.scope.forbidden_groups for policy in policies))


def _is_due(last: Round | None, now: datetime) -> bool:
    if last is None or last.asked_at is not None:
        return True
    done = last.ended_at is not None and last.ended_at >= last.began_at
    return now >= last.began_at + (COUNT_EVERY if done else TRY_AGAIN)


def _lease(store: str) -> str:
    return f"census {store}"
