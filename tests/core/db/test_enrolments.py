"""Enrolments, links and contacts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from keyback.core.contracts.people import AccountKey, Contact, ContactKind, Enrolment
from keyback.core.db import tables
from keyback.core.db.contacts import ContactsSeen
from keyback.core.db.enrolments import Enrolments
from keyback.core.db.links import Links
from keyback.core.db.sealing import KeyPurpose, Keyring, SealBroken
from keyback.core.db.session import Database

CODES = {"code-1": "hash-1", "code-2": "hash-2"}
FEWER = {"code-2": "hash-2"}
MAIL = Contact(ContactKind.MAIL, "canary-mail@example.org", "mail")
PHONE = Contact(ContactKind.PHONE, "+49 170 5550199", "mobile")
NEW_PHONE = Contact(ContactKind.PHONE, "+49 170 5550100", "mobile")


@pytest.fixture
def enrolments(keyring: Keyring) -> Enrolments:
    return Enrolments(keyring)


@pytest.fixture
def links(keyring: Keyring) -> Links:
    return Links(keyring)


@pytest.fixture
def contacts(keyring: Keyring) -> ContactsSeen:
    return ContactsSeen(keyring)


@pytest.fixture
def codes(database: Database, enrolments: Enrolments, now: datetime) -> str:
    """Saved codes of person-1."""
    with database.write() as tx:
        return enrolments.add(tx, "person-1", "saved_codes", "Canary's codes", CODES, proven_at=now, usable_from=now)


def test_an_enrolment_comes_back_as_it_was_given(
    database: Database, enrolments: Enrolments, codes: str, now: datetime
) -> None:
    with database.read() as tx:
        assert enrolments.of(tx, "person-1") == (Enrolment(codes, "saved_codes", "Canary's codes", CODES, now, now),)
        assert enrolments.of(tx, "person-2") == ()


def test_a_saved_code_is_spent_only_from_the_set_that_was_read(
    database: Database, enrolments: Enrolments, codes: str, now: datetime
) -> None:
    with database.write() as tx:
        assert enrolments.update(tx, "person-1", codes, FEWER, at=now, expect=CODES)
        assert not enrolments.update(tx, "person-1", codes, FEWER, at=now, expect=CODES)
        assert enrolments.of(tx, "person-1")[0].data == FEWER
        assert not enrolments.update(tx, "person-2", codes, CODES, at=now)
        assert not enrolments.update(tx, "person-1", "no such", CODES, at=now)


def test_a_saved_code_that_twenty_spend_at_once_is_spent_once(
    database: Database,
    other_process: Database,
    enrolments: Enrolments,
    codes: str,
    now: datetime,
    at_once: Callable[..., list[bool]],
) -> None:
    def spend(number: int) -> bool:
        with (database, other_process)[number % 2].write() as tx:
            return enrolments.update(tx, "person-1", codes, FEWER, at=now, expect=CODES)

    assert sum(at_once(20, spend)) == 1


def test_an_enrolment_can_be_removed_alone_or_with_all_of_its_method(
    database: Database, enrolments: Enrolments, codes: str, now: datetime
) -> None:
    with database.write() as tx:
        enrolments.add(tx, "person-1", "saved_codes", "", {}, proven_at=now, usable_from=now)
        other = enrolments.add(tx, "person-1", "email", "", {}, proven_at=now, usable_from=now)
        assert enrolments.remove_all(tx, "person-2", "saved_codes") == 0
        assert enrolments.remove_all(tx, "person-1", "saved_codes") == 2
        assert [one.id for one in enrolments.of(tx, "person-1")] == [other]
        assert enrolments.remove(tx, other)
        assert not enrolments.remove(tx, other)


@pytest.mark.parametrize(
    "changed",
    [{"method": "email"}, {"version": 9}, {"usable_from": None}, {"person_id": "person-2"}, {"seal": b""}],
    ids=lambda changed: next(iter(changed)),
)
def test_an_enrolment_that_was_changed_without_the_key_is_refused(
    database: Database,
    enrolments: Enrolments,
    codes: str,
    now: datetime,
    tamper: Callable[..., None],
    changed: dict[str, Any],
) -> None:
    with database.write() as tx:
        other = enrolments.add(tx, "person-2", "email", "", {}, proven_at=now, usable_from=now)
        enrolments.remove(tx, other)
    if "usable_from" in changed:
        changed = {"usable_from": now - timedelta(days=3)}
    tamper(tables.enrolment, {"id": codes}, **changed)
    with pytest.raises(SealBroken), database.read() as tx:
        enrolments.of(tx, changed.get("person_id", "person-1"))


def test_an_enrolment_copied_to_somebody_else_is_refused(
    database: Database, enrolments: Enrolments, codes: str, now: datetime
) -> None:
    with database.write() as tx:
        enrolments.remove(tx, enrolments.add(tx, "person-2", "email", "", {}, proven_at=now, usable_from=now))
        mine = dict(tx.execute(select(tables.enrolment)).mappings().one())
        tx.execute(insert(tables.enrolment), mine | {"id": "forged", "person_id": "person-2"})
    with pytest.raises(SealBroken), database.read() as tx:
        enrolments.of(tx, "person-2")


def test_data_swapped_between_two_enrolments_is_refused(
    database: Database,
    enrolments: Enrolments,
    codes: str,
    now: datetime,
    tamper: Callable[..., None],
    column: Callable[..., Any],
) -> None:
    with database.write() as tx:
        other = enrolments.add(tx, "person-1", "saved_codes", "", {"mine": "x"}, proven_at=now, usable_from=now)
    tamper(tables.enrolment, {"id": codes}, sealed=column(tables.enrolment, "sealed", id=other))
    with pytest.raises(SealBroken), database.read() as tx:
        enrolments.of(tx, "person-1")


def test_an_account_is_one_persons(database: Database, links: Links, keyring: Keyring, now: datetime) -> None:
    ldap, entra = AccountKey("openldap", "canary-uuid"), AccountKey("entra", "canary-oid")
    with database.write() as tx:
        assert links.whose(tx, ldap) == (keyring.pseudonym(ldap.store, ldap.id), ())
        assert links.link(tx, "person-1", ldap, "signed in", now)
        assert links.link(tx, "person-1", entra, "signed in", now + timedelta(seconds=1))
        assert not links.link(tx, "person-2", ldap, "signed in", now)
        assert links.whose(tx, ldap) == ("person-1", (ldap, entra))
        assert links.accounts_of(tx, "person-1") == (ldap, entra)
        assert links.accounts_of(tx, "person-2") == ()
        assert links.whose(tx, entra) == ("person-1", (ldap, entra))


def test_a_link_to_somebody_else_that_was_made_without_the_key_is_refused(
    database: Database, links: Links, now: datetime, tamper: Callable[..., None]
) -> None:
    ldap = AccountKey("openldap", "canary-uuid")
    with database.write() as tx:
        links.link(tx, "person-1", ldap, "signed in", now)
        links.link(tx, "person-2", AccountKey("openldap", "another"), "signed in", now)
    tamper(tables.account, {"person_id": "person-1"}, person_id="person-2")
    with database.read() as tx:
        with pytest.raises(SealBroken):
            links.whose(tx, ldap)
        with pytest.raises(SealBroken):
            links.accounts_of(tx, "person-2")


def test_contacts_of_the_first_look_are_not_changed_ones(
    database: Database, contacts: ContactsSeen, now: datetime
) -> None:
    later = now + timedelta(days=9)
    with database.write() as tx:
        assert contacts.since(tx, "person-1", [MAIL, PHONE, NEW_PHONE], now) == {0: None, 1: None, 2: None}
        assert contacts.since(tx, "person-1", [NEW_PHONE, MAIL], later) == {0: None, 1: None}
        assert contacts.since(tx, "person-1", [], later) == {}


def test_a_changed_contact_is_known_by_the_moment_it_was_first_seen(
    database: Database, contacts: ContactsSeen, now: datetime
) -> None:
    change, later = now + timedelta(days=1), now + timedelta(days=9)
    with database.write() as tx:
        contacts.since(tx, "person-1", [MAIL, PHONE], now)
        assert contacts.since(tx, "person-1", [MAIL, NEW_PHONE], change) == {0: None, 1: change}
        assert contacts.since(tx, "person-1", [NEW_PHONE, PHONE], later) == {0: change, 1: None}
        assert contacts.since(tx, "person-2", [NEW_PHONE], later) == {0: None}


def test_the_same_contact_twice_is_one(database: Database, contacts: ContactsSeen, now: datetime) -> None:
    with database.write() as tx:
        assert contacts.since(tx, "person-1", [PHONE, PHONE], now) == {0: None, 1: None}
        assert len(tx.execute(select(tables.contact_seen)).all()) == 1


def test_a_rotated_key_makes_no_contact_a_changed_one(
    database: Database, keyring: Keyring, contacts: ContactsSeen, now: datetime
) -> None:
    with database.write() as tx:
        contacts.since(tx, "person-1", [MAIL], now)
    keyring.rotate(KeyPurpose.CONTACT)
    with database.write() as tx:
        assert contacts.since(tx, "person-1", [MAIL], now + timedelta(days=1)) == {0: None}


def test_a_cool_down_cannot_be_lifted_without_the_key(
    database: Database, contacts: ContactsSeen, now: datetime, tamper: Callable[..., None]
) -> None:
    with database.write() as tx:
        contacts.since(tx, "person-1", [PHONE], now)
        contacts.since(tx, "person-1", [NEW_PHONE], now)
    tamper(tables.contact_seen, {"since": now}, since=None)
    with pytest.raises(SealBroken), database.write() as tx:
        contacts.since(tx, "person-1", [NEW_PHONE], now)
