"""Locks of too many wrong tries: what stores are asked to lift, and whether they still hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ...contracts.errors import StoreUnavailable
from ...contracts.people import Account
from ...contracts.plugin import Context
from ...contracts.store import CanUnlock, Outcome, OutcomeKind, Store
from ..snapshot import Snapshots
from .write import TOO_LATE, TURN, Writer


@dataclass(frozen=True, kw_only=True)
class Locks:
    """Orders stores as the writer of passwords does: once, never too late, and a lost answer is looked up."""

    snapshots: Snapshots
    writer: Writer

    def can_lift_in(self, store: str) -> bool:
        """Whether this directory unlocks without a new password."""
        return isinstance(self.snapshots.current.plugins.stores.get(store), CanUnlock)

    def lift_all(self, accounts: tuple[Account, ...], *, began: datetime) -> tuple[Outcome, ...]:
        """In the given order, each in its turn; one that fails keeps no other locked."""
        return tuple(
            self._lift(account, until=began + TOO_LATE + place * TURN) for place, account in enumerate(accounts)
        )

    def settle(self, account: Account) -> bool | None:
        """Whether it is open now, whoever unlocked it; None while nobody can tell."""
        try:
            now = self.writer.look(account)
        except StoreUnavailable:
            return None
        return None if now is None else not now.state.locked

    def _lift(self, account: Account, *, until: datetime) -> Outcome:
        def give(store: Store, context: Context) -> None:
            if not isinstance(store, CanUnlock):
                raise StoreUnavailable("this store unlocks nothing any more")
            store.unlock(account, ctx=context)

        return self.writer.order(account, give, until=until) or self._look_again(account)

    def _look_again(self, account: Account) -> Outcome:
        """The answer was lost. Still locked proves nothing yet: the order may be on its way."""
        kind = OutcomeKind.SET if self.settle(account) else OutcomeKind.UNKNOWN
        return Outcome(account.key, kind)
