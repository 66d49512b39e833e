"""Choose a new password: check it, claim the write, write, and store what the directories said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ..contracts.errors import NotAllowed, OutcomeUnknown, OutOfTurn, PasswordRefused, StoreUnavailable
from ..contracts.events import PasswordNotSet
from ..contracts.people import Account
from ..contracts.store import Outcome, OutcomeKind
from ..contracts.text import Secret, Text
from ..db.session import Transaction
from ..recovery.moves import PasswordAccepted, Wrote
from ..recovery.passwords import Line
from ..recovery.policy import Policy, out_of_scope, satisfied
from ..recovery.state import Recovery, Stage, Subject
from .conclude import Concluding
from .faultpoint import faultpoint
from .known_browser import remember
from .measure import Measure, Measured
from .mover import Moved, Mover
from .records import Records
from .snapshot import Snapshots
from .surroundings import Surroundings
from .ticket_office import TicketOffice, digest
from .tickets import Ticket
from .write import Writer

# The settle job waits for this long before it asks: by then the writer has answered, or is dead.
SETTLE_AFTER = timedelta(seconds=12)
# A write that has not begun this long after its claim never does: a process that was stopped in between wakes up when
# its lease is over and the person may have been told that nothing was set.
TOO_LATE = timedelta(seconds=4)
BY_HAND = Text("Your organisation resets this account by hand. Call the help desk.")


@dataclass(frozen=True, kw_only=True)
class Renewing:
    """The only way to a password write (P1)."""

    records: Records
    snapshots: Snapshots
    mover: Mover
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

    def renew(self, ticket: Ticket, token: str, password: Secret) -> tuple[Recovery, Ticket]:
        """Set it on every account that is not set yet.

        Raises PasswordRefused, StoreUnavailable (nothing was changed), OutcomeUnknown, NotAllowed or OutOfTurn.
        """
        recovery, subject = self._asked_for_one(ticket, token)
        if reasons := self.measure.of(subject, password).judged.shortcomings:
            raise PasswordRefused(reasons)
        accounts = self._fresh_accounts(recovery, subject)
        fresh = self.tickets.fresh(recovery.id)
        until = self.around.now() + TOO_LATE
        claimed, settle_job = self._claim(recovery, accounts)
        faultpoint("intent-stored")
        unlock = subject.policy.unlock_on_reset
        outcomes = tuple(self.writer.write(account, password, unlock=unlock, until=until) for account in accounts)
        try:
            return self._store(claimed, outcomes, settle_job, fresh), fresh
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

    def _fresh_accounts(self, recovery: Recovery, subject: Subject) -> tuple[Account, ...]:
        """The accounts as they are now: only fresh facts decide (E13), and the stamp must be of this moment."""
        done = {outcome.account for outcome in recovery.outcomes if outcome.kind is OutcomeKind.SET}
        stores = self.snapshots.current.plugins.stores
        wanted = [account for account in subject.person.accounts if account.key not in done]
        wanted.sort(key=lambda account: -stores[account.key.store].strictness if account.key.store in stores else 0)
        return tuple(self._fresh(recovery, subject, account) for account in wanted)

    def _fresh(self, recovery: Recovery, subject: Subject, account: Account) -> Account:
        fresh = self.writer.look(account)
        why = "gone" if fresh is None else ""
        for policy in (subject.policy, self._policy_now(subject)):
            why = why or (out_of_scope(policy.scope, fresh) if fresh else "gone")
            why = why or ("" if recovery.purpose in policy.purposes else "out-of-scope")
        if fresh is None or why:
            refused = PasswordNotSet(account.key.store, OutcomeKind.REFUSED, why)
            with self.records.db.write() as tx:
                self.mover.record(tx, recovery, [refused], self.around.now())
            raise NotAllowed(BY_HAND)
        return fresh

    def _policy_now(self, subject: Subject) -> Policy:
        return self.snapshots.current.policy_for(subject.person)

    def _claim(self, recovery: Recovery, accounts: tuple[Account, ...]) -> tuple[Moved, str]:
        """Committed before the directory is asked, so that a second tab cannot write too (P3)."""
        assert recovery.subject is not None
        policy_now = self._policy_now(recovery.subject)
        with self.records.db.write() as tx:
            self._check_ledger(tx, recovery, policy_now)
            # Whoever was stopped between the proof and this write is not served, whatever was proven (S21).
            if self.records.freezes.stopped(tx, recovery.subject.person):
                raise NotAllowed(BY_HAND)
            if not self.concluding.take_leases(tx, recovery, accounts):
                raise StoreUnavailable("another password is being set for this account")
            move = PasswordAccepted(accounts, policy_now)
            moved = self.mover.move(tx, recovery, move)
            began = self.around.now().isoformat()
            job = self.mover.wait_for(tx, moved, self._lane(accounts), "settle", after=SETTLE_AFTER, began=began)
        return moved, job.id

    def _check_ledger(self, tx: Transaction, recovery: Recovery, policy_now: Policy) -> None:
        """The ledger's rows are the proofs; the recovery's own list is only a copy of them (P2)."""
        assert recovery.subject is not None
        proofs = self.records.proofs.of(tx, recovery.id, recovery.subject.person.id)
        if not all(satisfied(policy.proof, proofs) for policy in (recovery.subject.policy, policy_now)):
            raise OutOfTurn("the ledger does not hold enough proofs")

    def _store(self, claimed: Moved, outcomes: tuple[Outcome, ...], settle_job: str, fresh: Ticket) -> Recovery:
        """Only now a new key: if this process dies while it writes, the browser's cookie still shows the outcome."""
        with self.records.db.write() as tx:
            moved = self.mover.move(tx, claimed.recovery, Wrote(outcomes), key_digest=digest(fresh))
            self.concluding.conclude(tx, moved, outcomes, claimed.recovery.intents)
            if moved.recovery.stage is not Stage.UNSETTLED:
                self.records.jobs.done(tx, [settle_job])
        faultpoint("outcome-stored")
        return self.mover.hand_over(moved)

    @staticmethod
    def _lane(accounts: tuple[Account, ...]) -> str:
        return f"store:{accounts[0].key.store}"
