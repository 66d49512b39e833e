"""A private PostgreSQL for tests: its own cluster, reached through a socket in a folder that nobody else can enter."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

OWNER = "keyback"
START_SECONDS = 30


def missing() -> str:
    """Why there can be no PostgreSQL here; empty when there can."""
    if _programs() is None:
        return "PostgreSQL is not installed here (no initdb)"
    if os.geteuid() == 0 and _nobody() is None:
        return "PostgreSQL does not run as root, and there is no other user here to run it as"
    return ""


@dataclass
class Postgres:
    """A running cluster. Every test takes a database of its own."""

    folder: Path
    _programs: Path
    _server: subprocess.Popen[bytes]
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def database(self, *, like: str = "") -> str:
        """A new database, as a URL: empty, or a copy of one that nobody is connected to."""
        name = f"kb{next(self._numbers)}"
        names = (sql.Identifier(each) for each in (name, _name(like) or "template0"))
        with self._connect() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
        return f"postgresql+psycopg://{OWNER}@/{name}?host={quote(str(self.folder), safe='')}"

    @property
    def socket(self) -> Path:
        """Where it is reached."""
        return self.folder / ".s.PGSQL.5432"

    def drop(self, url: str) -> None:
        """Throw a database away, whoever is still connected."""
        with self._connect() as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(_name(url))))

    def crash(self) -> None:
        """Every process of it ends at once, in the middle of what it does."""
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait(START_SECONDS)

    def start(self) -> None:
        """Again after a crash: it finds out by itself what was committed."""
        self._server = _start(self._programs, self.folder)
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Raises with the log when it does not come up."""
        give_up = time.monotonic() + START_SECONDS
        while True:
            try:
                return self._connect().close()
            except psycopg.OperationalError:
                if self._server.poll() is not None or time.monotonic() > give_up:
                    raise RuntimeError((self.folder / "log").read_text()) from None
                time.sleep(0.05)

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(host=str(self.folder), user=OWNER, dbname="postgres", autocommit=True, connect_timeout=5)


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Make a cluster, run it, and leave nothing behind."""
    programs = _programs()
    assert programs is not None, missing()
    # A short path: a socket's may have a hundred characters and no more.
    folder = Path(tempfile.mkdtemp(prefix="kb-pg-"))
    try:
        _make(programs, folder)
        postgres = Postgres(folder, programs, _start(programs, folder))
        try:
            postgres.wait_until_ready()
            yield postgres
        finally:
            # At once, without writing anything out: the folder is thrown away.
            postgres.crash()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make(programs: Path, folder: Path) -> None:
    user = _as_whom()
    if user:
        os.chown(folder, user["user"], user["group"])
    settings = ["-A", "trust", "-U", OWNER, "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"]
    made = [str(programs / "initdb"), "-D", str(folder / "data"), *settings]
    subprocess.run(made, check=True, capture_output=True, cwd=folder, **user)


def _start(programs: Path, folder: Path) -> subprocess.Popen[bytes]:
    # Nobody pulls the plug in a test, so nothing need reach the disk.
    settings = {
        "fsync": "off",
        "listen_addresses": "",
        "unix_socket_directories": str(folder),
        "max_connections": "200",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        command = [str(programs / "postgres"), "-D", str(folder / "data"), *options]
        return subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, **_as_whom())


def _name(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def _programs() -> Path | None:
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    on_path = shutil.which("initdb")
    if on_path:
        found.append(Path(on_path).resolve().parent)
    return max(found, key=lambda path: (path / "postgres").exists(), default=None)


def _as_whom() -> dict[str, Any]:
    nobody = _nobody() if os.geteuid() == 0 else None
    return {} if nobody is None else {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _nobody() -> pwd.struct_passwd | None:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None
