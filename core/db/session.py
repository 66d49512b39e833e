"""The database: connections, one transaction per with-block, and the way to the newest tables."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ..contracts.errors import OutcomeUnknown, StoreUnavailable
from ..stopwatch import part
from .columns import metadata
from .migrations import HEAD
from .prepared import Prepared, Row

if TYPE_CHECKING:
    from .patience import Impatient

# What the keepers of the tables take: an open connection, inside `read()` or `write()`.
Transaction: TypeAlias = Connection

WAIT_SECONDS = 5
# Any number will do, as long as every process of every version takes the same one.
_UPGRADE_LOCK = 7_302_551
_MIGRATIONS = Path(__file__).parent / "migrations"
_AFTER_COMMIT = "keyback_after_commit"
_READING = "keyback_reading"
_NO_TRANSACTIONS = {"isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None, "skip_autocommit_rollback": True}
_UNREACHABLE = (OperationalError, InterfaceError, InternalError, PoolTimeout)


def after_commit(tx: Connection, callback: Callable[[], object]) -> None:
    """Call this once the transaction has been committed, and never if it is rolled back."""
    tx.info.setdefault(_AFTER_COMMIT, []).append(callback)


class _Whole(threading.local):
    """The transaction that all of this thread's are part of, if any."""

    tx: Connection | None = None


class Database:
    """One SQLite file or one PostgreSQL database."""

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        self._whole = _Whole()
        # Reads are one statement each: outside a transaction they cost no BEGIN, no ROLLBACK and no lock.
        if self._engine.dialect.name == "sqlite":
            self._reading: Engine = self._engine.execution_options(**{_READING: True})
        else:
            # Connections of their own: turning one over to reading and back costs more than the reading itself.
            self._reading = _postgres(url, pool_size=5, max_overflow=5, **_NO_TRANSACTIONS)
        driver = self._reading.dialect.loaded_dbapi
        self._silent = (driver.OperationalError, driver.InterfaceError, driver.InternalError, PoolTimeout)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection to read from. Raises StoreUnavailable."""
        if self._whole.tx:
            yield self._whole.tx
            return
        try:
            with part("database"), self._reading.connect() as connection:
                yield connection
        except _UNREACHABLE as error:
            raise StoreUnavailable("our database did not answer") from error

    def ask(self, statement: Prepared, values: Mapping[str, Any]) -> list[Row]:
        """What one statement finds or returns; outside a transaction, what it writes is kept as soon as it is done.

        Raises StoreUnavailable, and what was written may be kept all the same: for counts, where one more does no harm.
        Of SQLAlchemy only its pool stands between: all of it costs more than the database does, and this is what
        strangers have us ask.
        """
        if self._whole.tx:
            return statement.run(self._whole.tx, values)
        try:
            with part("database"):
                return self._asked(statement, values)
        except self._silent as error:
            raise StoreUnavailable("our database did not answer") from error

    def _asked(self, statement: Prepared, values: Mapping[str, Any]) -> list[Row]:
        wire, dialect = self._reading.raw_connection(), self._reading.dialect
        try:
            return statement.ask(wire.cursor(), dialect, values)
        except dialect.loaded_dbapi.Error as error:
            if dialect.is_disconnect(error, wire.driver_connection, None):
                # The others are gone with it: nobody else shall meet one of them.
                self._reading.dispose()
            wire.invalidate(error)
            raise
        finally:
            wire.close()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed at the end, rolled back on any exception.

        Raises StoreUnavailable when surely nothing was kept, OutcomeUnknown when the answer to the commit was lost.
        """
        if self._whole.tx:
            with _part_of(self._whole.tx):
                yield self._whole.tx
            return
        try:
            with part("database"), self._engine.connect() as tx:
                tx.info.pop(_AFTER_COMMIT, None)
                with tx.begin() as transaction:
                    yield tx
                    self._commit(transaction.commit)
                for callback in tx.info.pop(_AFTER_COMMIT, ()):
                    callback()
        except _UNREACHABLE as error:
            raise StoreUnavailable("our database did not answer") from error

    @contextmanager
    def as_one(self) -> Iterator[None]:
        """All that this thread reads and writes inside is one transaction: kept at the end, or nothing of it.

        Raises as `write()` does.
        """
        with self.write() as tx:
            self._whole.tx = tx
            try:
                yield
            finally:
                self._whole.tx = None

    @contextmanager
    def never_kept(self) -> Iterator[Connection]:
        """One transaction that is rolled back whatever happens: for who asks what would be. Raises StoreUnavailable."""
        try:
            with part("database"), self._engine.connect() as tx:
                with tx.begin() as transaction:
                    yield tx
                    transaction.rollback()
                tx.info.pop(_AFTER_COMMIT, None)
        except _UNREACHABLE as error:
            raise StoreUnavailable("our database did not answer") from error

    def _commit(self, commit: Callable[[], None]) -> None:
        try:
            commit()
        except DBAPIError as error:
            # A server that is gone may have committed before it went; SQLite never does.
            if error.connection_invalidated and self._engine.dialect.name != "sqlite":
                raise OutcomeUnknown("our database's answer to a commit was lost") from error
            raise

    def upgrade(self) -> None:
        """Bring the tables up to date. Safe when several processes start at once: one works, the others wait."""
        if self._at_least(self._revision()):
            return
        # Imported late: it takes a tenth of a second, and nearly every start has nothing to upgrade.
        from alembic import command  # noqa: PLC0415
        from alembic.config import Config  # noqa: PLC0415

        with self.write() as tx:
            if tx.dialect.name == "postgresql":
                cast("Impatient", tx.connection.dbapi_connection).for_ever = True
                tx.execute(text("SET LOCAL lock_timeout = 0"))
                tx.execute(text("SET LOCAL statement_timeout = 0"))
                tx.execute(text(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})"))
            config = Config()
            config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
            config.attributes["connection"] = tx
            config.attributes["metadata"] = metadata
            command.upgrade(config, "head")
        # Not to be met again by somebody who has a page to show.
        self._engine.dispose()

    def ready(self) -> bool:
        """Whether it answers, and its tables are the ones that this version knows or newer ones."""
        try:
            return self._at_least(self._revision())
        except StoreUnavailable:
            return False

    @staticmethod
    def _at_least(revision: str | None) -> bool:
        # Numbers of four digits. A newer edition only adds, so that during an upgrade both versions serve.
        return revision is not None and revision >= HEAD

    def _revision(self) -> str | None:
        with self.read() as connection:
            if not connection.dialect.has_table(connection, "alembic_version"):
                return None
            revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
            return revision

    @property
    def tells_time(self) -> bool:
        """Whether it is a server, with a clock that all its clients share."""
        return self._engine.dialect.name != "sqlite"

    @property
    def in_use(self) -> Mapping[str, int]:
        """How many connections of each pool somebody holds."""
        pools = {"writing": self._engine.pool, "reading": self._reading.pool}
        return {name: pool.checkedout() for name, pool in pools.items() if isinstance(pool, QueuePool)}

    def close(self) -> None:
        """Let go of every connection."""
        self._reading.dispose()
        self._engine.dispose()


