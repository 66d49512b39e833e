"""Question sets in the database: whole, in order, and only as they were saved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import delete, update

from keyback.core.contracts.question_set import Question, QuestionSet
from keyback.core.db.question_sets import QUESTION_SETS, SavedQuestionSets
from keyback.core.db.question_tables import question_set
from keyback.core.db.sealing import Keyring, SealBroken
from keyback.core.db.session import Database
from keyback.core.db.settings_store import SavedMeanwhile, SettingsStore
from keyback.core.db.tables import settings_save

LAB = QuestionSet("Lab", (Question("Who?", {"de": "Wer?"}, required=True),), frozenset({"lab"}))
ALL = QuestionSet("All", (Question("What?"), Question("Which?", last_day=date(2026, 11, 30))))


@pytest.fixture
def settings(keyring: Keyring) -> SettingsStore:
    return SettingsStore(keyring)


@pytest.fixture
def sets(keyring: Keyring) -> SavedQuestionSets:
    return SavedQuestionSets(keyring)


@pytest.fixture
def saved(database: Database, sets: SavedQuestionSets, now: datetime) -> SavedQuestionSets:
    with database.write() as tx:
        sets.save(tx, (LAB, ALL), who="Ada", why="first", at=now)
    return sets


def test_before_the_first_save_there_are_none(database: Database, sets: SavedQuestionSets) -> None:
    with database.read() as tx:
        assert sets.all(tx) == ()


def test_they_come_back_as_they_were_saved_and_raise_the_one_version(
    database: Database, saved: SavedQuestionSets, settings: SettingsStore
) -> None:
    with database.read() as tx:
        assert saved.all(tx) == (LAB, ALL)
        assert settings.version(tx) == 1
        newest = settings.history.newest(tx, QUESTION_SETS, "")
    assert newest is not None
    assert (newest.version, newest.who, newest.why) == (1, "Ada", "first")


def test_whoever_read_an_older_save_changes_nothing(
    database: Database, saved: SavedQuestionSets, now: datetime
) -> None:
    with database.write() as tx:
        saved.save(tx, (ALL,), who="Ada", why="second", at=now, after=1)
    with pytest.raises(SavedMeanwhile), database.write() as tx:
        saved.save(tx, (LAB,), who="Bo", why="late", at=now, after=1)
    with database.read() as tx:
        assert saved.all(tx) == (ALL,)


@pytest.mark.parametrize(
    "tamper",
    [
        lambda: update(question_set).where(question_set.c.name == "All").values(rules='{"name": "All"}'),
        lambda: update(question_set).values(version=7),
        lambda: delete(question_set).where(question_set.c.name == "Lab"),
        lambda: delete(question_set),
    ],
    ids=["another question", "another version", "one less", "none left"],
)
def test_what_was_changed_without_the_key_is_refused(
    database: Database, saved: SavedQuestionSets, tamper: Callable[[], Any]
) -> None:
    with database.write() as tx:
        tx.execute(tamper())
    with database.read() as tx, pytest.raises(SealBroken):
        saved.all(tx)


def test_a_set_of_an_earlier_save_is_refused_though_its_seal_is_whole(
    database: Database, saved: SavedQuestionSets, now: datetime
) -> None:
    with database.write() as tx:
        old = [dict(row) for row in tx.execute(question_set.select()).mappings()]
        saved.save(tx, (ALL,), who="Ada", why="second", at=now)
        tx.execute(delete(question_set))
        tx.execute(question_set.insert(), old)
    with database.read() as tx, pytest.raises(SealBroken):
        saved.all(tx)


def test_saves_of_other_kinds_leave_them_as_they_are(
    database: Database, saved: SavedQuestionSets, settings: SettingsStore
) -> None:
    with database.write() as tx:
        settings.save_plugin(tx, "method", "sms", enabled=True, settings={})
        assert len(tx.execute(settings_save.select()).all()) == 2
    with database.read() as tx:
        assert saved.all(tx) == (LAB, ALL)
