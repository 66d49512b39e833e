"""Asks one store whose a name is: in `masked` with the same questions for every name."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from ...contracts.errors import Ambiguous
from ...contracts.people import Account, AccountKey
from ...contracts.plugin import Context
from ...contracts.store import DirectoryRules, KnowsLinks, Store
from ...recovery.policy import Disclosure
from ...recovery.state import Recovery
from ..calls import Calls
from ..snapshot import Snapshots
from ..surroundings import Surroundings

log = logging.getLogger(__name__)

FIND_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Told:
    """What a store says about a name. `canary`: whose records stand in where nobody was found."""

    account: Account | None = None
    rules: DirectoryRules = DirectoryRules()
    why: str = ""
    canary: Account | None = None


@dataclass(frozen=True, kw_only=True)
class Asking:
    """A page in `masked` shows at which moment the look-up was done, so it must cost the same for everybody (P4)."""

    snapshots: Snapshots
    calls: Calls
    around: Surroundings

    def ask(self, store: Store, recovery: Recovery) -> Told:
        """Whose it is there. Raises StoreUnavailable."""
        context = self.around.context(seconds=FIND_SECONDS)
        account, why = self._find(store, recovery.name, context)
        canary = None
        if recovery.rules.disclosure is Disclosure.MASKED:
            canary = self._balance(store, context, found=account is not None)
        somebody = account or canary
        rules = self._rules(store, somebody, context) if somebody else DirectoryRules()
        return Told(account, rules, why, canary)

    def master(self, copy: Account) -> Told:
        """The account that this one takes its password from, as that one's own directory has it; nobody where it is
        not there. Raises StoreUnavailable."""
        stores, context = self.snapshots.current.plugins.stores, self.around.context(seconds=FIND_SECONDS)
        for key in (copy.synced_from, *self._links(copy, context)):
            store = stores.get(key.store) if key else None
            if key is None or store is None:
                continue
            account = self.calls.read(store, partial(store.look, key, context), FIND_SECONDS)
            if account is not None:
                # Whoever rules the copy's directory rules it by this password (P10).
                either = copy.privileged or account.privileged
                account = replace(account, privileged=either, mirrored_in=(copy.key,))
                return Told(account, self._rules(store, account, context))
        return Told(copy)

    def _links(self, copy: Account, context: Context) -> Sequence[AccountKey]:
        """By every mark that its directory has for the other one; which of them that one goes by, differs."""
        store = self.snapshots.current.plugins.stores.get(copy.key.store)
        if store is None or not isinstance(store, KnowsLinks):
            return ()
        knows: KnowsLinks = store
        return self.calls.read(store, lambda: knows.linked_to(copy, ctx=context), FIND_SECONDS)

    def _balance(self, store: Store, context: Context, *, found: bool) -> Account | None:
        """One look-up that finds somebody and one that doesn't, for every name: the one that is still missing."""
        if found:
            self._find(store, self.around.token(), context)
            return None
        canary, _ = self._find(store, self.around.canaries.get(store.key, ""), context)
        if canary is None:
            log.error("the canary is not there: names that nobody has cost less", extra={"store": store.key})
        return canary

    def _find(self, store: Store, name: str, context: Context) -> tuple[Account | None, str]:
        try:
            account = self.calls.read(store, lambda: store.find(name, context), FIND_SECONDS)
        except Ambiguous:
            return None, "ambiguous"
        return account, "" if account else "unknown"

    def _rules(self, store: Store, account: Account, context: Context) -> DirectoryRules:
        return self.calls.read(store, lambda: store.rules(account, context), FIND_SECONDS)
