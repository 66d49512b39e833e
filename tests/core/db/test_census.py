"""Who was counted, and how many have the same: always the truth, whatever comes and goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from keyback.core.contracts.people import AccountKey
from keyback.core.db import census_rounds
from keyback.core.db.census import Census, Counted
from keyback.core.db.census_tables import census_having, census_person
from keyback.core.db.enrolments import Enrolments
from keyback.core.db.sealing import Keyring, SealBroken
from keyback.core.db.session import Database
from keyback.core.recovery.reach import Having

MAIL, BOTH = Having("fake", methods=("email",)), Having("fake", methods=("email", "sms"))


@pytest.fixture
def census(keyring: Keyring) -> Census:
    return Census(keyring)


def somebody(number: int, having: Having, look_at: datetime | None = None) -> Counted:
    return Counted(AccountKey("fake", f"id-{number}"), f"person-{number}", f"Canary {number}", having, look_at)


def put(database: Database, census: Census, people: Sequence[Counted], number: int = 1) -> None:
    with database.write() as tx:
        census.put(tx, number, people)


def counted(database: Database, census: Census) -> dict[Having, int]:
    """What the figures say, once it is certain that they say how many rows there are."""
    with database.read() as tx:
        rows = Counter(row.having for row in tx.execute(select(census_person.c.having)))
        havings = census.havings(tx)
    assert {digest: people for digest, (_, people) in havings.items()} == dict(rows)
    return dict(havings.values())


def test_how_many_have_the_same_is_right_whatever_changes(database: Database, census: Census) -> None:
    put(database, census, [somebody(1, MAIL), somebody(2, MAIL), somebody(3, BOTH)])
    assert counted(database, census) == {MAIL: 2, BOTH: 1}
    put(database, census, [somebody(1, BOTH), somebody(2, MAIL), somebody(4, MAIL)], 2)
    assert counted(database, census) == {MAIL: 2, BOTH: 2}
    with database.write() as tx:
        assert census.remove_older(tx, "fake", 2, 10) == 1
    assert counted(database, census) == {MAIL: 2, BOTH: 1}
    with database.write() as tx:
        census.remove(tx, AccountKey("fake", "id-1"))
    assert counted(database, census) == {MAIL: 2}


def test_people_are_listed_page_by_page_and_nobody_twice(database: Database, census: Census) -> None:
    put(database, census, [*(somebody(number, MAIL) for number in range(7)), somebody(9, BOTH)])
    with database.read() as tx:
        digest = next(key for key, (having, _) in census.havings(tx).items() if having == MAIL)
        names, after = [], ""
        while page := census.people(tx, digest, after, 3):
            names += [name for _, _, name in page]
            after = page[-1][0]
    assert sorted(names) == [f"Canary {number}" for number in range(7)]


def test_whoever_adds_or_removes_something_is_looked_at_again(
    database: Database, census: Census, keyring: Keyring, now: datetime
) -> None:
    put(database, census, [somebody(1, MAIL), somebody(2, MAIL, now + timedelta(hours=72))])
    enrolments = Enrolments(keyring)

    def due(at: datetime) -> set[str]:
        with database.read() as tx:
            return {key.id for key, _ in census.due(tx, at, 10)}

    assert due(now) == set()
    assert due(now + timedelta(hours=72)) == {"id-2"}
    with database.write() as tx:
        added = enrolments.add(tx, "person-1", "sms", "", {}, proven_at=now, usable_from=now)
    assert due(now) == {"id-1"}
    put(database, census, [somebody(1, BOTH)])
    assert due(now) == set()
    with database.write() as tx:
        assert enrolments.remove(tx, added)
        assert not enrolments.remove(tx, added)
    assert due(now) == {"id-1"}


def test_a_round_that_breaks_off_leaves_what_the_last_full_one_saw(
    database: Database, census: Census, now: datetime
) -> None:
    later = now + timedelta(days=1)
    with database.write() as tx:
        census_rounds.begin(tx, "fake", 1, {"staff"}, now)
        census_rounds.saw(tx, "fake", 5)
        census_rounds.end(tx, "fake", now)
        census_rounds.begin(tx, "fake", 2, {"staff", "board"}, later)
        census_rounds.saw(tx, "fake", 2)
        census_rounds.fail(tx, "fake", "StoreUnavailable")
        (one,) = census_rounds.every(tx).values()
    assert (one.number, one.ended_at, one.people, one.seen, one.failed) == (2, now, 5, 2, "StoreUnavailable")
    with database.write() as tx:
        census_rounds.ask(tx, "fake", {"board"}, later)
        asked = census_rounds.every(tx)["fake"]
    assert (asked.asked_at, asked.wanted, asked.people) == (later, ("board",), 5)


def test_no_name_and_nothing_that_people_have_stands_there_in_the_clear(database: Database, census: Census) -> None:
    put(database, census, [somebody(1, BOTH)])
    with database.read() as tx:
        rows = [*tx.execute(select(census_person)).all(), *tx.execute(select(census_having)).all()]
    assert b"Canary" not in repr(rows).encode()
    assert b"email" not in repr(rows).encode()
    assert b"id-1" not in repr(rows).encode()


def test_a_row_put_in_another_ones_place_is_refused(database: Database, census: Census, tamper: object) -> None:
    put(database, census, [somebody(1, MAIL), somebody(2, BOTH)])
    with database.read() as tx:
        first, second = tx.execute(select(census_having)).all()
    tamper(census_having, {"digest": first.digest}, sealed=second.sealed)  # type: ignore[operator]
    with database.read() as tx, pytest.raises(SealBroken):
        census.havings(tx)
