"""By which addresses and offers a person can prove who they are."""

from __future__ import annotations

from dataclasses import dataclass

from ...contracts.events import ContactChanged
from ...contracts.method import Offer
from ...contracts.people import Account, Contact, Person
from ...db.session import Transaction
from ...recovery.policy import Policy
from ...recovery.state import Recovery
from ..mover import Mover
from ..records import Records
from ..snapshot import Snapshots
from ..surroundings import Surroundings


@dataclass(frozen=True, kw_only=True)
class Ways:
    """Asked for the account that was found, and again for each linked one."""

    records: Records
    snapshots: Snapshots
    mover: Mover
    around: Surroundings

    def contacts(
        self, tx: Transaction, recovery: Recovery | None, account: Account, policy: Policy
    ) -> tuple[Contact, ...]:
        """Those of this account that their owner cannot write, and that have not changed lately (J3).

        Changed ones are told to the events of this recovery, if it is theirs.
        """
        now = self.around.now()
        trusted = [contact for contact in account.contacts if contact.trusted]
        # By account and not by person: the mailbox of another account is no changed mailbox of this one.
        account_ref = self.records.keyring.pseudonym(account.key.store, account.key.id)
        changed = self.records.contacts.since(tx, account_ref, trusted, now)
        new = [contact for place, contact in enumerate(trusted) if changed[place] == now]
        if recovery is not None:
            self.mover.record(tx, recovery, [ContactChanged(contact.source) for contact in new], now)
        waits = (changed[place] for place in range(len(trusted)))
        return tuple(
            contact
            for contact, since in zip(trusted, waits, strict=True)
            if since is None or since + policy.cool_down <= now
        )

    def offers(self, tx: Transaction, person: Person, policy: Policy, *, without: str = "") -> tuple[Offer, ...]:
        """What this person could do, by every method that the policy names. `without`: if that enrolment were gone."""
        enrolments = [one for one in self.records.enrolments.of(tx, person.id) if one.id != without]
        context = self.around.context()
        methods = self.snapshots.current.plugins.methods
        return tuple(
            offer
            for key, method in methods.items()
            if key in policy.proof.named
            for offer in method.offers(person, [e for e in enrolments if e.method == key], context)
            if offer.method == key
        )
