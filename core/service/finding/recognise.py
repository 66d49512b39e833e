"""What our own tables and rules say about the person behind an account, and whether they may be served."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...contracts.method import Offer
from ...contracts.people import AccountKey, Person
from ...contracts.store import DirectoryRules
from ...db.session import Transaction
from ...recovery.moves import Found
from ...recovery.policy import Policy, refusal
from ...recovery.state import Lane, Recovery, Subject
from ..known_browser import knows
from ..records import Records
from ..snapshot import Snapshots
from .ways import Ways


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is read, whatever it leads to: what an early end would leave out, a clock would show (P4)."""

    person: Person
    policy: Policy
    offers: tuple[Offer, ...]
    linked: tuple[AccountKey, ...]
    stopped: bool

    @property
    def refusal(self) -> str:
        """Why this person may not be served; empty when they may. Silent to the outside."""
        ways = bool(self.offers or self.linked)
        return refusal(self.policy, self.person.accounts[0], stopped=self.stopped, ways=ways)


@dataclass(frozen=True, kw_only=True)
class Recognising:
    """From an account to a subject, or to nobody."""

    records: Records
    snapshots: Snapshots
    ways: Ways

    def person_id(self, tx: Transaction, key: AccountKey) -> str:
        """Whose account this is."""
        return self.whose(tx, key)[0]

    def whose(self, tx: Transaction, key: AccountKey) -> tuple[str, tuple[AccountKey, ...]]:
        """Whose account this is, and all accounts of theirs; one that was never linked is a person of its own."""
        return self.records.links.whose(tx, key)

    def facts(
        self, tx: Transaction, person: Person, accounts: tuple[AccountKey, ...], recovery: Recovery | None
    ) -> Facts:
        """Read everything about them, whose links were read. Changed contacts are told to their own recovery alone."""
        (account,) = person.accounts
        stopped = self.records.freezes.stopped(tx, person)
        policy = self.snapshots.current.policy_for(person)
        person = replace(person, contacts=self.ways.contacts(tx, recovery, account, policy))
        offers = self.ways.offers(tx, person, policy)
        linked = tuple(key for key in accounts if key != account.key)
        return Facts(person, policy, offers, linked, stopped)

    def found(self, facts: Facts, recovery: Recovery, rules: DirectoryRules) -> Found:
        """Whom this recovery may serve; a refused person is nobody."""
        reason = facts.refusal
        if not reason and recovery.purpose not in facts.policy.purposes:
            reason = "out-of-scope"
        if reason:
            return Found(None, reason)
        known = knows(self.records.keyring, recovery.browser, facts.person.id)
        lane = Lane.KNOWN_BROWSER if known else Lane.UNKNOWN_BROWSER
        return Found(Subject(facts.person, facts.policy, facts.offers, lane, rules, facts.linked))
