"""Who is told of a change of somebody's methods: every address by which they could ever be reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from ...contracts.method import Method
from ...contracts.people import Contact, ContactKind, Enrolment, Person
from ..finding.recognise import Facts

# What can be written to, by what carries it.
KINDS = {"sms": ContactKind.PHONE, "email": ContactKind.MAIL}
# What has just been added: by which method, and what it keeps.
New: TypeAlias = tuple[Method, Mapping[str, str]]


def everybody(facts: Facts, methods: Mapping[str, Method], enrolments: Sequence[Enrolment], new: New | None) -> Person:
    """The same person with all of them. Trusted ones, which get the link that stops, are those that count by now.

    What is new or still waits could have been put there by whoever the link is to stop.
    """
    reached = [(methods[offer.method], offer.private, True) for offer in facts.offers]
    reached += [(methods[one.method], one.data, False) for one in enrolments if one.method in methods]
    reached += [(*new, False)] if new else []
    contacts = [
        Contact(KINDS[method.medium], data["to"], trusted=trusted)
        for method, data, trusted in reached
        if method.medium in KINDS and data.get("to")
    ]
    # Each once, and as trusted as it ever is.
    told = {(contact.kind, contact.value): contact for contact in reversed(contacts)}
    return replace(facts.person, contacts=(*facts.person.contacts, *told.values()))
