"""The claim of a write, committed before any directory is asked, and what is stored once they have answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ...contracts.errors import NotAllowed, OutcomeUnknown, OutOfTurn, StoreUnavailable
from ...contracts.people import Account
from ...contracts.store import Outcome
from ...db.session import Transaction
from ...recovery.moves import Order, Wrote
from ...recovery.policy import Policy, satisfied
from ...recovery.state import Recovery, Stage
from ..faultpoint import faultpoint
from ..mover import Moved, Mover, Overtaken
from ..records import Records
from ..surroundings import Surroundings
from ..ticket_office import digest
from ..tickets import Ticket
from .accounts import BY_HAND
from .conclude import Concluding
from .write import TURN

# The settle job waits for this long before it asks: by then the writer has answered, or is dead.
SETTLE_AFTER = timedelta(seconds=12)
MOST_TIMES = 3


@dataclass(frozen=True, slots=True)
class Claimed:
    """A write that is ours to make, and the jobs that find out about it if this process dies."""

    moved: Moved
    settle_jobs: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Claiming:
    """No directory is written before the ledger was asked, and none without a claim (P1, P3)."""

    records: Records
    mover: Mover
    concluding: Concluding
    around: Surroundings

    def claim(self, recovery: Recovery, order: Order) -> Claimed:
        """Committed before the directory is asked, so that a second tab cannot write too (P3).

        Raises StoreUnavailable (somebody else writes), NotAllowed or OutOfTurn.
        """
        assert recovery.subject is not None
        with self.records.db.write() as tx:
            self._check_ledger(tx, recovery, order.policy_now)
            # Whoever was stopped between the proof and this write is not served, whatever was proven (S21).
            if self.records.freezes.stopped(tx, recovery.subject.person):
                raise NotAllowed(BY_HAND)
            if not self.concluding.take_leases(tx, recovery, order.accounts):
                raise StoreUnavailable("this account is being written already")
            moved = self.mover.move(tx, recovery, order)
            claimed = Claimed(moved, self._leave_settling(tx, moved, order.accounts))
        faultpoint("intent-stored")
        return claimed

    def store(self, claimed: Claimed, outcomes: tuple[Outcome, ...], fresh: Ticket) -> Recovery:
        """Say what the directories said, also when somebody noted meanwhile that it will be superseded.

        Raises OutcomeUnknown when that cannot be written down, and OutOfTurn.
        """
        recovery = claimed.moved.recovery
        try:
            for _ in range(MOST_TIMES):
                try:
                    return self._conclude(recovery, outcomes, claimed.settle_jobs, fresh)
                except Overtaken:
                    recovery = self._same_claim(recovery)
        except StoreUnavailable as error:
            # The directory has it, only our own database does not know; the settle job asks.
            raise OutcomeUnknown("what the directory said could not be written down") from error
        raise OutOfTurn("others moved it again and again")

    def _leave_settling(self, tx: Transaction, moved: Moved, accounts: tuple[Account, ...]) -> tuple[str, ...]:
        """For the case that this process dies: a job in the lane of each store, once the last turn is over."""
        began = self.around.now() + (len(accounts) - 1) * TURN
        after = began + SETTLE_AFTER - self.around.now()
        facts = {"began": began.isoformat()}
        return tuple(
            self.mover.wait_for(tx, moved, f"store:{store}", "settle", after=after, store=store, **facts).id
            for store in dict.fromkeys(account.key.store for account in accounts)
        )

    def _check_ledger(self, tx: Transaction, recovery: Recovery, policy_now: Policy) -> None:
        """The ledger's rows are the proofs; the recovery's own list is only a copy of them (P2)."""
        assert recovery.subject is not None
        proofs = self.records.proofs.of(tx, recovery.id, recovery.subject.person.id)
        if not all(satisfied(policy.proof, proofs) for policy in (recovery.subject.policy, policy_now)):
            raise OutOfTurn("the ledger does not hold enough proofs")

    def _conclude(
        self, recovery: Recovery, outcomes: tuple[Outcome, ...], settle_jobs: tuple[str, ...], fresh: Ticket
    ) -> Recovery:
        """Only now a new key: if this process dies while it writes, the browser's cookie still shows the outcome."""
        with self.records.db.write() as tx:
            moved = self.mover.move(tx, recovery, Wrote(outcomes), key_digest=digest(fresh))
            self.concluding.conclude(tx, moved, outcomes, recovery.intents)
            if moved.recovery.stage is not Stage.UNSETTLED:
                self.records.jobs.done(tx, settle_jobs)
        faultpoint("outcome-stored")
        return self.mover.hand_over(moved)

    def _same_claim(self, claimed: Recovery) -> Recovery:
        """The newest row, if its write is still ours: another turn would be another claim, for other passwords."""
        with self.records.db.read() as tx:
            newest = self.records.recoveries.load(tx, claimed.id)
        if newest is None or newest.turn != claimed.turn:
            raise OutOfTurn("another write is under way")
        return newest
