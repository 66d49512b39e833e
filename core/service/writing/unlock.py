"""Unlock without a new password: what is locked, the claim, the order, and what the directories said."""

from __future__ import annotations

from dataclasses import dataclass

from ...contracts.errors import NotAllowed, OutOfTurn, StoreUnavailable
from ...contracts.people import Account
from ...contracts.store import Outcome, OutcomeKind
from ...contracts.text import Text
from ...recovery.moves import NothingToUnlock, UnlockOrdered
from ...recovery.state import Recovery, Stage, Subject
from ..mover import Mover
from ..records import Records
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from ..ticket_office import TicketOffice, digest
from ..tickets import Ticket
from .accounts import Accounts, Ready
from .claim import Claiming
from .locks import Locks

BY_RESET = Text("This account is unlocked by a new password only.")


@dataclass(frozen=True, kw_only=True)
class Unlocking:
    """The same proofs, policies, leases and records as for a new password; only the password stays the same."""

    records: Records
    snapshots: Snapshots
    mover: Mover
    accounts: Accounts
    locks: Locks
    claiming: Claiming
    tickets: TicketOffice
    around: Surroundings

    @property
    def offered(self) -> bool:
        """Whether anybody could be unlocked here."""
        return self.snapshots.current.offers_unlock

    def unlock(self, ticket: Ticket, token: str) -> tuple[Recovery, Ticket]:
        """Unlock whatever of the person's is locked; nothing more is asked once the proofs are enough.

        Raises StoreUnavailable (nothing was changed), OutcomeUnknown, NotAllowed or OutOfTurn.
        """
        recovery = self.tickets.in_turn(ticket, token)
        subject = recovery.subject
        if recovery.stage is not Stage.RENEWING or subject is None:
            raise OutOfTurn("nothing is to be unlocked yet")
        order = self._order(recovery, subject)
        fresh, began = self.tickets.fresh(recovery.id), self.around.now()
        if isinstance(order, NothingToUnlock):
            return self._end(recovery, order, fresh), fresh
        claimed = self.claiming.claim(recovery, order)
        outcomes = self.locks.lift_all(order.accounts, began=began)
        return self.claiming.store(claimed, outcomes, fresh), fresh

    def _order(self, recovery: Recovery, subject: Subject) -> UnlockOrdered | NothingToUnlock:
        """What to unlock, by what the directories say now."""
        done = {outcome.account for outcome in recovery.outcomes if outcome.kind is not OutcomeKind.NOT_SET}
        meant = tuple(account for account in subject.person.accounts if account.key not in done)
        try:
            ready = self.accounts.fresh(recovery, subject, meant)
        except NotAllowed:
            return NothingToUnlock("by-hand")
        locked = self._locked(recovery, ready)
        able = tuple(account for account in locked if self.locks.can_lift_in(account.key.store))
        unable = (Outcome(a.key, OutcomeKind.REFUSED, (BY_RESET,)) for a in locked if a not in able)
        if able:
            return UnlockOrdered(able, self.accounts.policy_now(subject), (*ready.left, *unable))
        if any(outcome.kind is OutcomeKind.NOT_SET for outcome in ready.left):
            # The one that is silent may be the one that is locked.
            raise StoreUnavailable("a directory does not answer")
        if locked:
            return NothingToUnlock("reset-instead")
        return NothingToUnlock("by-hand" if ready.left else "not-locked")

    @staticmethod
    def _locked(recovery: Recovery, ready: Ready) -> tuple[Account, ...]:
        """Those that are locked, and those that were tried before: that is harmless, and their outcome becomes true."""
        tried = {outcome.account for outcome in recovery.outcomes}
        return tuple(account for account in ready.accounts if account.state.locked or account.key in tried)

    def _end(self, recovery: Recovery, why: NothingToUnlock, fresh: Ticket) -> Recovery:
        with self.records.db.write() as tx:
            moved = self.mover.move(tx, recovery, why, key_digest=digest(fresh))
        return self.mover.hand_over(moved)
