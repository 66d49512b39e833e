"""What follows once the directories have answered, in the commit that says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ..contracts.events import PasswordSet
from ..contracts.people import Account
from ..contracts.store import Outcome, OutcomeKind
from ..db.session import Transaction
from ..recovery.flow import Recovery
from .mover import Moved, Mover
from .notices import Notices
from .records import Records
from .surroundings import Surroundings

# Longer than a write may take, so that two of our own writers never overlap; a killed one frees it by dying.
ACCOUNT_LEASE = timedelta(seconds=10)


@dataclass(frozen=True, kw_only=True)
class Concluding:
    """Leases before, and notices and the end of other recoveries after, a password write."""

    records: Records
    mover: Mover
    notices: Notices
    around: Surroundings

    def take_leases(self, tx: Transaction, recovery: Recovery, accounts: tuple[Account, ...]) -> bool:
        """Whether all accounts are ours to write for the next ten seconds."""
        now = self.around.now()
        return all(
            self.records.leases.take(tx, self._what(account), recovery.id, until=now + ACCOUNT_LEASE, now=now)
            for account in accounts
        )

    def conclude(
        self, tx: Transaction, moved: Moved, outcomes: tuple[Outcome, ...], written: tuple[Account, ...]
    ) -> None:
        """Tell the person, end their other recoveries, and let go of the leases."""
        recovery = moved.recovery
        for account in written:
            self.records.leases.free(tx, self._what(account), recovery.id)
        subject = recovery.subject
        for outcome in outcomes:
            if outcome.kind is OutcomeKind.SET and subject is not None and subject.policy.notices.on_done:
                self.notices.queue(tx, moved, PasswordSet(outcome.account.store))
        self.mover.supersede_others(tx, recovery)

    def _what(self, account: Account) -> str:
        return "account:" + self.records.keyring.pseudonym(account.key.store, account.key.id)
