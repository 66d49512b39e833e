"""What somebody is adding: theirs alone, few tries, ten minutes, and nothing of it in the clear."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from keyback.core.contracts.method import Challenge, Prompt
from keyback.core.contracts.text import Text
from keyback.core.db import tables
from keyback.core.db.begun import Begun
from keyback.core.db.pending import Adding, Pending
from keyback.core.db.sealing import Keyring, SealBroken
from keyback.core.db.session import Database

MINE = Adding("session-1", "person-1", "app")
PROMPT = Prompt(Text("Add it"), Text("Type the {n} digits", n=6), data={"key": "canary-key"})
DRAWN = Begun(Challenge(PROMPT, timedelta(minutes=10), {"secret": "canary-secret"}))
MOST = 5


@pytest.fixture
def pending(database: Database, keyring: Keyring, now: datetime) -> Pending:
    """One thing is being added."""
    keeper = Pending(keyring)
    with database.write() as tx:
        keeper.put(tx, MINE, DRAWN, now + timedelta(minutes=10))
    return keeper


def test_it_comes_back_as_it_was_drawn_while_it_is_good(database: Database, pending: Pending, now: datetime) -> None:
    with database.read() as tx:
        assert pending.get(tx, MINE, now) == DRAWN
        assert pending.get(tx, MINE, now + timedelta(minutes=10)) is None


@pytest.mark.parametrize(
    "other",
    [Adding("session-2", "person-1", "app"), Adding("session-1", "p", "app"), Adding("session-1", "person-1", "x")],
)
def test_it_is_nobody_elses(database: Database, pending: Pending, now: datetime, other: Adding) -> None:
    with database.write() as tx:
        assert pending.get(tx, other, now) is None
        assert pending.attempt(tx, other, now, MOST) is None
        assert not pending.take(tx, other, now)


def test_tries_at_the_same_moment_are_all_counted(
    database: Database, pending: Pending, now: datetime, at_once: Callable[..., list[Any]]
) -> None:
    def attempt(_: int) -> object:
        with database.write() as tx:
            return pending.attempt(tx, MINE, now, MOST)

    attempts = at_once(12, attempt)
    assert sorted(left for _, left in filter(None, attempts)) == list(range(MOST))


def test_of_many_who_confirm_at_once_one_does(
    database: Database, pending: Pending, now: datetime, at_once: Callable[..., list[Any]]
) -> None:
    def take(_: int) -> bool:
        with database.write() as tx:
            return pending.take(tx, MINE, now)

    assert sum(at_once(8, take)) == 1


def test_what_is_begun_anew_ends_what_was_begun_before(database: Database, pending: Pending, now: datetime) -> None:
    anew = Begun(Challenge(PROMPT, timedelta(minutes=10), {"secret": "another"}))
    with database.write() as tx:
        for _ in range(MOST):
            pending.attempt(tx, MINE, now, MOST)
        pending.put(tx, MINE, anew, now + timedelta(minutes=10))
        assert pending.attempt(tx, MINE, now, MOST) == (anew, MOST - 1)


def test_what_goes_on_keeps_its_tries_and_what_it_came_from(
    database: Database, pending: Pending, now: datetime
) -> None:
    later = now + timedelta(minutes=9)
    further = Begun(DRAWN.challenge, DRAWN.challenge, {"destination": "canary-number"}, (later,), undelivered=True)
    with database.write() as tx:
        pending.attempt(tx, MINE, now, MOST)
        assert pending.keep(tx, MINE, further, later + timedelta(minutes=10), now=later)
        assert pending.attempt(tx, MINE, later + timedelta(minutes=9), MOST) == (further, MOST - 2)


def test_what_is_gone_does_not_come_back_by_going_on(database: Database, pending: Pending, now: datetime) -> None:
    with database.write() as tx:
        pending.forget(tx, MINE)
        assert not pending.keep(tx, MINE, DRAWN, now + timedelta(minutes=10), now=now)
        assert pending.get(tx, MINE, now) is None


def test_what_is_too_old_is_forgotten(database: Database, pending: Pending, now: datetime) -> None:
    with database.write() as tx:
        assert pending.purge(tx, now) == 0
        assert pending.purge(tx, now + timedelta(minutes=10)) == 1


def test_nothing_of_it_stands_in_the_clear(database: Database, pending: Pending) -> None:
    with database.read() as tx:
        (row,) = tx.execute(select(tables.pending)).mappings().all()
    for canary in ("canary-secret", "canary-key", "session-1", "person-1"):
        assert canary not in repr(dict(row))


def test_a_row_that_was_moved_or_kept_alive_without_the_key_is_refused(
    database: Database, pending: Pending, now: datetime
) -> None:
    from sqlalchemy import update

    with database.write() as tx:
        tx.execute(update(tables.pending).values(expires_at=now + timedelta(days=1)))
        with pytest.raises(SealBroken):
            pending.get(tx, MINE, now)
