"""A database in which whatever was tried can be taken back: all of it is one transaction that nobody commits."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from sqlalchemy import Connection

from keyback.core.db.session import Database


class Revocable(Database):
    """On a SQLite file, for one thread. What waits for a commit waits for ever."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._all = self._engine.connect()
        self._all.begin()
        # Past SQLAlchemy, which takes longer to name a savepoint than SQLite to keep it.
        self._say = cast("sqlite3.Connection", self._all.connection.driver_connection).execute

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """What was written so far."""
        yield self._all

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Undone on any exception, as usual."""
        self._say("SAVEPOINT step")
        try:
            yield self._all
        except BaseException:
            self._say("ROLLBACK TO step")
            raise
        finally:
            self._say("RELEASE step")

    @contextmanager
    def never_kept(self) -> Iterator[Connection]:
        """Undone in any case."""
        self._say("SAVEPOINT step")
        try:
            yield self._all
        finally:
            self._say("ROLLBACK TO step")
            self._say("RELEASE step")

    def close(self) -> None:
        """Undo all of it."""
        self._all.close()
        super().close()
