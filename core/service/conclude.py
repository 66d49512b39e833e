"""What follows once the directories have answered, in the commit that says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ..contracts.events import PasswordSet
from ..contracts.people import Account
from ..contracts.store import Outcome, OutcomeKind
from ..db.session import Transaction
from ..recovery.moves import Interrupted, Settled, Superseded
from ..recovery.state import Recovery, Stage
from .mover import Moved, Mover
from .notices import Notices
from .records import Records
from .surroundings import Surroundings
from .write import SOMEBODY_ELSE

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
        if recovery.stage is Stage.DONE and subject is not None:
            for other_id in self.records.recoveries.open_of(tx, subject.person.id, recovery.id):
                self._supersede(tx, other_id, written)

    def _supersede(self, tx: Transaction, other_id: str, written: tuple[Account, ...]) -> None:
        """End another recovery of the person: what was proven in it was for a password that is gone."""
        other = self.records.recoveries.load(tx, other_id)
        if other is None:
            return
        other = self.mover.move(tx, other, Superseded()).recovery
        if other.stage is Stage.WRITING:
            other = self.mover.move(tx, other, Interrupted()).recovery
        if other.stage is Stage.UNSETTLED and (overtaken := _overtaken(other, written)):
            self.mover.move(tx, other, Settled(overtaken))

    def _what(self, account: Account) -> str:
        return "account:" + self.records.keyring.pseudonym(account.key.store, account.key.id)


def _overtaken(other: Recovery, written: tuple[Account, ...]) -> tuple[Outcome, ...]:
    """What became of another recovery's lost write, if that is sure: not set, where ours met the very same stamp.

    From now on the stamp only says that somebody wrote; asked later, it would pass our write off as theirs.
    """
    lost = {outcome.account for outcome in other.outcomes if outcome.kind is OutcomeKind.UNKNOWN}
    same = {(account.key, account.stamp) for account in written}
    sure = {account.key for account in other.intents if (account.key, account.stamp) in same}
    if not lost <= sure:
        return ()
    return tuple(Outcome(a.key, OutcomeKind.NOT_SET, (SOMEBODY_ELSE,)) for a in other.intents if a.key in lost)
