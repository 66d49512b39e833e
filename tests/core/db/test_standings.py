"""How somebody stands to being asked: kept sealed, and nobody's change is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from keyback.core.db import tables
from keyback.core.db.sealing import Keyring, SealBroken
from keyback.core.db.session import Database
from keyback.core.db.standings import Standings
from keyback.core.recovery.renewals import Standing


@pytest.fixture
def standings(keyring: Keyring) -> Standings:
    return Standings(keyring)


def test_whoever_was_never_asked_stands_at_the_beginning(database: Database, standings: Standings) -> None:
    with database.read() as tx:
        assert standings.of(tx, "p1") == (Standing(), 0)


def test_it_comes_back_as_it_was_kept(database: Database, standings: Standings, now: datetime) -> None:
    mine = Standing(2, now, "sms.0a", {"e1": now - timedelta(days=3)})
    with database.write() as tx:
        assert standings.put(tx, "p1", mine, 0)
        assert standings.of(tx, "p1") == (mine, 1)
        assert standings.put(tx, "p1", replace(mine, laters=3), 1)
        assert standings.of(tx, "p1") == (replace(mine, laters=3), 2)
        assert standings.of(tx, "p2") == (Standing(), 0)


def test_of_several_at_the_same_moment_one_is_kept_and_the_others_are_told(
    database: Database, standings: Standings, at_once: Callable[..., list[Any]]
) -> None:
    def later(count: int) -> bool:
        with database.write() as tx:
            return standings.put(tx, "p1", Standing(count), 0)

    kept = at_once(6, later)
    assert kept.count(True) == 1
    with database.read() as tx:
        assert standings.of(tx, "p1") == (Standing(kept.index(True)), 1)


def test_whoever_read_an_older_one_changes_nothing(database: Database, standings: Standings) -> None:
    with database.write() as tx:
        standings.put(tx, "p1", Standing(1), 0)
        standings.put(tx, "p1", Standing(2), 1)
        assert not standings.put(tx, "p1", Standing(9), 1)
        assert not standings.put(tx, "p1", Standing(9), 0)
        assert standings.of(tx, "p1") == (Standing(2), 2)


@pytest.mark.parametrize("column", ["person_ref", "version"])
def test_a_row_that_was_moved_or_set_back_is_refused(database: Database, standings: Standings, column: str) -> None:
    with database.write() as tx:
        standings.put(tx, "p1", Standing(3), 0)
        tx.execute(update(tables.standing).values({column: "p2" if column == "person_ref" else 7}))
        with pytest.raises(SealBroken):
            standings.of(tx, "p2" if column == "person_ref" else "p1")


def test_nothing_of_it_can_be_read_in_the_table(database: Database, standings: Standings) -> None:
    with database.write() as tx:
        standings.put(tx, "p1", Standing(default="sms.canary"), 0)
        (row,) = tx.execute(select(tables.standing))
    assert b"canary" not in row.sealed
