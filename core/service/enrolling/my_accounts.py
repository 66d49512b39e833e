"""Which accounts are somebody's, who is signed in: their own, joined ones, and those their organisation gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ...contracts.errors import StoreUnavailable
from ...contracts.people import Account, AccountKey
from ...contracts.store import KnowsLinks
from ...contracts.text import Text
from ..calls import Calls
from ..records import Records
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from .signed_in import SignedIn

LOOK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class MyAccount:
    """One line. `value` names it in an address and is no id of a directory; `name` is empty while that is silent."""

    value: str
    key: AccountKey
    called: Text | str
    name: str = ""
    # The one they are signed in with.
    mine: bool = False
    # Their directory says so, not they.
    given: bool = False
    # It was joined, and counts from then on.
    waits_until: datetime | None = None
    # Whose methods serve all of them, and stay when they are parted.
    first: bool = False

    @property
    def can_be_parted(self) -> bool:
        """Whether it was they who joined it."""
        return not self.mine and not self.given


@dataclass(frozen=True, kw_only=True)
class MyAccounts:
    """Asks the directories, because only they know what an account is called today."""

    records: Records
    snapshots: Snapshots
    calls: Calls
    around: Surroundings

    def look(self, who: SignedIn) -> tuple[MyAccount, ...]:
        """The own one first. Raises SealBroken."""
        (own,) = who.person.accounts
        with self.records.db.read() as tx:
            joined = self.records.links.accounts_of(tx, who.person.id)
            waiting = self.records.waiting_links.of(tx, who.person.id, own.key)
        until = {(link.joined if link.host == own.key else link.host): link.counts_from for link in waiting}
        given = self._given(own)
        keys = dict.fromkeys((own.key, *joined, *until, *given))
        return tuple(self._line(who, key, until, key in given and key not in (*joined, *until)) for key in keys)

    def account(self, key: AccountKey) -> Account | None:
        """As its directory has it now; None where it is gone or silent."""
        store = self.snapshots.current.plugins.stores.get(key.store)
        if store is None:
            return None
        context = self.around.context(seconds=LOOK_SECONDS)
        try:
            return self.calls.read(store, lambda: store.look(key, context), LOOK_SECONDS)
        except StoreUnavailable:
            return None

    def value(self, key: AccountKey) -> str:
        """What it goes by in an address."""
        return self.records.keyring.pseudonym(key.store, key.id)

    def _line(self, who: SignedIn, key: AccountKey, until: Mapping[AccountKey, datetime], given: bool) -> MyAccount:
        store = self.snapshots.current.plugins.stores.get(key.store)
        own = key == who.person.accounts[0].key
        account = who.person.accounts[0] if own else self.account(key)
        return MyAccount(
            self.value(key),
            key,
            store.called if store else key.store,
            account.name if account else "",
            mine=own,
            given=given,
            waits_until=until.get(key),
            first=self.value(key) == who.person.id,
        )

    def _given(self, own: Account) -> tuple[AccountKey, ...]:
        """One of each store: a directory may have several marks for the same account, and its own is the one it has."""
        marks: dict[str, list[AccountKey]] = {}
        for mark in self._marks(own):
            marks.setdefault(mark.store, []).append(mark)
        return tuple(
            next((account.key for mark in theirs if (account := self.account(mark)) is not None), theirs[0])
            for theirs in marks.values()
        )

    def _marks(self, own: Account) -> Sequence[AccountKey]:
        store = self.snapshots.current.plugins.stores.get(own.key.store)
        if store is None or not isinstance(store, KnowsLinks):
            return ()
        knows: KnowsLinks = store
        context = self.around.context(seconds=LOOK_SECONDS)
        try:
            return self.calls.read(store, lambda: knows.linked_to(own, ctx=context), LOOK_SECONDS)
        except StoreUnavailable:
            return ()