@contextmanager
def _part_of(tx: Connection) -> Iterator[None]:
    """What fails inside is undone by itself: whoever expected it can go on with the rest."""
    told = len(tx.info.setdefault(_AFTER_COMMIT, []))
    try:
        with tx.begin_nested():
            yield
    except BaseException:
        del tx.info[_AFTER_COMMIT][told:]
        raise


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_engine(
            url,
            poolclass=QueuePool,
            pool_size=10,
            max_overflow=10,
            pool_timeout=WAIT_SECONDS,
            hide_parameters=True,
            connect_args={"timeout": WAIT_SECONDS, "check_same_thread": False},
        )
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return _postgres(url, pool_size=10, max_overflow=10)


def _postgres(url: str, **how: Any) -> Engine:  # noqa: ANN401
    # A statement that waits longer than a person would is given up; a dead network is noticed.
    limits = f"-c lock_timeout={WAIT_SECONDS * 1000} -c statement_timeout={2 * WAIT_SECONDS * 1000}"
    from .patience import Impatient  # noqa: PLC0415  # psycopg is only there where there is a PostgreSQL

    patience = {"connect_timeout": WAIT_SECONDS, "tcp_user_timeout": 2 * WAIT_SECONDS * 1000, "options": limits}
    engine = create_engine(
        url,
        pool_timeout=WAIT_SECONDS,
        # The few that are used last are used next, and each statement is prepared at once: they are always the same.
        pool_use_lifo=True,
        hide_parameters=True,
        **how,
        connect_args={**patience, "prepare_threshold": 0},
    )
    event.listen(engine, "do_connect", lambda _dialect, _record, args, how: Impatient.connect(*args, **how))
    return engine


def _set_up_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver must not begin transactions by itself: its own BEGIN is deferred, and one that
    # upgrades from reading to writing fails at once, whatever the time-out.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={WAIT_SECONDS * 1000}")
    _write_ahead(connection)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _write_ahead(connection: sqlite3.Connection) -> None:
    # Several processes that start on a new file at once: changing the journal does not honour the busy time-out.
    give_up = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.02)


def _begin_sqlite(connection: Connection) -> None:
    if not connection.get_execution_options().get(_READING):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
