"""Leases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from keyback.core.db.leases import Leases
from keyback.core.db.session import Database

TEN = timedelta(seconds=10)
LEASES = Leases()


def test_a_lease_belongs_to_its_holder_until_it_is_over_or_given_back(database: Database, now: datetime) -> None:
    with database.write() as tx:
        assert LEASES.take(tx, "account", "one", now + TEN, now)
        assert not LEASES.take(tx, "account", "other", now + 2 * TEN, now + TEN - timedelta(microseconds=1))
        assert LEASES.take(tx, "another account", "other", now + TEN, now)
        assert LEASES.take(tx, "account", "other", now + 2 * TEN, now + TEN)
        LEASES.free(tx, "account", "one")
        assert not LEASES.take(tx, "account", "one", now + 2 * TEN, now + TEN)
        LEASES.free(tx, "account", "other")
        assert LEASES.take(tx, "account", "one", now + 2 * TEN, now + TEN)


def test_its_holder_may_renew_it(database: Database, now: datetime) -> None:
    with database.write() as tx:
        assert LEASES.take(tx, "account", "one", now + TEN, now)
        assert LEASES.take(tx, "account", "one", now + 2 * TEN, now)
        assert not LEASES.take(tx, "account", "other", now + 2 * TEN, now + TEN)


def test_of_twenty_who_ask_at_once_one_gets_it(
    database: Database, other_process: Database, now: datetime, at_once: Callable[..., list[bool]]
) -> None:
    def take(number: int) -> bool:
        with (database, other_process)[number % 2].write() as tx:
            return LEASES.take(tx, "account", f"holder {number}", now + TEN, now)

    assert sum(at_once(20, take)) == 1
