"""Somebody made up, who weighs as much as the people of a directory usually do."""

from __future__ import annotations

from ...contracts.people import Account, AccountKey, Contact, ContactKind, Person
from ...contracts.plugin import Context
from ...recovery.state import Subject
from ..snapshot import Snapshot

# Reserved for examples: nobody has them, whatever becomes of them.
_CONTACTS = (
    Contact(ContactKind.PHONE, "+12025550100", "mobile", trusted=True),
    Contact(ContactKind.MAIL, "first.last@company.example", "mail", trusted=True),
)
_ACCOUNT = Account(
    AccountKey("directory", "00000000-0000-0000-0000-000000000000"),
    name="first.last",
    display_name="First Last",
    contacts=_CONTACTS,
    stamp="20200101000000Z",
    server="ldaps://directory.company.example:636",
)
_PERSON = Person("0" * 27, (_ACCOUNT,), _CONTACTS)


def stand_in(snapshot: Snapshot, context: Context) -> Subject:
    """With the offers that this person would have: carried while nobody is found, never offered, judged or told."""
    methods = snapshot.plugins.methods.values()
    offers = tuple(offer for method in methods for offer in method.offers(_PERSON, (), context))
    return Subject(_PERSON, snapshot.usual_policy, offers)
