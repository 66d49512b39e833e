"""Who only asks the database, with nothing between but the pool."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import psycopg
import pytest
from servers.fault_proxy import FaultProxy, Mode
from sqlalchemy import bindparam, column, insert, select, text, update

from keyback.core.contracts.errors import StoreUnavailable
from keyback.core.db.prepared import Prepared
from keyback.core.db.session import Database
from keyback.core.db.tables import lease

held = Prepared(lambda _insert: select(lease.c.what).where(lease.c.what == bindparam("of_what")))
hold = Prepared(
    lambda insert: (
        insert(lease).values({name: bindparam(name) for name in ("what", "holder", "until")}).returning(lease.c.what)
    )
)
mine = update(lease).where(lease.c.what == bindparam("of_what"))
take = Prepared(lambda _insert: mine.values(holder=bindparam("by")).returning(lease.c.what))
OF_A = {"of_what": "a"}
END_ALL = text(
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def row(now: datetime) -> dict[str, object]:
    return {"what": "a", "holder": "me", "until": now}


def test_they_find_what_was_written_and_give_the_connection_back(database: Database, now: datetime) -> None:
    with database.write() as tx:
        tx.execute(insert(lease), row(now))
    for _ in range(30):
        assert database.ask(held, OF_A) == [("a",)]
    assert set(database.in_use.values()) == {0}


def test_they_see_what_their_own_transaction_wrote_and_nobody_else_does(
    database: Database, other_process: Database, now: datetime
) -> None:
    with database.as_one():
        with database.write() as tx:
            tx.execute(insert(lease), row(now))
        assert database.ask(held, OF_A) == [("a",)]
        assert other_process.ask(held, OF_A) == []
    assert other_process.ask(held, OF_A) == [("a",)]


def test_what_they_write_is_kept_as_soon_as_it_is_done(
    database: Database, other_process: Database, now: datetime
) -> None:
    assert database.ask(hold, row(now)) == [("a",)]
    assert other_process.ask(held, OF_A) == [("a",)]


def test_what_they_write_waits_for_whoever_else_does(
    database: Database, other_process: Database, now: datetime
) -> None:
    database.ask(hold, row(now))
    with ThreadPoolExecutor(1) as pool:
        with database.write() as tx:
            tx.execute(update(lease).values(holder="us"))
            late = pool.submit(other_process.ask, take, {"of_what": "a", "by": "them"})
            with pytest.raises(TimeoutError):
                late.result(0.3)
        assert late.result(30) == [("a",)]
    with database.read() as tx:
        assert tx.scalar(select(lease.c.holder)) == "them"


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_after_a_restart_one_of_them_hears_of_it_and_nobody_else(
    database: Database, other_process: Database, at_once: Callable[..., list[Any]]
) -> None:
    all_here = threading.Barrier(4)

    def connect(_: int) -> None:
        with database.read() as tx:
            tx.execute(select(lease)).all()
            all_here.wait(10)

    at_once(4, connect)
    with other_process.read() as other:
        assert len(other.execute(END_ALL).all()) >= 4
    with pytest.raises(StoreUnavailable):
        database.ask(held, OF_A)
    for _ in range(5):
        assert database.ask(held, OF_A) == []
    assert set(database.in_use.values()) == {0}


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_a_mistake_of_ours_is_no_database_that_is_away(database: Database) -> None:
    wrong = Prepared(lambda _insert: select(column("nowhere")).select_from(lease))
    with pytest.raises(psycopg.errors.UndefinedColumn):
        database.ask(wrong, {})
    assert set(database.in_use.values()) == {0}
    assert database.ask(held, OF_A) == []


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_one_that_falls_silent_is_given_up_and_asked_again_later(silent: tuple[Database, FaultProxy]) -> None:
    database, between = silent
    assert database.ask(held, OF_A) == []
    between.fault(Mode.STALL)
    began = time.monotonic()
    with pytest.raises(StoreUnavailable):
        database.ask(held, OF_A)
    assert time.monotonic() - began < 5
    between.heal()
    assert database.ask(held, OF_A) == []
