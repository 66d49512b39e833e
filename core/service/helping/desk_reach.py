"""Whom an agent of the help desk may serve. Whom they may not is to them as nobody: no list of the mighty here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256

from ...contracts.desk_events import PersonLookedUp
from ...contracts.errors import Ambiguous, MustWait, NotAllowed
from ...contracts.events import LimitReached
from ...contracts.people import Account, AccountKey, ContactKind, Person
from ...contracts.text import Text
from ...db.counters import Mark
from ...db.session import after_commit
from ...recovery import limits
from ...recovery.groups import is_in_one_called
from ..administrators.actor import Actor, Role
from ..calls import Calls
from ..finding.named import FIND_SECONDS, searched
from ..finding.recognise import Recognising
from ..records import Records
from ..reporting.counted import tell
from ..ruling.approvals import said_by
from ..sealed_links import SealedLinks
from ..snapshot import Snapshots
from ..surroundings import Surroundings

# As long as a call lasts. Then the name is looked up again, and counted again.
GOOD_FOR = timedelta(minutes=30)
NOBODY = Text("Nobody has this name, or nobody whom you may serve.")
LOOK_AGAIN = Text("It's been a while. Look the person up again.")
ENTER_NAME = Text("Enter a name")


@dataclass(frozen=True, slots=True)
class Served:
    """Somebody whom this agent may serve. `handle` names them in addresses, for this agent alone and for a while.

    `higher`: they rule others, so that one administrator alone changes nothing of theirs.
    """

    handle: str = field(repr=False)
    person: Person
    accounts: tuple[Account, ...]
    higher: bool = False

    @property
    def account(self) -> Account:
        """The one that was looked up."""
        return self.person.accounts[0]

    @property
    def whole(self) -> Person:
        """With all their accounts."""
        return replace(self.person, accounts=self.accounts)


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Every look-up is counted for its agent and leaves an event, whether it found somebody or not (A11, I9)."""

    records: Records
    snapshots: Snapshots
    recognising: Recognising
    calls: Calls
    around: Surroundings
    # Groups whose members work in this console, as the identity provider writes them: no agent serves those either.
    console_groups: frozenset[str] = frozenset()

    def find(self, actor: Actor, name: str) -> Served:
        """Who has this name. Raises NotAllowed, MustWait or StoreUnavailable."""
        if not name.strip():
            raise NotAllowed(ENTER_NAME, {"name": ENTER_NAME})
        self._count(actor)
        served = self._named(actor, name)
        person_id = served.person.id if served else ""
        event, details = PersonLookedUp(served is not None), {**said_by(actor), "name": name}
        with self.records.db.write() as tx:
            self.records.audit.append(tx, [event], at=self.around.now(), person_id=person_id, details=details)
        if served is None:
            raise NotAllowed(NOBODY, {"name": NOBODY})
        return served

    def open(self, actor: Actor, handle: str) -> Served:
        """The same person, as their directory has them now. Raises NotAllowed or StoreUnavailable."""
        facts = self._handles.read(handle)
        if len(facts) != 4 or facts[0] != _digest(actor) or self._is_old(facts[3]):
            raise NotAllowed(LOOK_AGAIN)
        return self.serve(actor, AccountKey(facts[1], facts[2]))

    def serve(self, actor: Actor, key: AccountKey) -> Served:
        """The person of this account. Raises NotAllowed or StoreUnavailable."""
        account = self._look(key)
        served = self._of(actor, [account] if account else [])
        if served is None:
            raise NotAllowed(NOBODY)
        return served

    def is_own(self, actor: Actor, accounts: tuple[Account, ...]) -> bool:
        """Whether one of these is whoever acts: by all that the identity provider and the directories call them.

        Somebody else of the same name is refused too. Nobody who helps themselves slips through is what counts (I9).
        """
        names = [name for account in accounts for name in (account.name, account.display_name, account.key.id)]
        names += [c.value for account in accounts for c in account.contacts if c.kind is ContactKind.MAIL]
        theirs = {self.around.spelling(name) for name in names if name.strip()}
        return self.around.spelling(actor.name) in theirs

    @property
    def _handles(self) -> SealedLinks:
        return SealedLinks(self.records.keyring, "desk")

    def _is_old(self, at: str) -> bool:
        return self.around.now() >= datetime.fromtimestamp(int(at), UTC) + GOOD_FOR

    def _count(self, actor: Actor) -> None:
        quota, now = limits.DESK_LOOKS, self.around.now()
        with self.records.db.write() as tx:
            (count,) = self.records.counters.bump(tx, [Mark(quota.name, actor.subject, quota.window)], now)
            verdict = limits.decide(quota, count.count, count.window_start, count.locked_until, now)
            if count.count == quota.most + 1:
                event = LimitReached(quota.name)
                self.records.audit.append(tx, [event], at=now, details=said_by(actor))
                after_commit(tx, partial(tell, self.around.meter, [event]))
        if isinstance(verdict, limits.Wait):
            raise MustWait(verdict.until)

    def _named(self, actor: Actor, name: str) -> Served | None:
        context, stores = self.around.context(seconds=FIND_SECONDS), self.snapshots.current.plugins.stores
        try:
            asked, keys = searched(name, self.snapshots.current, self.around)
            found = [
                self.calls.read(stores[key], partial(stores[key].find, asked, context), FIND_SECONDS) for key in keys
            ]
        except (Ambiguous, ValueError):
            return None
        return self._of(actor, [account for account in found if account is not None])

    def _of(self, actor: Actor, found: list[Account]) -> Served | None:
        with self.records.db.read() as tx:
            people = dict(self.recognising.whose(tx, account.key) for account in found)
        if len(people) != 1:
            return None
        ((person_id, linked),) = people.items()
        seen = {account.key for account in found}
        # All accounts of theirs: what is changed here is the person's, and one of them may rule others.
        others = [self._look(key) for key in linked if key not in seen]
        accounts = (*found, *(account for account in others if account is not None))
        higher = any(account.privileged or is_in_one_called(account, self.console_groups) for account in accounts)
        if self.is_own(actor, accounts) or (higher and Role.ADMINISTRATOR not in actor.roles):
            return None
        person = Person(person_id, (found[0],), found[0].contacts)
        return Served(self._handle(actor, found[0].key), person, accounts, higher)

    def _handle(self, actor: Actor, key: AccountKey) -> str:
        return self._handles.write(_digest(actor), key.store, key.id, str(int(self.around.now().timestamp())))

    def _look(self, key: AccountKey) -> Account | None:
        store, context = self.snapshots.current.plugins.stores.get(key.store), self.around.context(seconds=FIND_SECONDS)
        if store is None:
            return None
        return self.calls.read(store, partial(store.look, key, context), FIND_SECONDS)


def _digest(actor: Actor) -> str:
    return sha256(actor.subject.encode("utf-8", "surrogatepass")).hexdigest()[:32]
