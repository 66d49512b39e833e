"""Counters behind the limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from keyback.core.db import tables
from keyback.core.db.counters import Count, Counters, Mark
from keyback.core.db.sealing import Keyring
from keyback.core.db.session import Database

HOUR = timedelta(hours=1)
MARK = Mark("misses", "canary-name", HOUR)
OTHER = Mark("sends", "+49 170 5550199", HOUR)


@pytest.fixture
def counters(keyring: Keyring) -> Counters:
    return Counters(keyring)


def test_each_mark_counts_for_itself_and_answers_in_its_place(
    database: Database, counters: Counters, now: datetime
) -> None:
    with database.write() as tx:
        assert counters.bump(tx, [MARK, OTHER], now) == (Count(1, now), Count(1, now))
        assert counters.bump(tx, [OTHER], now) == (Count(2, now),)
        assert counters.bump(tx, [OTHER, MARK], now) == (Count(3, now), Count(2, now))
        assert counters.bump(tx, [], now) == ()


def test_the_same_mark_twice_is_one_more_and_not_two(database: Database, counters: Counters, now: datetime) -> None:
    with database.write() as tx:
        assert counters.bump(tx, [MARK, MARK], now) == (Count(1, now), Count(1, now))


def test_several_marks_are_one_statement(database: Database, counters: Counters, now: datetime) -> None:
    statements: list[str] = []
    with database.write() as tx:
        event.listen(tx, "before_cursor_execute", lambda *heard: statements.append(heard[2]))
        counters.bump(tx, [MARK, OTHER, Mark("c", "c", HOUR)], now)
    assert len(statements) == 1


def in_a_transaction(counters: Counters, db: Database, marks: Sequence[Mark], now: datetime) -> tuple[Count, ...]:
    with db.write() as tx:
        return counters.bump(tx, marks, now)


@pytest.mark.parametrize("ways", [(in_a_transaction,), (Counters.count,), (in_a_transaction, Counters.count)])
def test_forty_at_once_are_counted_one_to_forty_even_when_the_counter_is_new(
    ways: tuple[Callable[[Counters, Database, Sequence[Mark], datetime], tuple[Count, ...]], ...],
    database: Database,
    other_process: Database,
    counters: Counters,
    now: datetime,
    at_once: Callable[..., list[Any]],
) -> None:
    def bump(number: int) -> tuple[int, ...]:
        marks = [MARK, OTHER] if number % 2 else [OTHER, MARK]
        way = ways[number // 2 % len(ways)]
        counted = way(counters, (database, other_process)[number % 2], marks, now)
        return tuple(count.count for count in counted)

    counts = at_once(40, bump)
    assert sorted(first for first, _ in counts) == list(range(1, 41))


def test_a_window_that_is_over_begins_anew(database: Database, counters: Counters, now: datetime) -> None:
    with database.write() as tx:
        counters.bump(tx, [MARK], now)
        assert counters.bump(tx, [MARK], now + HOUR - timedelta(microseconds=1)) == (Count(2, now),)
        assert counters.bump(tx, [MARK], now + HOUR) == (Count(1, now + HOUR),)


def test_nothing_counts_while_it_is_locked(database: Database, counters: Counters, now: datetime) -> None:
    until = now + 2 * HOUR
    with database.write() as tx:
        counters.bump(tx, [MARK], now)
        counters.lock(tx, MARK, until, now)
        assert counters.bump(tx, [MARK], now) == (Count(1, now, until),)
        # Not even the end of its window begins it anew.
        assert counters.bump(tx, [MARK], now + HOUR) == (Count(1, now, until),)
        assert counters.bump(tx, [MARK], until)[0].count == 1
        assert counters.bump(tx, [MARK], until)[0].count == 2


def test_a_lock_is_never_made_shorter(database: Database, counters: Counters, now: datetime) -> None:
    with database.write() as tx:
        counters.lock(tx, MARK, now + 2 * HOUR, now)
        counters.lock(tx, MARK, now + HOUR, now)
        assert counters.peek(tx, [MARK], now) == (Count(0, now, now + 2 * HOUR),)


def test_looking_does_not_count(database: Database, counters: Counters, now: datetime) -> None:
    with database.write() as tx:
        assert counters.peek(tx, [MARK, OTHER], now) == (Count(0, now), Count(0, now))
        counters.bump(tx, [MARK], now)
        assert counters.peek(tx, [OTHER, MARK], now) == (Count(0, now), Count(1, now))
        assert counters.peek(tx, [MARK], now + HOUR) == (Count(0, now + HOUR),)


def test_any_number_of_marks_is_looked_at_by_one_statement(
    database: Database, counters: Counters, now: datetime
) -> None:
    many = [Mark("many", str(number), HOUR) for number in range(40)]
    with database.write() as tx:
        counters.bump(tx, many[::2], now)
        statements: list[str] = []
        event.listen(tx, "before_cursor_execute", lambda *heard: statements.append(heard[2]))
        assert [count.count for count in counters.peek(tx, many, now)] == [1, 0] * 20
        assert counters.peek(tx, [many[0], many[0]], now) == (Count(1, now), Count(1, now))
        assert counters.peek(tx, [], now) == ()
    assert len(statements) == 2


def test_what_is_spent_once_is_spent_for_everybody_until_then(
    database: Database, counters: Counters, now: datetime
) -> None:
    with database.write() as tx:
        assert counters.spend_once(tx, "solution", now + HOUR, now)
        assert not counters.spend_once(tx, "solution", now + HOUR, now)
        assert counters.spend_once(tx, "another", now + HOUR, now)
        assert counters.spend_once(tx, "solution", now + 2 * HOUR, now + HOUR)


def test_of_twenty_who_spend_the_same_at_once_one_may(
    database: Database, counters: Counters, now: datetime, at_once: Callable[..., list[bool]]
) -> None:
    def spend(_number: int) -> bool:
        with database.write() as tx:
            return counters.spend_once(tx, "solution", now + HOUR, now)

    assert sum(at_once(20, spend)) == 1


def test_a_purge_forgets_only_what_no_limit_needs(database: Database, counters: Counters, now: datetime) -> None:
    with database.write() as tx:
        counters.bump(tx, [MARK, OTHER], now)
        counters.lock(tx, OTHER, now + 2 * HOUR, now)
        assert counters.purge(tx, now + HOUR - timedelta(microseconds=1)) == 0
        assert counters.purge(tx, now + HOUR) == 1
        assert counters.peek(tx, [OTHER], now + HOUR)[0].locked_until == now + 2 * HOUR


def test_a_counters_key_says_nothing_of_whose_it_is(database: Database, counters: Counters, now: datetime) -> None:
    with database.write() as tx:
        counters.bump(tx, [MARK, OTHER], now)
        keys = tx.scalars(select(tables.counter.c.key)).all()
    assert len(set(keys)) == 2
    assert not any(b"canary" in key or b"5550199" in key for key in keys)
    assert "canary" not in repr(MARK)
