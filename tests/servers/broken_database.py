"""Ways in which a database fails while Keyback runs. Each ends with its block, and nothing is restarted."""

from __future__ import annotations

import resource
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.exc import OperationalError

from keyback.core.db.tables import metadata

from .keyback import Keyback

_OTHERS = "others"
_HANG_UP = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name <> :others"
)
Broken = Callable[[Keyback], AbstractContextManager[None]]


@contextmanager
def locked(keyback: Keyback) -> Iterator[None]:
    """Somebody else writes, and does not come to an end; reading goes on."""
    if "sqlite" in keyback.database_url:
        with sqlite3.connect(keyback.database_url.removeprefix("sqlite:///"), isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.rollback()
        other.close()
        return
    tables = ", ".join(f'"{name}"' for name in metadata.tables)
    with _server(keyback) as server, server.begin():
        server.execute(text(f"LOCK TABLE {tables} IN EXCLUSIVE MODE"))
        yield


@contextmanager
def unwritable(keyback: Keyback) -> Iterator[None]:
    """Every write into any file is an error: the database's, and the log's."""
    with limited(keyback.processes, resource.RLIMIT_FSIZE, lambda _: 0):
        yield


@contextmanager
def read_only(keyback: Keyback) -> Iterator[None]:
    """PostgreSQL became a stand-by: it takes no writes, on old connections neither."""
    name = keyback.database_url.partition("?")[0].rpartition("/")[2]
    with _server(keyback) as server:
        server.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
        _hang_up(server)
    yield
    with _server(keyback) as server:
        server.execute(text("SET default_transaction_read_only = off"))
        server.execute(text(f"ALTER DATABASE {name} RESET default_transaction_read_only"))
        _hang_up(server)


@contextmanager
def no_connection_left(keyback: Keyback) -> Iterator[None]:
    """Others hold every connection that PostgreSQL has."""
    engine = create_engine(keyback.database_url, poolclass=NullPool, connect_args={"application_name": _OTHERS})
    held = [engine.connect()]
    freed = 1
    while freed:
        # Whatever ours let go of is taken before they come again.
        with suppress(OperationalError):
            while True:
                held.append(engine.connect())
        freed = _hang_up(held[0])
    yield
    for one in held:
        one.close()


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """No room is left on the disk that holds this folder."""
    rest = folder / "rest"
    with rest.open("wb", buffering=0) as file, pytest.raises(OSError, match=r"Errno 28"):
        while True:
            file.write(bytes(4096))
    yield
    rest.unlink()


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A disk of its own; only the machine's administrator can have one. Raises PermissionError."""
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        raise PermissionError(mounted.stderr.decode())
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def limited(processes: Callable[[], list[int]], what: int, most: Callable[[int], int]) -> Iterator[None]:
    """None of these processes gets more of this than so much, each asked for by its number."""
    before = {process: resource.prlimit(process, what) for process in processes()}
    for process, (_, hard) in before.items():
        resource.prlimit(process, what, (most(process), hard))
    yield
    # Also those that were started meanwhile.
    soft, hard = next(iter(before.values()))
    for process in processes():
        with suppress(ProcessLookupError):
            resource.prlimit(process, what, (soft, hard))


def _hang_up(server: Connection) -> int:
    """On everybody in this database but the others; returns on how many."""
    return len(server.execute(_HANG_UP, {"others": _OTHERS}).all())


def _server(keyback: Keyback) -> Connection:
    return create_engine(keyback.database_url, isolation_level="AUTOCOMMIT").connect()
