"""Which accounts a write is for: what may be chosen, and what each of them is at this moment."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ...contracts.errors import NotAllowed, OutOfTurn, StoreUnavailable
from ...contracts.events import AccountNotUnlocked, PasswordNotSet
from ...contracts.people import Account, Person
from ...contracts.store import Outcome, OutcomeKind
from ...contracts.text import Text
from ...recovery.policy import PasswordRules, Policy, Purpose, out_of_scope, satisfied
from ...recovery.state import Recovery, Subject
from ..mover import Mover
from ..records import Records
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from ..tickets import Target
from .write import NO_ANSWER, Writer

BY_HAND = Text("Your organisation resets this account by hand. Call the help desk.")
OTHER_PROOFS = Text("This account asks for other proofs. Reset it by its own name.")


@dataclass(frozen=True, slots=True)
class Ready:
    """The accounts that may be written now, strictest store first, and what is known already of the others."""

    accounts: tuple[Account, ...]
    left: tuple[Outcome, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Accounts:
    """Only ever asked once something is proven."""

    records: Records
    snapshots: Snapshots
    mover: Mover
    writer: Writer
    around: Surroundings

    def targets(self, recovery: Recovery) -> tuple[Target, ...]:
        """All accounts of the person; `value` names one in a form and is no id of a directory."""
        accounts = recovery.subject.person.accounts if recovery.subject else ()
        done = {outcome.account for outcome in recovery.outcomes if outcome.kind is OutcomeKind.SET}
        return tuple(
            Target(
                str(place),
                account.key,
                self._called(account),
                account.name,
                is_set=account.key in done,
                mirrors=self._mirrors(account) if recovery.purpose is Purpose.RESET else (),
            )
            for place, account in enumerate(accounts, 1)
        )

    def silent(self, recovery: Recovery) -> tuple[Text | str, ...]:
        """What the directories of linked accounts are called that had not answered when something was proven."""
        stores = self.snapshots.current.plugins.stores
        unseen = recovery.subject.unseen if recovery.subject else ()
        return tuple(stores[key.store].called for key in unseen if key.store in stores)

    def chosen(self, recovery: Recovery, subject: Subject, values: Collection[str]) -> tuple[Account, ...]:
        """The accounts behind these values. Raises OutOfTurn for any other, or none."""
        open_ones = {target.value: target.key for target in self.targets(recovery) if not target.is_set}
        if not values or not set(values) <= open_ones.keys():
            raise OutOfTurn("these accounts are not to be chosen")
        wanted = {open_ones[value] for value in values}
        return tuple(account for account in subject.person.accounts if account.key in wanted)

    def fresh(self, recovery: Recovery, subject: Subject, accounts: tuple[Account, ...]) -> Ready:
        """As they are now: only fresh facts decide (E13), and the stamp must be of this moment.

        Raises NotAllowed or StoreUnavailable when none of them may be written.
        """
        ready: list[Account] = []
        left: list[Outcome] = []
        for account in accounts:
            found = self._fresh(recovery, subject, account)
            ready.append(found) if isinstance(found, Account) else left.append(found)
        if not ready and any(outcome.kind is OutcomeKind.NOT_SET for outcome in left):
            raise StoreUnavailable("no directory answers")
        if not ready:
            raise NotAllowed(BY_HAND)
        stores = self.snapshots.current.plugins.stores
        ready.sort(key=lambda account: -stores[account.key.store].strictness if account.key.store in stores else 0)
        return Ready(tuple(ready), tuple(left))

    def policy_now(self, subject: Subject) -> Policy:
        """What holds for this person today."""
        return self.snapshots.current.policy_for(subject.person)

    def password_rules(self, subject: Subject, accounts: tuple[Account, ...]) -> Iterator[PasswordRules]:
        """Every set of rules that a password for these accounts must meet, each once."""
        policies = (subject.policy, *(self._own_policy(subject, account) for account in accounts))
        yield from dict.fromkeys(policy.password for policy in policies)

    def _fresh(self, recovery: Recovery, subject: Subject, account: Account) -> Account | Outcome:
        try:
            fresh = self.writer.look(account)
        except StoreUnavailable:
            return Outcome(account.key, OutcomeKind.NOT_SET, (NO_ANSWER,))
        why = self._why_not(recovery, subject, fresh) if fresh else "gone"
        if fresh is not None and not why:
            return fresh
        not_done = AccountNotUnlocked if recovery.purpose is Purpose.UNLOCK else PasswordNotSet
        refused = not_done(account.key.store, OutcomeKind.REFUSED, why)
        with self.records.db.write() as tx:
            self.mover.record(tx, recovery, [refused], self.around.now())
        return Outcome(account.key, OutcomeKind.REFUSED, (OTHER_PROOFS if why == "other-proofs" else BY_HAND,))

    def _why_not(self, recovery: Recovery, subject: Subject, fresh: Account) -> str:
        own, now = self._own_policy(subject, fresh), self.policy_now(subject)
        for policy in (subject.policy, now, own):
            if why := out_of_scope(policy.scope, fresh):
                return why
            if recovery.purpose not in policy.purposes:
                return "out-of-scope"
        # P1 holds for each account: being linked to one that asks for less opens none that asks for more.
        return "" if own == now or satisfied(own.proof, recovery.proofs) else "other-proofs"

    def _own_policy(self, subject: Subject, account: Account) -> Policy:
        """What would hold for this account if it were the person's only one."""
        return self.snapshots.current.policy_for(Person(subject.person.id, (account,)))

    def _mirrors(self, account: Account) -> tuple[Text | str, ...]:
        """What the directories are called that take this one's password over."""
        stores = self.snapshots.current.plugins.stores
        return tuple(stores[key.store].called for key in account.mirrored_in if key.store in stores)

    def _called(self, account: Account) -> Text | str:
        store = self.snapshots.current.plugins.stores.get(account.key.store)
        return store.called if store else account.name
