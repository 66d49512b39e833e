"""Whether another account is theirs too, by its password: asked by somebody who is signed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...contracts.errors import Ambiguous, MustWait, NotAllowed, StoreUnavailable
from ...contracts.events import Event, LimitReached
from ...contracts.link_events import LinkMissed
from ...contracts.people import Account, Person
from ...contracts.store import CanTell, KnowsLockout, Store
from ...contracts.text import Secret, Text
from ...db.counters import Mark
from ...recovery import limits
from ...recovery.limits import Quota
from ...recovery.names import searchable
from ...recovery.policy import out_of_scope
from ..calls import Calls
from ..finding.recognise import Recognising
from ..records import Records
from ..reporting.counted import tell
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from .signed_in import SignedIn

ASK_SECONDS = 5.0
# So many wrong passwords are always left to whoever owns the account (P6).
LEFT_TO_THE_OWNER = 2
# One sentence for every reason: whoever is signed in may not learn here which accounts others have, and which of them
# are privileged, disabled, locked or stopped (A11).
NOT_YOURS = Text(
    "We can't join that account with this name and password. Check both, or call the help desk. An account can be "
    "tried three times a day."
)
SILENT = Text("{account} doesn't answer. Nothing was changed. Try again later.")


class NotTheirs(NotAllowed):
    """It was not shown that it is theirs, whatever the reason."""


@dataclass(frozen=True, kw_only=True)
class OtherAccount:
    """A wrong password counts in the directory too, so few are tried, and none on an account that is locked (P6)."""

    records: Records
    snapshots: Snapshots
    recognising: Recognising
    calls: Calls
    around: Surroundings

    def places(self) -> Mapping[str, Text | str]:
        """Where one can be, by the store's key: every directory that can tell a right password from a wrong one."""
        return {key: store.called for key, store in self._stores.items() if _judges(store)}

    def by_sign_in(self, place: str) -> Text | str:
        """What the store is called that the identity provider vouches for, if only a sign-in can show an account of it
        to be theirs; else nothing."""
        store = self._stores.get(place)
        return "" if store is None or _judges(store) else store.called

    @property
    def _stores(self) -> Mapping[str, Store]:
        return self.snapshots.current.plugins.stores

    def prove(self, who: SignedIn, place: str, name: str, password: Secret) -> Account:
        """The account with this name there, opened by this password. Raises NotTheirs, MustWait or NotAllowed."""
        store = self._stores.get(place)
        if store is None or not _judges(store):
            raise NotTheirs(NOT_YOURS)
        self._count(who, limits.LINK_TRIES, who.person.id)
        try:
            return self._opened(who, store, name, password)
        except StoreUnavailable:
            raise NotAllowed(SILENT.filled(account=store.called)) from None

    def _opened(self, who: SignedIn, store: Store, name: str, password: Secret) -> Account:
        account = self._find(who, store, name)
        if why := self._why_not(account) or self._near_lockout(store, account):
            raise self._missed(who, store, why)
        self._count_for(who, store, account)
        context = self.around.context(seconds=ASK_SECONDS)
        assert isinstance(store, CanTell)
        right = self.calls.read(store, lambda: store.accepts(account, password, ctx=context), ASK_SECONDS)
        if not right:
            raise self._missed(who, store, "wrong")
        return account

    def _find(self, who: SignedIn, store: Store, name: str) -> Account:
        context = self.around.context(seconds=ASK_SECONDS)
        try:
            asked = searchable(name, netbios=self.around.netbios)
            account = self.calls.read(store, lambda: store.find(asked, context), ASK_SECONDS)
        except (Ambiguous, ValueError):
            raise self._missed(who, store, "ambiguous") from None
        if account is None:
            raise self._missed(who, store, "unknown")
        return account

    def _why_not(self, account: Account) -> str:
        """Why not even the password is looked at; empty when it is."""
        with self.records.db.write() as tx:
            person = Person(self.recognising.person_id(tx, account.key), (account,), account.contacts)
            if self.records.freezes.stopped(tx, person):
                return "frozen"
        if account.state.locked:
            return "locked"
        return out_of_scope(self.snapshots.current.policy_for(person).scope, account)

    def _near_lockout(self, store: Store, account: Account) -> str:
        """Where the directory tells how many it still takes; else the budget for one account has to do."""
        if not isinstance(store, KnowsLockout):
            return ""
        context = self.around.context(seconds=ASK_SECONDS)
        told = self.calls.read(store, lambda: store.lockout(account, ctx=context), ASK_SECONDS)
        near = told is not None and told.threshold and told.counted + LEFT_TO_THE_OWNER >= told.threshold
        return "locked" if near else ""

    def _count(self, who: SignedIn, quota: Quota, whose: str) -> None:
        """Before it is looked at, so that tries at the same moment are no free ones."""
        now = self.around.now()
        with self.records.db.write() as tx:
            (count,) = self.records.counters.bump(tx, [Mark(quota.name, whose, quota.window)], now)
        verdict = limits.decide(quota, count.count, count.window_start, count.locked_until, now)
        if isinstance(verdict, limits.Wait):
            self._note(who, LimitReached(quota.name))
            raise MustWait(verdict.until)

    def _count_for(self, who: SignedIn, store: Store, account: Account) -> None:
        """Of the account's own. Raises NotTheirs: a wait would say that there is an account to wait for (A11)."""
        try:
            whose = self.records.keyring.pseudonym(account.key.store, account.key.id)
            self._count(who, limits.LINK_TRIES_ACCOUNT, whose)
        except MustWait:
            raise self._missed(who, store, "too-many") from None

    def _missed(self, who: SignedIn, store: Store, why: str) -> NotTheirs:
        self._note(who, LinkMissed(store.key, why))
        return NotTheirs(NOT_YOURS)

    def _note(self, who: SignedIn, event: Event) -> None:
        with self.records.db.write() as tx:
            self.records.audit.append(tx, [event], at=self.around.now(), person_id=who.person.id)
        tell(self.around.meter, [event])


def _judges(store: Store) -> bool:
    return isinstance(store, CanTell) and store.knows_passwords
