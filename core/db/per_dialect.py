"""One statement, built once for each kind of database: their inserts with ON CONFLICT are different classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Executable
from sqlalchemy.dialects import postgresql, sqlite


class PerDialect:
    """Built at import by a function that is given the `insert` of each dialect."""

    def __init__(self, build: Callable[[Any], Executable]) -> None:
        self._statements = {"sqlite": build(sqlite.insert), "postgresql": build(postgresql.insert)}

    def on(self, tx: Connection) -> Executable:
        """The statement for this connection."""
        return self._statements[tx.dialect.name]
