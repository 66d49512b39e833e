"""What follows once the directories have answered, in the commit that says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ...contracts.events import AccountUnlocked, PasswordSet, PersonSignedOut
from ...contracts.people import Account
from ...contracts.store import Outcome, OutcomeKind
from ...db.session import Transaction
from ...recovery.moves import Interrupted, Settled, Superseded
from ...recovery.policy import Purpose
from ...recovery.state import Recovery, Stage
from ..clients.signals import Signalling
from ..mover import Moved, Mover
from ..records import Records
from ..sending.notices import Notices
from ..surroundings import Surroundings
from .end_sessions import EndingSessions
from .write import SOMEBODY_ELSE, TURN

# The notice says whether people were signed out everywhere, so it waits until an honest directory has done it.
SESSIONS_END = timedelta(seconds=5)


@dataclass(frozen=True, kw_only=True)
class Concluding:
    """Leases before, and notices and the end of other recoveries after, a write."""

    records: Records
    mover: Mover
    notices: Notices
    ending: EndingSessions
    signalling: Signalling
    around: Surroundings

    def take_leases(self, tx: Transaction, recovery: Recovery, accounts: tuple[Account, ...]) -> bool:
        """Whether all accounts are ours to write, for as long as writing one after the other may take.

        So two of our own writers never overlap; one that was killed lets go by dying.
        """
        now = self.around.now()
        until = now + len(accounts) * TURN
        return all(
            self.records.leases.take(tx, leased(self.records, account), recovery.id, until=until, now=now)
            for account in accounts
        )

    def conclude(
        self, tx: Transaction, moved: Moved, outcomes: tuple[Outcome, ...], written: tuple[Account, ...]
    ) -> None:
        """Tell the person, end their sessions and other recoveries, and let go of the leases."""
        recovery = moved.recovery
        for account in written:
            self.records.leases.free(tx, leased(self.records, account), recovery.id)
        subject = recovery.subject
        done = {outcome.account for outcome in outcomes if outcome.kind is OutcomeKind.SET}
        stores = dict.fromkeys(outcome.account.store for outcome in outcomes if outcome.account in done)
        if subject is None or not stores:
            return
        unlocks = recovery.purpose is Purpose.UNLOCK
        ending = not unlocks and self.ending.queue(tx, moved, (one for one in written if one.key in done))
        if subject.policy.notices.on_done:
            first, *_ = stores
            told = AccountUnlocked(first) if unlocks else PasswordSet(first)
            after = SESSIONS_END if ending else timedelta(0)
            self.notices.queue(tx, moved, told, stores=tuple(stores), after=after)
        if unlocks:
            # The password is the same: sessions and other proofs are as good as before.
            return
        self.signalling.password_is_new(tx, (account for account in written if account.key in done))
        # Whoever knew the old password may be signed in with it.
        if self.records.sessions.end_of(tx, subject.person):
            self.mover.record(tx, recovery, [PersonSignedOut("reset")], self.around.now())
        self.end_others(tx, subject.person.id, written, outcomes, but_not=recovery.id)

    def end_others(
        self, tx: Transaction, person: str, written: tuple[Account, ...], outcomes: tuple[Outcome, ...], *, but_not: str
    ) -> None:
        """One account is enough: what was proven elsewhere was for a password that is gone."""
        for other_id in self.records.recoveries.open_of(tx, person, but_not):
            self._supersede(tx, other_id, written, outcomes)

    def _supersede(
        self, tx: Transaction, other_id: str, written: tuple[Account, ...], outcomes: tuple[Outcome, ...]
    ) -> None:
        """End another recovery of the person."""
        other = self.records.recoveries.load(tx, other_id)
        if other is None:
            return
        other = self.mover.move(tx, other, Superseded()).recovery
        # Whoever held the lease before us is dead; whoever writes other accounts lives, and will tell.
        ours = {account.key for account in written}
        if other.stage is Stage.WRITING and any(account.key in ours for account in other.intents):
            other = self.mover.move(tx, other, Interrupted()).recovery
        done = {outcome.account for outcome in outcomes if outcome.kind is OutcomeKind.SET}
        now_set = tuple(account for account in written if account.key in done)
        # Whether an account is locked says nothing of who wrote.
        if other.purpose is Purpose.UNLOCK:
            return
        if other.stage is Stage.UNSETTLED and (overtaken := _overtaken(other, now_set)):
            self.mover.move(tx, other, Settled(overtaken))


def leased(records: Records, account: Account) -> str:
    """What is taken by whoever writes this account."""
    return "account:" + records.keyring.pseudonym(account.key.store, account.key.id)


def _overtaken(other: Recovery, now_set: tuple[Account, ...]) -> tuple[Outcome, ...]:
    """What became of another recovery's lost write, if that is sure: not set, where ours met the very same stamp.

    From now on the stamp only says that somebody wrote; asked later, it would pass our write off as theirs.
    """
    lost = {outcome.account for outcome in other.outcomes if outcome.kind is OutcomeKind.UNKNOWN}
    same = {(account.key, account.stamp) for account in now_set}
    sure = {account.key for account in other.intents if (account.key, account.stamp) in same}
    if not lost & sure:
        return ()
    return tuple(
        Outcome(key, OutcomeKind.NOT_SET, (SOMEBODY_ELSE,)) if key in sure else Outcome(key, OutcomeKind.UNKNOWN)
        for key in lost
    )
