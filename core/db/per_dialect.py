"""One statement, built once for each kind of database: their inserts with ON CONFLICT are different classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from sqlalchemy import Connection, Executable, Table
from sqlalchemy.dialects import postgresql, sqlite

# The two classes agree in all that we use of them; for the type checker one of them stands for both.
Insert: TypeAlias = Callable[[Table], sqlite.Insert]

# By the dialect's name.
INSERTS: Mapping[str, Insert] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}  # type: ignore[dict-item]

Row: TypeAlias = dict[str, Any]


def one_or_all(rows: list[Row]) -> Row | list[Row]:
    """A single row by itself: as a list of one it would take the longer way that several rows need."""
    return rows[0] if len(rows) == 1 else rows


class PerDialect:
    """Built at import by a function that is given the `insert` of each dialect."""

    def __init__(self, build: Callable[[Insert], Executable]) -> None:
        self._statements = {name: build(insert) for name, insert in INSERTS.items()}

    def on(self, tx: Connection) -> Executable:
        """The statement for this connection."""
        return self._statements[tx.dialect.name]
