"""A change of a password that is under way: kept whole, for whoever holds its key, and for nobody who tampers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from keyback.core.contracts.people import Account, AccountKey, Person
from keyback.core.contracts.text import Text
from keyback.core.db import tables
from keyback.core.db.changes import Changes
from keyback.core.db.sealing import Keyring, SealBroken
from keyback.core.db.session import Database
from keyback.core.recovery.changing import Change, Result, Told
from keyback.core.recovery.policy import Policy
from keyback.core.recovery.state import Subject

DAY = timedelta(days=1)


@pytest.fixture
def change(now: datetime) -> Change:
    account = Account(AccountKey("openldap", "1"), "jo")
    subject = Subject(Person("p", (account,)), Policy("all"), ())
    return Change("change-1", "jo", subject, now, now + DAY, timedelta(seconds=3)).tried(now).intending(account, now)


@pytest.fixture
def kept(database: Database, keyring: Keyring, change: Change) -> Changes:
    changes = Changes(keyring)
    with database.write() as tx:
        changes.insert(tx, change, "digest")
    return changes


def test_what_was_saved_is_loaded_by_whoever_holds_the_key(database: Database, kept: Changes, change: Change) -> None:
    told = change.ended(Told(Result.REFUSED, (Text("Not {n}", n=2),)), change.started_at)
    with database.write() as tx:
        saved = kept.save(tx, told)
    assert saved == replace(told, version=2)
    with database.read() as tx:
        assert kept.load_for(tx, "change-1", "digest") == saved
        assert kept.load(tx, "change-1") == saved
        assert kept.load_for(tx, "change-1", "another") is None
        assert kept.load_for(tx, "change-2", "digest") is None


def test_who_comes_second_saves_nothing(database: Database, kept: Changes, change: Change) -> None:
    with database.write() as tx:
        assert kept.save(tx, change.cancelled()) is not None
        assert kept.save(tx, change.cancelled()) is None
        assert kept.save(tx, replace(change, id="change-2")) is None


@pytest.mark.parametrize("column", [{"key_digest": "mine"}, {"step": "changed"}, {"version": 7}])
def test_a_row_that_was_written_without_the_key_is_refused(
    database: Database, kept: Changes, tamper: Callable[..., None], column: dict[str, object]
) -> None:
    tamper(tables.password_change, {"id": "change-1"}, **column)
    with database.read() as tx, pytest.raises(SealBroken):
        kept.load(tx, "change-1")


def test_those_whose_time_is_over_are_forgotten(database: Database, kept: Changes, now: datetime) -> None:
    with database.write() as tx:
        assert kept.purge(tx, now + DAY - timedelta(seconds=1)) == 0
        assert kept.purge(tx, now + DAY) == 1
        assert kept.load(tx, "change-1") is None
