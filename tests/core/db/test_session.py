"""Connections and transactions."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from servers.fault_proxy import FaultProxy, Mode
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DBAPIError

from keyback.core.contracts.errors import OutcomeUnknown, StoreUnavailable
from keyback.core.db import session
from keyback.core.db.leases import Leases
from keyback.core.db.migrations import HEAD
from keyback.core.db.prepared import Prepared
from keyback.core.db.session import Database, after_commit
from keyback.core.db.tables import lease, metadata

EVERYTHING = Prepared(lambda _insert: select(lease.c.what))


def row(what: str, now: datetime) -> dict[str, object]:
    return {"what": what, "holder": "me", "until": now}


def test_a_transaction_is_kept_at_the_end_of_its_block(
    database: Database, other_process: Database, now: datetime
) -> None:
    with database.write() as tx:
        tx.execute(insert(lease), row("a", now))
    with other_process.read() as tx:
        assert tx.execute(select(lease.c.until)).scalar_one() == now


def test_any_exception_undoes_the_whole_transaction(database: Database, now: datetime) -> None:
    def fail() -> None:
        with database.write() as tx:
            tx.execute(insert(lease), row("a", now))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.read() as tx:
        assert tx.scalar(select(func.count()).select_from(lease)) == 0


def test_several_transactions_as_one_are_seen_by_nobody_else_before_all_of_them_are_kept(
    database: Database, other_process: Database, now: datetime
) -> None:
    told: list[str] = []
    with database.as_one():
        for what in ("a", "b"):
            with database.write() as tx:
                tx.execute(insert(lease), row(what, now))
                after_commit(tx, lambda what=what: told.append(what))  # type: ignore[misc]
        with database.read() as tx:
            assert set(tx.scalars(select(lease.c.what))) == {"a", "b"}
        with other_process.read() as tx:
            assert tx.scalars(select(lease.c.what)).all() == []
        assert told == []
    with other_process.read() as tx:
        assert set(tx.scalars(select(lease.c.what))) == {"a", "b"}
    assert told == ["a", "b"]


def test_of_several_as_one_nothing_is_kept_if_one_fails(database: Database, now: datetime) -> None:
    told: list[str] = []

    def fail() -> None:
        with database.as_one():
            with database.write() as tx:
                tx.execute(insert(lease), row("a", now))
                after_commit(tx, lambda: told.append("a"))
            with database.write():
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    # The thread's next transaction is its own again.
    with database.write() as tx:
        assert tx.scalars(select(lease.c.what)).all() == []
    assert told == []


def test_one_of_several_that_was_expected_to_fail_is_undone_alone(database: Database, now: datetime) -> None:
    told: list[str] = []

    def write(what: str) -> None:
        with database.write() as tx:
            tx.execute(insert(lease), row(what, now))
            after_commit(tx, lambda: told.append(what))
            if what == "b":
                raise ZeroDivisionError

    with database.as_one():
        write("a")
        with pytest.raises(ZeroDivisionError):
            write("b")
        write("c")
    with database.read() as tx:
        assert set(tx.scalars(select(lease.c.what))) == {"a", "c"}
    assert told == ["a", "c"]


def test_another_threads_transactions_are_its_own(database: Database, now: datetime) -> None:
    def look() -> list[str]:
        with database.read() as tx:
            return list(tx.scalars(select(lease.c.what)))

    with database.as_one(), ThreadPoolExecutor(1) as pool:
        with database.write() as tx:
            tx.execute(insert(lease), row("a", now))
        assert pool.submit(look).result(30) == []
        assert look() == ["a"]


def test_what_is_to_happen_after_a_commit_does_not_happen_after_a_rollback(database: Database) -> None:
    happened: list[str] = []

    def fail() -> None:
        with database.write() as tx:
            after_commit(tx, lambda: happened.append("rolled back"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.write() as tx:
        after_commit(tx, lambda: happened.append("committed"))
        assert happened == []
    assert happened == ["committed"]


def test_a_reader_is_not_held_up_by_a_writer(database: Database, other_process: Database, now: datetime) -> None:
    with database.write() as tx:
        tx.execute(insert(lease), row("a", now))
        with other_process.read() as reading:
            assert reading.scalar(select(func.count()).select_from(lease)) == 0


def test_on_sqlite_a_writer_has_the_lock_before_its_first_statement(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'k.db'}")
    database.upgrade()
    other = sqlite3.connect(tmp_path / "k.db", timeout=0, isolation_level=None)
    with database.write(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    with database.read() as tx:
        tx.execute(select(lease)).all()
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
    other.close()
    database.close()


def test_on_sqlite_nothing_is_lost_when_the_power_goes(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'k.db'}")
    with database.read() as tx:
        asked = ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        assert [tx.scalar(text(f"PRAGMA {name}")) for name in asked] == ["wal", 2, 5000, 1]
    database.close()


def test_a_database_that_does_not_answer_is_an_unavailable_store(tmp_path: Path) -> None:
    database = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert not database.ready()
    with pytest.raises(StoreUnavailable), database.read():
        pass
    with pytest.raises(StoreUnavailable), database.write():
        pass
    with pytest.raises(StoreUnavailable):
        database.ask(EVERYTHING, {})
    database.close()


def test_a_locked_database_is_given_up_and_nothing_is_half_done(
    monkeypatch: pytest.MonkeyPatch, kind: str, url: str, now: datetime
) -> None:
    monkeypatch.setattr(session, "WAIT_SECONDS", 1)
    one, other = Database(url), Database(url)

    def come_late() -> None:
        with other.write() as late:
            late.execute(insert(lease), row("b", now))
            late.execute(insert(lease), row("a", now))

    with one.write() as tx:
        tx.execute(insert(lease), row("a", now))
        with pytest.raises(StoreUnavailable):
            come_late()
    with other.read() as tx:
        assert tx.scalars(select(lease.c.what)).all() == ["a"]
    one.close()
    other.close()


def test_a_refused_statement_does_not_say_what_was_in_it(database: Database) -> None:
    with pytest.raises((StoreUnavailable, DBAPIError)) as refused, database.read() as tx:
        tx.execute(text("SELECT :secret FROM no_such_table"), {"secret": "canary-73310042"})
    assert "canary" not in str(refused.value) + str(refused.value.__cause__)


def test_several_processes_may_start_on_an_empty_database_at_once(empty_url: str) -> None:
    databases = [Database(empty_url) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda one: one.upgrade(), databases))
    assert all(one.ready() for one in databases)
    for one in databases:
        one.close()


def test_a_database_is_ready_only_with_the_tables_of_this_version_or_of_a_newer_one(empty_url: str) -> None:
    database = Database(empty_url)
    assert not database.ready()
    for edition, ready in (("0000", False), ("9999", True)):
        database.upgrade()
        assert database.ready()
        with database.write() as tx:
            tx.execute(text("UPDATE alembic_version SET version_num = :edition"), {"edition": edition})
        assert database.ready() is ready
        if not ready:
            with database.write() as tx:
                tx.execute(text("UPDATE alembic_version SET version_num = :edition"), {"edition": HEAD})
    # Whoever goes back to this version starts on the tables of the newer one.
    database.upgrade()
    database.close()


def test_the_migrations_make_exactly_the_tables_of_the_code(database: Database) -> None:
    with database.read() as tx:
        assert compare_metadata(MigrationContext.configure(tx), metadata) == []


def test_the_newest_migration_is_the_one_that_the_code_waits_for() -> None:
    folder = Path(session.__file__).parent / "migrations"
    assert ScriptDirectory(str(folder)).get_current_head() == HEAD


def test_migrations_can_be_undone(database: Database) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(session.__file__).parent / "migrations"))
    with database.write() as tx:
        config.attributes |= {"connection": tx, "metadata": metadata}
        command.downgrade(config, "base")
    assert not database.ready()
    database.upgrade()
    assert database.ready()


def test_more_waiters_than_connections_are_served_one_after_the_other(
    database: Database, at_once: Callable[..., list[bool]], now: datetime
) -> None:
    leases = Leases()

    def take(number: int) -> bool:
        with database.write() as tx:
            return leases.take(tx, f"lease {number}", "me", now + timedelta(seconds=10), now)

    assert all(at_once(30, take))


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_a_commit_whose_answer_is_lost_is_not_taken_for_a_failure(
    database: Database, other_process: Database, now: datetime
) -> None:
    def lose_the_server() -> None:
        with database.write() as tx:
            tx.execute(insert(lease), row("a", now))
            backend = tx.scalar(text("SELECT pg_backend_pid()"))
            with other_process.read() as other:
                other.execute(text("SELECT pg_terminate_backend(:backend, 5000)"), {"backend": backend})

    with pytest.raises(OutcomeUnknown):
        lose_the_server()


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_what_was_prepared_outlives_a_rollback(database: Database, now: datetime) -> None:
    with database.write() as tx:
        tx.execute(insert(lease), row("a", now))
    with pytest.raises(ZeroDivisionError), database.write() as tx:
        tx.execute(insert(lease), row("b", now))
        raise ZeroDivisionError
    with database.write() as tx:
        tx.execute(insert(lease), row("c", now))
        times = "SELECT generic_plans + custom_plans FROM pg_prepared_statements WHERE statement LIKE 'INSERT%'"
        assert tx.scalars(text(times)).all() == [3]
    with database.read() as tx:
        assert set(tx.scalars(select(lease.c.what))) == {"a", "c"}


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_it_heals_by_itself_when_the_server_comes_back(database: Database, other_process: Database) -> None:
    with database.read() as tx:
        backend = tx.scalar(text("SELECT pg_backend_pid()"))
    with other_process.read() as other:
        other.execute(text("SELECT pg_terminate_backend(:backend, 5000)"), {"backend": backend})
    assert not database.ready()
    assert database.ready()


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_one_that_falls_silent_is_given_up_and_asked_again_later(silent: tuple[Database, FaultProxy]) -> None:
    database, between = silent
    between.fault(Mode.STALL)
    began = time.monotonic()
    with pytest.raises(StoreUnavailable), database.read() as tx:
        tx.execute(select(lease)).all()
    assert time.monotonic() - began < 5
    between.heal()
    assert database.ready()


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_one_that_falls_silent_at_the_commit_is_not_taken_for_a_failure(
    silent: tuple[Database, FaultProxy], now: datetime
) -> None:
    database, between = silent

    def write(what: str) -> None:
        with database.write() as tx:
            tx.execute(insert(lease), row(what, now))
            if what == "a":
                between.fault(Mode.STALL)

    with pytest.raises(OutcomeUnknown):
        write("a")
    between.heal()
    write("b")
    with database.read() as tx:
        assert tx.scalars(select(lease.c.what).order_by(lease.c.what)).all() == ["a", "b"]


def test_migrations_only_add_so_that_the_version_before_lives_on() -> None:
    """What nobody needs any more goes one version later. An index may go: nothing but time depends on it."""
    folder = Path(session.__file__).parent / "migrations" / "versions"
    for step in folder.glob("[0-9]*.py"):
        upgrade = step.read_text().partition("def upgrade")[2].partition("def downgrade")[0]
        assert not re.search(r"drop_(?!index)|alter_|rename_|op\.execute", upgrade), step.name
        assert re.fullmatch(r"\d{4}", step.name.partition("_")[0]), step.name
