"""Who is signed in: found by a key that only a browser has, and ended in every way there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from keyback.core.contracts.people import Account, AccountKey, Contact, ContactKind, Person
from keyback.core.db import tables
from keyback.core.db.sealing import Keyring, SealBroken
from keyback.core.db.session import Database
from keyback.core.db.sessions import Session, Sessions
from keyback.core.db.sign_ins import digest

KEY, OTHER = "k" * 43, "o" * 43
HOUR = timedelta(hours=1)
ISSUER = "https://sign-in.alderwick.example"
JO = Person(
    "person-1",
    (Account(AccountKey("openldap", "uuid-1"), "jo", "Jo Frost", groups=frozenset({"staff"})),),
    (Contact(ContactKind.PHONE, "+441632960005", "mobile"),),
)
ADA = Person("person-2", (Account(AccountKey("openldap", "uuid-2"), "ada"),))


@pytest.fixture
def sessions(keyring: Keyring) -> Sessions:
    return Sessions(keyring)


def a_session(now: datetime, person: Person = JO, *, subject: str = "sub-jo", sid: str = "sid-1") -> Session:
    return Session(person, ISSUER, subject, sid, "the.id.token", now - HOUR, now, now + 8 * HOUR)


def test_a_session_is_found_by_its_key_and_by_nothing_else(
    database: Database, sessions: Sessions, now: datetime
) -> None:
    with database.write() as tx:
        sessions.open(tx, KEY, a_session(now))
        found = sessions.find(tx, KEY)
        assert found is not None
        assert (found.session, found.seen_at) == (a_session(now), now)
        # The row's own id is no key: whoever reads the table cannot become anybody.
        assert sessions.find(tx, found.id) is None
        assert sessions.find(tx, OTHER) is None


def test_neither_the_key_nor_anything_about_the_person_stands_in_the_row(
    database: Database, sessions: Sessions, now: datetime
) -> None:
    with database.write() as tx:
        sessions.open(tx, KEY, a_session(now))
        row = str(dict(tx.execute(tables.session.select()).mappings().one()))
    assert not [secret for secret in (KEY, "sub-jo", "sid-1", "Jo Frost", "1632960005", "id.token") if secret in row]


def test_using_it_is_written_down(database: Database, sessions: Sessions, now: datetime) -> None:
    with database.write() as tx:
        sessions.open(tx, KEY, a_session(now))
        sessions.seen(tx, digest(KEY), now + HOUR)
        found = sessions.find(tx, KEY)
    assert found is not None
    assert found.seen_at == now + HOUR


def test_an_ended_one_is_gone_and_ends_once(database: Database, sessions: Sessions, now: datetime) -> None:
    with database.write() as tx:
        sessions.open(tx, KEY, a_session(now))
        sessions.open(tx, OTHER, a_session(now))
        assert (sessions.end(tx, digest(KEY)), sessions.end(tx, digest(KEY))) == (True, False)
        assert sessions.find(tx, KEY) is None
        assert sessions.find(tx, OTHER) is not None


def test_all_of_a_person_end_together_also_those_from_before_their_account_was_linked(
    database: Database, keyring: Keyring, sessions: Sessions, now: datetime
) -> None:
    alone = replace(JO, id=keyring.pseudonym("openldap", "uuid-1"))
    with database.write() as tx:
        sessions.open(tx, KEY, a_session(now))
        sessions.open(tx, OTHER, a_session(now, alone))
        sessions.open(tx, "ada", a_session(now, ADA))
        assert sessions.end_of(tx, JO) == 2
        assert sessions.find(tx, "ada") is not None


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ({"sid": "sid-1"}, {OTHER, "ada"}),
        ({"subject": "sub-jo", "sid": "sid-1"}, {OTHER, "ada"}),
        ({"subject": "sub-jo"}, {"ada"}),
        ({"subject": "sub-nobody"}, {KEY, OTHER, "ada"}),
    ],
)
def test_the_identity_provider_ends_one_of_its_sessions_or_all_of_somebody(
    database: Database, sessions: Sessions, now: datetime, said: dict[str, str], left: set[str]
) -> None:
    with database.write() as tx:
        sessions.open(tx, KEY, a_session(now))
        sessions.open(tx, OTHER, a_session(now, sid="sid-2"))
        sessions.open(tx, "ada", a_session(now, ADA, subject="sub-ada", sid=""))
        ended = sessions.end_vouched(tx, ISSUER, **said)
        assert {key for key in (KEY, OTHER, "ada") if sessions.find(tx, key)} == left
        assert len(ended) == 3 - len(left)


def test_another_issuer_with_the_same_names_ends_nothing(database: Database, sessions: Sessions, now: datetime) -> None:
    with database.write() as tx:
        sessions.open(tx, KEY, a_session(now))
        assert not sessions.end_vouched(tx, "https://other.example", subject="sub-jo")
        assert not sessions.end_vouched(tx, "https://other.example", sid="sid-1")


@pytest.mark.parametrize("column", ["person_ref", "subject_ref", "sid_ref", "started_at", "ends_at", "sealed"])
def test_a_row_that_was_changed_without_the_key_is_refused(
    database: Database, sessions: Sessions, now: datetime, tamper: Callable[..., None], column: str
) -> None:
    changed: dict[str, Any] = {"started_at": now + HOUR, "ends_at": now + 99 * HOUR, "sealed": b"x" * 60}
    with database.write() as tx:
        sessions.open(tx, KEY, a_session(now))
    tamper(tables.session, {"id": digest(KEY)}, **{column: changed.get(column, "somebody-else")})
    with database.read() as tx, pytest.raises(SealBroken):
        sessions.find(tx, KEY)


def test_what_is_sealed_opens_in_its_own_row_only(
    database: Database, sessions: Sessions, now: datetime, tamper: Callable[..., None], column: Callable[..., Any]
) -> None:
    with database.write() as tx:
        sessions.open(tx, KEY, a_session(now))
        sessions.open(tx, OTHER, a_session(now, ADA))
    stolen = column(tables.session, "sealed", id=digest(OTHER))
    tamper(tables.session, {"id": digest(KEY)}, sealed=stolen)
    with database.read() as tx, pytest.raises(SealBroken):
        sessions.find(tx, KEY)


def test_what_is_over_is_forgotten(database: Database, sessions: Sessions, now: datetime) -> None:
    with database.write() as tx:
        sessions.open(tx, KEY, a_session(now))
        assert sessions.purge(tx, now + 8 * HOUR - timedelta(seconds=1)) == 0
        assert sessions.purge(tx, now + 8 * HOUR) == 1
