"""The password write: fence, write, read back, and say only what is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ...contracts.errors import NotAllowed, PasswordRefused, StoreUnavailable, WrongPassword
from ...contracts.people import Account
from ...contracts.plugin import Context
from ...contracts.store import CanChange, CanTell, DirectoryRules, Outcome, OutcomeKind, Store
from ...contracts.text import Secret, Text
from ..calls import Calls
from ..faultpoint import faultpoint
from ..snapshot import Snapshots
from ..surroundings import Surroundings

# The person is told within 8 seconds what we know: 6 for the write, 2 to find out about a lost answer.
WRITE_SECONDS = 6.0
TELL_SECONDS = 2.0

NO_ANSWER = Text("It didn't answer. Nothing was changed there, and your old password still works.")
SOMEBODY_ELSE = Text("Somebody else changed this password at the same moment. Choose another password.")
STILL_LOCKED = Text("Your account is still locked.")
NOT_ASKED = Text("Nothing was changed there, so that you don't end up with two passwords.")

# One account is written after the other. A write that has not begun this long after its turn came never does: a process
# that was stopped in between wakes up when its leases are over and the person may have been told that nothing was set.
TOO_LATE = timedelta(seconds=4)
# A turn is as long as a write that begins at the last moment.
TURN = TOO_LATE + timedelta(seconds=WRITE_SECONDS)


@dataclass(frozen=True, kw_only=True)
class Writer:
    """Asks stores to set passwords. Knows no database: what it learns is returned and stored by the caller."""

    snapshots: Snapshots
    calls: Calls
    around: Surroundings

    def look(self, account: Account) -> Account | None:
        """The account as it is now, by its immutable id: a renamed one is found, a re-created one is not (E14)."""
        store = self._store(account)
        context = self.around.context(seconds=TELL_SECONDS * 2)
        fresh = self.calls.read(store, lambda: store.look(account.key, context), TELL_SECONDS * 2)
        return fresh if fresh is not None and fresh.key == account.key else None

    def rules(self, account: Account) -> DirectoryRules:
        """What the directory will insist on for this account. Raises StoreUnavailable."""
        store, context = self._store(account), self.around.context(seconds=TELL_SECONDS)
        return self.calls.read(store, lambda: store.rules(account, context), TELL_SECONDS)

    def write_all(
        self, accounts: tuple[Account, ...], password: Secret, *, unlock: bool, began: datetime
    ) -> tuple[Outcome, ...]:
        """In the given order, strictest first: once one refuses the password, the others are not asked for it."""
        outcomes: list[Outcome] = []
        for place, account in enumerate(accounts):
            if any(outcome.kind is OutcomeKind.REFUSED for outcome in outcomes):
                outcomes.append(Outcome(account.key, OutcomeKind.NOT_SET, (NOT_ASKED,)))
            else:
                outcomes.append(self.write(account, password, unlock=unlock, until=began + TOO_LATE + place * TURN))
        return tuple(outcomes)

    def write(self, account: Account, password: Secret, *, unlock: bool, until: datetime) -> Outcome:
        """Set it, once, if it is not too late to begin; a lost answer is looked up."""

        def give(store: Store, context: Context) -> None:
            store.set_password(account, password, unlock=unlock, ctx=context)

        outcome = self.order(account, give, until=until) or self._read_back(account, password)
        if outcome.kind is OutcomeKind.SET and account.state.locked and not unlock:
            # The policy lets a lock outlive the reset, so "works now" would be a lie.
            return replace(outcome, reasons=(STILL_LOCKED,))
        return outcome

    def change(self, account: Account, old: Secret, new: Secret, *, until: datetime) -> Outcome:
        """The same with the old one beside it. Raises WrongPassword, or NotAllowed; then surely nothing was set."""

        def give(store: Store, context: Context) -> None:
            if not isinstance(store, CanChange):
                raise StoreUnavailable("this store changes no passwords")
            store.change_password(account, old, new, ctx=context)

        return self.order(account, give, until=until) or self._read_back(account, new)

    def order(self, account: Account, give: Callable[[Store, Context], None], *, until: datetime) -> Outcome | None:
        """Give an order, once, if it is not too late to begin; None: its answer was lost. Never sent twice (P3)."""
        if self.around.now() >= until:
            return Outcome(account.key, OutcomeKind.NOT_SET, (NO_ANSWER,))
        context = self.around.context(seconds=WRITE_SECONDS)
        try:
            store = self._store(account)
            self.calls.write(store, lambda: give(store, context), WRITE_SECONDS)
        except (WrongPassword, NotAllowed):
            raise
        except PasswordRefused as refused:
            return Outcome(account.key, OutcomeKind.REFUSED, refused.reasons)
        except StoreUnavailable:
            return Outcome(account.key, OutcomeKind.NOT_SET, (NO_ANSWER,))
        except Exception:  # also a plugin that broke may have written before it did: only the directory knows
            return None
        faultpoint("write-answered")
        return Outcome(account.key, OutcomeKind.SET)

    def settle(self, account: Account) -> bool | None:
        """Whether the password has changed since this account was read; None while nobody can tell."""
        try:
            store = self._store(account)
            context = self.around.context(seconds=TELL_SECONDS)
            if not isinstance(store, CanTell):
                return None
            return self.calls.read(store, lambda: store.changed_since(account, ctx=context), TELL_SECONDS)
        except StoreUnavailable:
            return None

    def proves(self, account: Account, password: Secret) -> bool:
        """Whether this is the account's password. It may count as a wrong one: ask only where that is reckoned with."""
        context = self.around.context(seconds=TELL_SECONDS)
        store = self._store(account)
        if not isinstance(store, CanTell):
            return False
        return self.calls.read(store, lambda: store.accepts(account, password, ctx=context), TELL_SECONDS) is True

    def _read_back(self, account: Account, password: Secret) -> Outcome:
        """The answer was lost. Unmoved proves nothing yet: the order may still be on its way."""
        unknown = Outcome(account.key, OutcomeKind.UNKNOWN)
        if not self.settle(account):
            return unknown
        context = self.around.context(seconds=TELL_SECONDS)
        try:
            store = self._store(account)
            assert isinstance(store, CanTell)
            # Only now: a bind with a password that was never set would count as a wrong one (P6).
            ours = self.calls.read(store, lambda: store.accepts(account, password, ctx=context), TELL_SECONDS)
        except StoreUnavailable:
            return unknown
        if ours is None:
            return unknown
        return (
            Outcome(account.key, OutcomeKind.SET)
            if ours
            else Outcome(account.key, OutcomeKind.NOT_SET, (SOMEBODY_ELSE,))
        )

    def _store(self, account: Account) -> Store:
        store = self.snapshots.current.plugins.stores.get(account.key.store)
        if store is None:
            raise StoreUnavailable("this store is switched off")
        return store
