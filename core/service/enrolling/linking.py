"""Join and part the accounts of one person: for somebody who is signed in and has just shown who they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from ...contracts.errors import NotAllowed, OutOfTurn
from ...contracts.link_events import AccountLinked, AccountParted
from ...contracts.people import Account, AccountKey, Person
from ...contracts.text import Secret, Text
from ...db.session import Transaction, after_commit
from ...db.waiting_links import WaitingLink
from ...recovery.policy import out_of_scope
from ..finding.recognise import Recognising
from ..records import Records
from ..reporting.counted import tell
from ..sending.notices import Notices
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from .enrol import STOPPED, SignInAgain
from .link_effect import LinkEffect
from .my_accounts import MyAccounts
from .my_methods import MyMethods
from .other_account import NOT_YOURS, NotTheirs, OtherAccount
from .second_sign_in import SecondSignIn
from .signed_in import SignedIn
from .signing_in import BY_HAND

AGAIN = Text("To change your accounts, sign in again. It's been more than 5 minutes.")
SAME = Text("That's the account you're signed in with.")
JOINED = Text("These accounts are joined already.")
TAKEN = Text("That account is joined with another one already. Sign in to it and part them first.")
WAITS = Text("Your account is being joined with another one. Part them first, or wait until it counts.")
MOST = 5
FULL = Text("You have {n} accounts joined already. Part one first.", n=MOST)


@dataclass(frozen=True, kw_only=True)
class Linking:
    """The change, its events and its notices are one commit. It counts after the cool-down: whoever knows somebody's
    password must not get ways of their own to reset it before the owner has read of it (J2)."""

    records: Records
    snapshots: Snapshots
    recognising: Recognising
    accounts: MyAccounts
    other: OtherAccount
    mine: MyMethods
    effect: LinkEffect
    second: SecondSignIn
    notices: Notices
    around: Surroundings

    def may_change(self, who: SignedIn) -> None:
        """Raises SignInAgain, or NotAllowed where self-service is stopped."""
        with self.records.db.read() as tx:
            self._may_change(tx, who)

    def join(self, who: SignedIn, place: str, name: str, password: Secret, *, language: str = "") -> WaitingLink:
        """By the other account's password. Raises SignInAgain, NotTheirs, MustWait or NotAllowed."""
        self.may_change(who)
        return self.join_proven(who, self.other.prove(who, place, name, password), "password", language=language)

    def vouched(self, who: SignedIn) -> Account | None:
        """The account that they signed in to a moment ago to join it, as its directory has it now."""
        key = self.second.see(who)
        return self.accounts.account(key) if key else None

    def join_signed_in(self, who: SignedIn, *, language: str = "") -> WaitingLink:
        """By a second sign-in. Raises SignInAgain or NotAllowed; OutOfTurn when that is too long ago or used."""
        self.may_change(who)
        account = self.vouched(who)
        if account is None:
            raise OutOfTurn("nobody signed in to join")
        person = Person(self.accounts.value(account.key), (account,), account.contacts)
        if out_of_scope(self.snapshots.current.policy_for(person).scope, account):
            raise NotAllowed(BY_HAND)
        self.second.forget(who)
        return self.join_proven(who, account, "sign-in", language=language)

    def join_proven(self, who: SignedIn, account: Account, how: str, *, language: str = "") -> WaitingLink:
        """Somebody showed a moment ago that this account is theirs too. Raises SignInAgain or NotAllowed."""
        (own,) = who.person.accounts
        with self.records.db.write() as tx:
            self._may_change(tx, who)
            theirs = self._free(tx, who, account)
            now = self.around.now()
            policies = (self.snapshots.current.policy_for(person) for person in (who.person, theirs))
            counts_from = now + max(policy.cool_down for policy in policies)
            link = WaitingLink(who.person.id, own.key, account.key, how, now, counts_from)
            if not self.records.waiting_links.add(tx, link):
                raise NotAllowed(TAKEN)
            event = AccountLinked((own.key.store, account.key.store), how, counts_from.isoformat())
            self._tell(tx, who, (who.person, theirs), (own, account), event, language=language)
            if counts_from <= now:
                self.effect.bring(tx, link)
        return link

    def part(self, who: SignedIn, value: str, *, language: str = "") -> bool:
        """Part them; whether they are still signed in. Raises SignInAgain or NotAllowed; OutOfTurn when it is gone."""
        self.may_change(who)
        (own,) = who.person.accounts
        other = next((each.key for each in self.accounts.look(who) if each.value == value), None)
        if other is None or other == own.key:
            raise OutOfTurn("it is not there")
        account = self.accounts.account(other)
        with self.records.db.write() as tx:
            self._may_change(tx, who)
            event = AccountParted((own.key.store, other.store), "self")
            pair = (own, account) if account else (own,)
            # While both are one person's still, so that every address is told that could ever reach them.
            self._tell(tx, who, (who.person, *self._alone(account)), pair, event, language=language)
            return self._part(tx, who, own.key, other)

    def _part(self, tx: Transaction, who: SignedIn, own: AccountKey, other: AccountKey) -> bool:
        for link in self.records.waiting_links.of(tx, who.person.id, own):
            if {link.host, link.joined} == {own, other}:
                return self.records.waiting_links.remove(tx, link)
        if other not in self.records.links.accounts_of(tx, who.person.id):
            raise OutOfTurn("it is not there, or not theirs to part")
        # The methods stay with the account that was there first: who got into another one takes nothing from it.
        leaving = own if self.accounts.value(other) == who.person.id else other
        stays = leaving != own
        self.effect.end(tx, who.person.id, leaving, session=who.session if stays else "")
        return stays

    def _alone(self, account: Account | None) -> tuple[Person, ...]:
        """Whom the other account stands for by itself; nobody while its directory is silent."""
        if account is None:
            return ()
        return (Person(self.accounts.value(account.key), (account,), account.contacts),)

    def _free(self, tx: Transaction, who: SignedIn, account: Account) -> Person:
        """The person that this account was until now. Raises NotAllowed when it is somebody's."""
        (own,) = who.person.accounts
        if account.key == own.key:
            raise NotAllowed(SAME)
        person_id, linked = self.recognising.whose(tx, account.key)
        waiting = self.records.waiting_links.of(tx, person_id, account.key)
        if person_id == who.person.id or any(own.key in (link.host, link.joined) for link in waiting):
            raise NotAllowed(JOINED)
        if linked or waiting:
            raise NotAllowed(TAKEN)
        ours = self.records.waiting_links.of(tx, who.person.id, own.key)
        if any(link.joined == own.key for link in ours):
            raise NotAllowed(WAITS)
        if len(self.records.links.accounts_of(tx, who.person.id)) + len(ours) >= MOST:
            raise NotAllowed(FULL)
        person = Person(person_id, (account,), account.contacts)
        if self.records.freezes.stopped(tx, person):
            raise NotTheirs(NOT_YOURS)
        return person

    def _may_change(self, tx: Transaction, who: SignedIn) -> None:
        if not who.is_fresh(self.around.now()):
            raise SignInAgain(AGAIN)
        if self.records.freezes.stopped(tx, who.person):
            raise NotAllowed(STOPPED)

    def _tell(
        self,
        tx: Transaction,
        who: SignedIn,
        people: Sequence[Person],
        accounts: tuple[Account, ...],
        event: AccountLinked | AccountParted,
        *,
        language: str,
    ) -> None:
        """The event and the notices, to every address that ever reached them (P7); each person gets links of their own,
        so that whoever presses "this wasn't me" stops what is theirs."""
        told: dict[str, Person] = {}
        for person in people:
            whom, before = self.mine.to_be_told(tx, replace(who, person=person)), told.get(person.id)
            reached = dict.fromkeys((*(before.contacts if before else ()), *whom.contacts))
            # By name both, by address each their own.
            named = (each if each in person.accounts else replace(each, contacts=()) for each in accounts)
            told[person.id] = replace(whom, accounts=tuple(named), contacts=tuple(reached))
        for whom in told.values():
            self.records.audit.append(tx, [event], at=self.around.now(), person_id=whom.id)
            for job in self.notices.queue_change(tx, whom, event, language):
                after_commit(tx, partial(self.notices.office.hand_over, job))
        after_commit(tx, lambda: tell(self.around.meter, [event]))
