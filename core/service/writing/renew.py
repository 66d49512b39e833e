"""Choose a new password: check it, claim the write, write, and store what the directories said."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from ...contracts.errors import OutOfTurn, PasswordRefused
from ...contracts.people import Account
from ...contracts.text import Secret, Text
from ...recovery.moves import PasswordAccepted
from ...recovery.passwords import Line
from ...recovery.state import Recovery, Stage, Subject
from ..known_browser import remember
from ..records import Records
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from ..ticket_office import TicketOffice
from ..tickets import Target, Ticket
from .accounts import Accounts
from .claim import Claiming
from .end_sessions import signed_out
from .measure import Measure, Measured
from .write import Writer


@dataclass(frozen=True, kw_only=True)
class Renewing:
    """The only way to a password write (P1)."""

    records: Records
    snapshots: Snapshots
    accounts: Accounts
    writer: Writer
    claiming: Claiming
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
        self.measure.pace(recovery.id, recovery.deadline)
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
        order = PasswordAccepted(ready.accounts, self.accounts.policy_now(subject), ready.left)
        claimed = self.claiming.claim(recovery, order)
        unlock = subject.policy.unlock_on_reset
        outcomes = self.writer.write_all(ready.accounts, password, unlock=unlock, began=began)
        return self.claiming.store(claimed, outcomes, fresh), fresh

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
