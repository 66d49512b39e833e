"""Whose self-service is stopped."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from keyback.core.contracts.people import Account, AccountKey, Person
from keyback.core.db import tables
from keyback.core.db.freezes import Freeze, Freezes
from keyback.core.db.sealing import Keyring, SealBroken
from keyback.core.db.session import Database

HOUR = timedelta(hours=1)
JO = Person("person-1", (Account(AccountKey("openldap", "uuid-1"), "jo"),))
ADA = Person("person-2", (Account(AccountKey("openldap", "uuid-2"), "ada"),))


@pytest.fixture
def freezes(keyring: Keyring) -> Freezes:
    return Freezes(keyring)


def a_freeze(now: datetime, person: str = "person-1") -> Freeze:
    return Freeze(person, now, "proof.given", "recovery-1")


def test_a_stop_holds_for_that_person_until_it_is_lifted(database: Database, freezes: Freezes, now: datetime) -> None:
    with database.write() as tx:
        assert not freezes.stopped(tx, JO)
        assert freezes.freeze(tx, a_freeze(now))
        assert (freezes.stopped(tx, JO), freezes.stopped(tx, ADA)) == (True, False)
        assert freezes.of(tx, "person-1") == a_freeze(now)
        assert freezes.lift(tx, JO, now + HOUR)
        assert not freezes.stopped(tx, JO)


def test_only_the_first_stop_and_the_first_lift_count(database: Database, freezes: Freezes, now: datetime) -> None:
    with database.write() as tx:
        assert not freezes.lift(tx, JO, now)
        assert freezes.freeze(tx, a_freeze(now))
        assert not freezes.freeze(tx, a_freeze(now + HOUR))
        assert freezes.of(tx, "person-1") == a_freeze(now)
        assert freezes.lift(tx, JO, now + HOUR)
        assert not freezes.lift(tx, JO, now + 2 * HOUR)


def test_somebody_can_be_stopped_again(database: Database, freezes: Freezes, now: datetime) -> None:
    with database.write() as tx:
        freezes.freeze(tx, a_freeze(now))
        freezes.lift(tx, JO, now + HOUR)
        assert freezes.freeze(tx, a_freeze(now + 2 * HOUR))
        assert freezes.of(tx, "person-1") == a_freeze(now + 2 * HOUR)


def test_of_twenty_at_once_one_stops(
    database: Database,
    other_process: Database,
    freezes: Freezes,
    now: datetime,
    at_once: Callable[..., list[bool]],
) -> None:
    def freeze(number: int) -> bool:
        with (database, other_process)[number % 2].write() as tx:
            return freezes.freeze(tx, a_freeze(now))

    assert sum(at_once(20, freeze)) == 1


def test_linking_an_account_to_a_person_does_not_lift_its_stop(
    database: Database, keyring: Keyring, freezes: Freezes, now: datetime
) -> None:
    alone = keyring.pseudonym("openldap", "uuid-1")
    with database.write() as tx:
        freezes.freeze(tx, a_freeze(now, alone))
        assert freezes.stopped(tx, JO)
        assert freezes.lift(tx, JO, now)
        assert not freezes.stopped(tx, Person(alone, JO.accounts))


def test_a_lifted_stop_is_forgotten_later_and_another_never(
    database: Database, freezes: Freezes, now: datetime
) -> None:
    with database.write() as tx:
        freezes.freeze(tx, a_freeze(now))
        freezes.freeze(tx, a_freeze(now, "person-2"))
        freezes.lift(tx, JO, now + HOUR)
        assert freezes.purge(tx, now + HOUR) == 0
        assert freezes.purge(tx, now + 2 * HOUR) == 1
        assert freezes.of(tx, "person-1") is None
        assert freezes.stopped(tx, ADA)


@pytest.mark.parametrize(
    "change", [{"lifted_at": datetime.fromisoformat("2026-11-21T12:00:00Z")}, {"person_ref": "person-2"}], ids=str
)
def test_nobody_without_the_key_lifts_a_stop_or_moves_it_to_somebody_else(
    database: Database, freezes: Freezes, now: datetime, tamper: Callable[..., None], change: dict[str, object]
) -> None:
    with database.write() as tx:
        freezes.freeze(tx, a_freeze(now))
    tamper(tables.freeze, {"person_ref": "person-1"}, **change)
    with database.read() as tx, pytest.raises(SealBroken):
        freezes.stopped(tx, ADA if "person_ref" in change else JO)
