"""Whose password somebody wants to change, and whether they may here: the same questions for every name (P4)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...contracts.errors import Ambiguous, StoreUnavailable
from ...contracts.people import Account, Person
from ...contracts.store import CanChange, Store
from ...recovery.changing import Change
from ...recovery.policy import out_of_scope
from ...recovery.state import Subject
from ..records import Records
from ..sending.to_be_told import everybody
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from ..writing.write import Writer
from .recognise import Recognising

# Together less than a job's lease, with the write that follows.
ASK_SECONDS = 3.0
# A wrong password costs the directory so many more questions than a name that nobody has.
BALANCE = 3


@dataclass(frozen=True, slots=True)
class Owner:
    """The person, by the account whose password it is. `told`: with every address that hears of a change."""

    account: Account
    subject: Subject
    told: Person
    stopped: bool = False


@dataclass(frozen=True, kw_only=True)
class Whose:
    """Finds them by their name, or by the account that they signed in with."""

    records: Records
    snapshots: Snapshots
    writer: Writer
    recognising: Recognising
    around: Surroundings

    def find(self, change: Change) -> Owner | str:
        """Them, or why there is nobody. Raises StoreUnavailable."""
        found = self._asked(change)
        owner = found if isinstance(found, str) else self.of(found)
        if isinstance(owner, str):
            return owner
        if why := self._why_not(owner):
            return why
        return replace(owner, subject=replace(owner.subject, directory=self.writer.rules(owner.account)))

    def _asked(self, change: Change) -> list[Account] | str:
        stores = self.snapshots.current.plugins.stores
        try:
            asked = [self._ask(stores[key], change) for key in change.asked if key in stores]
        except Ambiguous:
            return "ambiguous"
        accounts = [account for account in asked if account is not None]
        accounts.sort(key=lambda account: -stores[account.key.store].strictness)
        return accounts or "unknown"

    def _ask(self, store: Store, change: Change) -> Account | None:
        context, key = self.around.context(seconds=ASK_SECONDS), change.account
        if key is not None:
            return self.writer.calls.read(store, lambda: store.look(key, context), ASK_SECONDS)
        return self._find(store, change.name)

    def _find(self, store: Store, name: str) -> Account | None:
        context = self.around.context(seconds=ASK_SECONDS)
        return self.writer.calls.read(store, lambda: store.find(name, context), ASK_SECONDS)

    def of(self, accounts: list[Account]) -> Owner | str:
        """The person whom all these accounts belong to, by the first; or why there is none."""
        account = accounts[0]
        with self.records.db.write() as tx:
            people = dict(self.recognising.whose(tx, each.key) for each in accounts)
            if len(people) > 1:
                # The same name in two stores is never the first match (E21), unless both accounts are linked.
                return "ambiguous"
            ((person_id, linked),) = people.items()
            facts = self.recognising.facts(tx, Person(person_id, (account,)), linked, None)
            enrolments = self.records.enrolments.of(tx, person_id)
        told = everybody(facts, self.snapshots.current.plugins.methods, enrolments, None)
        return Owner(account, Subject(facts.person, facts.policy, ()), told, stopped=facts.stopped)

    def _why_not(self, owner: Owner) -> str:
        if owner.stopped:
            return "frozen"
        if why := out_of_scope(owner.subject.policy.scope, owner.account):
            return why
        if owner.account.state.locked:
            # A change would go round the directory's own answer to guessing.
            return "locked"
        return "" if isinstance(self._store(owner.account), CanChange) else "cannot"

    def balance(self, change: Change) -> bool:
        """What shows at which moment it was answered must not show whose name it was, so this takes as long.

        Whether the last question was answered, which stands for the order. Raises StoreUnavailable for the others.
        """
        for _ in range(BALANCE - 1):
            self._ask_for_nobody(change)
        return self.unmoved(change) is not None

    def unmoved(self, change: Change) -> bool | None:
        """Where there is no account, nothing can have been changed in it: False; None while its directory is silent."""
        try:
            self._ask_for_nobody(change)
        except StoreUnavailable:
            return None
        return False

    def _ask_for_nobody(self, change: Change) -> None:
        store = self.snapshots.current.plugins.stores.get(change.asked[0]) if change.asked else None
        if store is not None and change.account is None:
            self._find(store, self.around.token())

    def _store(self, account: Account) -> Store:
        return self.snapshots.current.plugins.stores[account.key.store]
