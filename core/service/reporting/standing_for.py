"""By which of their accounts somebody is counted, and which they have beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...contracts.errors import StoreUnavailable
from ...contracts.people import Account, AccountKey
from ...contracts.store import CanList
from ..calls import Calls
from ..snapshot import Snapshots
from ..surroundings import Surroundings

SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class StandingFor:
    """Asks directories for what is joined to an account that one of them listed."""

    snapshots: Snapshots
    calls: Calls
    around: Surroundings

    def them(self, account: Account, linked: Sequence[AccountKey]) -> Sequence[Account]:
        """All accounts of theirs that are there. The first one stands for them: it is listed, and open where one is."""
        stores = self.snapshots.current.plugins.stores
        keys = [key for key in linked if key.store in stores] or [account.key]
        there = [account if key == account.key else self._beside(key) for key in keys]
        return sorted(
            (one for one in there if one is not None),
            key=lambda one: (not isinstance(stores[one.key.store], CanList), one.state.closed),
        )

    def look(self, key: AccountKey) -> Account | None:
        """As it is now. Raises StoreUnavailable."""
        store, context = self.snapshots.current.plugins.stores.get(key.store), self.around.context(seconds=SECONDS)
        return self.calls.read(store, lambda: store.look(key, context), SECONDS) if store else None

    def _beside(self, key: AccountKey) -> Account | None:
        try:
            return self.look(key)
        except StoreUnavailable:
            # Nobody is counted twice, or not at all, because the other directory is silent for now.
            return Account(key, "")
