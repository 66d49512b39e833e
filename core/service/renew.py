"""Choose a new password: check it, claim the write, write, and store what the directories said."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta

from ..contracts.errors import NotAllowed, OutcomeUnknown, OutOfTurn, PasswordRefused, StoreUnavailable
from ..contracts.people import Account
from ..contracts.store import Outcome
from ..contracts.text import Secret, Text
from ..db.session import Transaction
from ..recovery.moves import PasswordAccepted, Wrote
from ..recovery.passwords import Line
from ..recovery.policy import Policy, satisfied
from ..recovery.state import Recovery, Stage, Subject
from .accounts import BY_HAND, Accounts, Ready
from .conclude import Concluding
from .end_sessions import signed_out
from .faultpoint import faultpoint
from .known_browser import remember
from .measure import Measure, Measured
from .mover import Moved, Mover, Overtaken
from .records import Records
from .snapshot import Snapshots
from .surroundings import Surroundings
from .ticket_office import TicketOffice, digest
from .tickets import Target, Ticket
from .write import TURN, Writer

# The settle job waits for this long before it asks: by then the writer has answered, or is dead.
SETTLE_AFTER = timedelta(seconds=12)
MOST_TIMES = 3


@dataclass(frozen=True, kw_only=True)
class Renewing:
    """The only way to a password write (P1)."""

    records: Records
    snapshots: Snapshots
    mover: Mover
    accounts: Accounts
    writer: Writer
    concluding: Concluding
    tickets: TicketOffice
    around: Surroundings
    measure: Measure

    def rules(self, recovery: Recovery) -> tuple[Line, ...]:
        """What the new password must be, ours and the directory's; shown only after the proofs (A15)."""
        if recovery.subject is None or not recovery.proofs:
            return ()
        return self.measure.rules(recovery.subject)

    def check(self, ticket: Ticket, token: str, password: Secret) -> Measured:
        """How it would do, while it is being typed; nothing is changed, and the time goes on.

        Raises MustWait, NotAllowed or OutOfTurn.
        """
        recovery, subject = self._asked_for_one(ticket, token)
        self.measure.pace(recovery)
        return self.measure.of(subject, password)

    def targets(self, recovery: Recovery) -> tuple[Target, ...]:
        """The person's accounts, once something is proven."""
        return self.accounts.targets(recovery) if recovery.proofs else ()

    def silent(self, recovery: Recovery) -> tuple[Text | str, ...]:
        """The directories that didn't answer in time to take part."""
        return self.accounts.silent(recovery) if recovery.proofs else ()

    def signed_out(self, recovery: Recovery) -> bool:
        """Whether nothing is open with the old password any more, as far as directories can say."""
        return signed_out(self.records, self.snapshots, recovery)

    def renew(self, ticket: Ticket, token: str, password: Secret, chosen: Collection[str]) -> tuple[Recovery, Ticket]:
        """Set it on the chosen accounts, named by their targets' values.

        Raises PasswordRefused, StoreUnavailable (nothing was changed), OutcomeUnknown, NotAllowed or OutOfTurn.
        """
        recovery, subject = self._asked_for_one(ticket, token)
        accounts = self.accounts.chosen(recovery, subject, chosen)
        if reasons := self._shortcomings(subject, accounts, password):
            raise PasswordRefused(reasons)
        ready = self.accounts.fresh(recovery, subject, accounts)
        fresh = self.tickets.fresh(recovery.id)
        began = self.around.now()
        claimed, settle_jobs = self._claim(recovery, ready)
        faultpoint("intent-stored")
        unlock = subject.policy.unlock_on_reset
        outcomes = self.writer.write_all(ready.accounts, password, unlock=unlock, began=began)
        try:
            return self._store(claimed, outcomes, settle_jobs, fresh), fresh
        except StoreUnavailable as error:
            # The directory has it, only our own database does not know; the settle job asks.
            raise OutcomeUnknown("what the directory said could not be written down") from error

    def browser_mark(self, recovery: Recovery, cookie: str) -> str | None:
        """The known-browser cookie after a finished recovery: from now on this browser has a lane of its own."""
        if recovery.stage is not Stage.DONE or recovery.subject is None:
            return None
        return remember(self.records.keyring, cookie, recovery.subject.person.id, self.around.token())

    def _asked_for_one(self, ticket: Ticket, token: str) -> tuple[Recovery, Subject]:
        recovery = self.tickets.in_turn(ticket, token)
        if recovery.stage is not Stage.RENEWING or recovery.subject is None:
            raise OutOfTurn("no password is asked for")
        return recovery, recovery.subject

    def _shortcomings(self, subject: Subject, accounts: tuple[Account, ...], password: Secret) -> tuple[Text, ...]:
        """What is wrong with it for any of these accounts, each thing once."""
        every = self.accounts.password_rules(subject, accounts)
        subjects = (replace(subject, policy=replace(subject.policy, password=rules)) for rules in every)
        found = [reason for each in subjects for reason in self.measure.of(each, password).judged.shortcomings]
        return tuple(dict.fromkeys(found))

    def _claim(self, recovery: Recovery, ready: Ready) -> tuple[Moved, list[str]]:
        """Committed before the directory is asked, so that a second tab cannot write too (P3)."""
        assert recovery.subject is not None
        policy_now = self.accounts.policy_now(recovery.subject)
        with self.records.db.write() as tx:
            self._check_ledger(tx, recovery, policy_now)
            # Whoever was stopped between the proof and this write is not served, whatever was proven (S21).
            if self.records.freezes.stopped(tx, recovery.subject.person):
                raise NotAllowed(BY_HAND)
            if not self.concluding.take_leases(tx, recovery, ready.accounts):
                raise StoreUnavailable("another password is being set for this account")
            moved = self.mover.move(tx, recovery, PasswordAccepted(ready.accounts, policy_now, ready.left))
            return moved, self._leave_settling(tx, moved, ready.accounts)

    def _leave_settling(self, tx: Transaction, moved: Moved, accounts: tuple[Account, ...]) -> list[str]:
        """For the case that this process dies: a job in the lane of each store, once the last turn is over."""
        began = self.around.now() + (len(accounts) - 1) * TURN
        after = began + SETTLE_AFTER - self.around.now()
        facts = {"began": began.isoformat()}
        return [
            self.mover.wait_for(tx, moved, f"store:{store}", "settle", after=after, store=store, **facts).id
            for store in dict.fromkeys(account.key.store for account in accounts)
        ]

    def _check_ledger(self, tx: Transaction, recovery: Recovery, policy_now: Policy) -> None:
        """The ledger's rows are the proofs; the recovery's own list is only a copy of them (P2)."""
        assert recovery.subject is not None
        proofs = self.records.proofs.of(tx, recovery.id, recovery.subject.person.id)
        if not all(satisfied(policy.proof, proofs) for policy in (recovery.subject.policy, policy_now)):
            raise OutOfTurn("the ledger does not hold enough proofs")

    def _store(self, claimed: Moved, outcomes: tuple[Outcome, ...], settle_jobs: list[str], fresh: Ticket) -> Recovery:
        """Say what the directories said, also when somebody noted meanwhile that it will be superseded."""
        recovery = claimed.recovery
        for _ in range(MOST_TIMES):
            try:
                return self._conclude(recovery, outcomes, settle_jobs, fresh)
            except Overtaken:
                recovery = self._same_claim(recovery)
        raise OutOfTurn("others moved it again and again")

    def _conclude(
        self, recovery: Recovery, outcomes: tuple[Outcome, ...], settle_jobs: list[str], fresh: Ticket
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
            raise OutOfTurn("another password is being set")
        return newest
