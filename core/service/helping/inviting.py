"""Invitations to add a method: where to sign in, to every address that is known, and to nobody twice in a week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from ...contracts.desk_events import PersonInvited
from ...contracts.errors import NotAllowed
from ...contracts.event import Event
from ...contracts.people import Account, ContactKind, Person
from ...contracts.text import Text
from ...db.session import Transaction, after_commit
from ..back_office import BackOffice
from ..enrolling.my_methods import MyMethods
from ..enrolling.signed_in import SignedIn
from ..records import Records
from ..sending.notices import Notices
from ..surroundings import Surroundings

# Whoever ignores two invitations in a week reads the third one even less, and learns to ignore all our mail.
ONCE_IN = timedelta(days=7)
LATELY = Text("They were invited in the last seven days.")
NO_ADDRESS = Text("No address of theirs is known.")


@dataclass(frozen=True, kw_only=True)
class Inviting:
    """A link would be a secret that travels. An address is named, and people sign in there as they always do."""

    records: Records
    mine: MyMethods
    notices: Notices
    office: BackOffice
    around: Surroundings

    def could_not_get_back_in(self, person: Person) -> bool:
        """Whether an invitation is of any use to them."""
        return not self.mine.look(SignedIn("", person, self.around.now())).get_back.yes

    def everybody(
        self, tx: Transaction, person: Person, accounts: tuple[Account, ...], others: Sequence[Account] = ()
    ) -> Person:
        """With every address that any of their directories or they themselves gave. `others` go unnamed."""
        whom = self.mine.to_be_told(tx, SignedIn("", person, self.around.now()))
        first, *more = accounts
        first = replace(first, contacts=(*first.contacts, *(each for other in others for each in other.contacts)))
        return replace(whom, accounts=(first, *more))

    def invite(self, tx: Transaction, whom: Person, *, language: str = "", texts: bool = True) -> int:
        """Queue it, in the transaction of whoever records it; to how many addresses. Raises NotAllowed."""
        if not _addresses(whom if texts else _by_mail(whom)):
            raise NotAllowed(NO_ADDRESS)
        now = self.around.now()
        if not self.records.counters.spend_once(tx, f"invited:{whom.id}", now + ONCE_IN, now):
            raise NotAllowed(LATELY)
        return self.tell(tx, whom, PersonInvited(), language=language, texts=texts)

    def tell(self, tx: Transaction, whom: Person, event: Event, *, language: str = "", texts: bool = True) -> int:
        """Queue it, in the transaction of whoever records it; to how many addresses."""
        whom = whom if texts else _by_mail(whom)
        addresses = _addresses(whom)
        for job in self.notices.queue_change(tx, whom, event, language) if addresses else ():
            after_commit(tx, partial(self.office.hand_over, job))
        return len(addresses)


def _addresses(whom: Person) -> set[tuple[ContactKind, str]]:
    return {(c.kind, c.value) for c in (*whom.contacts, *(c for a in whom.accounts for c in a.contacts))}


def _by_mail(person: Person) -> Person:
    accounts = tuple(
        replace(account, contacts=tuple(c for c in account.contacts if c.kind is ContactKind.MAIL))
        for account in person.accounts
    )
    return replace(person, accounts=accounts, contacts=tuple(c for c in person.contacts if c.kind is ContactKind.MAIL))
