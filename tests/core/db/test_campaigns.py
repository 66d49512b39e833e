"""Whose turn it is: nobody is told twice, and nobody's turn comes twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from keyback.core.db.campaigns import Campaigns, Turn, told
from keyback.core.db.session import Database

begin, finish = Campaigns.begin, Campaigns.finish


def test_whoever_was_told_is_told_no_second_time_and_has_one_turn(database: Database, now: datetime) -> None:
    with database.write() as tx:
        assert begin(tx, "c", "ada", Turn.TOLD, now, why="then")
        assert not begin(tx, "c", "ada", Turn.TOLD, now, why="later")
        assert told(tx, "c", "ada") == "then"
        assert begin(tx, "c", "ada", Turn.BEGUN, now)
        assert not begin(tx, "c", "ada", Turn.BEGUN, now)
        assert not begin(tx, "c", "ada", Turn.TOLD, now)
        assert told(tx, "c", "ada") is None
        assert finish(tx, "c", "ada", Turn.DONE, "")
        assert not begin(tx, "c", "ada", Turn.BEGUN, now)


def test_another_campaign_or_person_was_not_told(database: Database, now: datetime) -> None:
    with database.write() as tx:
        assert begin(tx, "c", "ada", Turn.TOLD, now)
        assert told(tx, "c", "ada") == ""
        assert told(tx, "d", "ada") is None
        assert told(tx, "c", "bo") is None


def test_of_twenty_who_begin_one_turn_at_once_one_does(
    database: Database, other_process: Database, now: datetime, at_once: Callable[..., list[bool]]
) -> None:
    with database.write() as tx:
        begin(tx, "c", "ada", Turn.TOLD, now)

    def take(number: int) -> bool:
        with (database, other_process)[number % 2].write() as tx:
            return begin(tx, "c", "ada", Turn.BEGUN, now)

    assert sum(at_once(20, take)) == 1
