"""How many people chose what: counted with each enrolment, in its own commit, and off again with its end."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select

from keyback.core.db import tables
from keyback.core.db.enrolments import Enrolments
from keyback.core.db.question_tables import chosen_count
from keyback.core.db.sealing import Keyring
from keyback.core.db.session import Database

ASKED = ("Who?", "What?", "Which?")


@pytest.fixture
def enrolments(keyring: Keyring) -> Enrolments:
    return Enrolments(keyring)


def choose(database: Database, enrolments: Enrolments, person: str, *chosen: str, now: datetime) -> str:
    with database.write() as tx:
        return enrolments.add(tx, person, "questions", "", {"a": "b"}, proven_at=now, usable_from=now, counted=chosen)


def counts(database: Database, enrolments: Enrolments) -> list[int]:
    with database.read() as tx:
        return list(enrolments.chosen.of(tx, "questions", ASKED).values())


def test_each_choice_is_counted_once_for_each_person(database: Database, enrolments: Enrolments, now: datetime) -> None:
    choose(database, enrolments, "person-1", "Who?", "What?", now=now)
    choose(database, enrolments, "person-2", "Who?", now=now)
    assert counts(database, enrolments) == [2, 1, 0]


def test_what_is_removed_counts_no_more_however_it_goes(
    database: Database, enrolments: Enrolments, now: datetime
) -> None:
    one = choose(database, enrolments, "person-1", "Who?", "What?", now=now)
    choose(database, enrolments, "person-2", "Who?", now=now)
    with database.write() as tx:
        assert enrolments.remove(tx, one)
        assert not enrolments.remove(tx, one)
    assert counts(database, enrolments) == [1, 0, 0]
    with database.write() as tx:
        assert enrolments.remove_all(tx, "person-2", "questions") == 1
    assert counts(database, enrolments) == [0, 0, 0]


def test_an_answer_a_new_name_and_a_new_owner_keep_what_was_chosen(
    database: Database, enrolments: Enrolments, now: datetime
) -> None:
    one = choose(database, enrolments, "person-1", "Who?", now=now)
    with database.write() as tx:
        assert enrolments.update(tx, "person-1", one, {"a": "c"}, at=now)
        assert enrolments.rename(tx, "person-1", one, "mine")
        assert enrolments.hand_on(tx, "person-1", "person-2", now) == 1
    assert counts(database, enrolments) == [1, 0, 0]
    with database.write() as tx:
        enrolments.remove(tx, one)
    assert counts(database, enrolments) == [0, 0, 0]


def test_what_is_rolled_back_was_never_counted(database: Database, enrolments: Enrolments, now: datetime) -> None:
    with pytest.raises(RuntimeError), database.write() as tx:
        enrolments.add(tx, "person-1", "questions", "", {}, proven_at=now, usable_from=now, counted=("Who?",))
        raise RuntimeError("the commit never comes")
    assert counts(database, enrolments) == [0, 0, 0]


def test_a_row_that_somebody_changed_can_still_be_removed(
    database: Database, enrolments: Enrolments, now: datetime
) -> None:
    one = choose(database, enrolments, "person-1", "Who?", now=now)
    with database.write() as tx:
        tx.execute(tables.enrolment.update().values(sealed=b"junk"))
        assert enrolments.remove(tx, one)
    with database.read() as tx:
        assert enrolments.of(tx, "person-1") == ()


def test_no_column_says_what_was_chosen_or_by_whom(database: Database, enrolments: Enrolments, now: datetime) -> None:
    choose(database, enrolments, "person-1", "Who?", now=now)
    with database.read() as tx:
        kept = repr(tx.execute(select(chosen_count)).all()) + repr(tx.execute(select(tables.enrolment)).all())
    assert "Who?" not in kept
