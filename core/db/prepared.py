"""Statements whose text is made once, for the few that nearly every request runs.

What SQLAlchemy does anew for each execution costs a short statement half as much as the database does, and one with
several rows as much again. The columns' own types still write the values and read what comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Connection, Dialect
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.sql.selectable import ReturnsRows

from .per_dialect import INSERTS, Insert

Row: TypeAlias = tuple[Any, ...]
Processor: TypeAlias = Callable[[Any], Any]


class Prepared:
    """One statement, all of whose parameters have names; written when a database of a kind first runs it."""

    def __init__(self, build: Callable[[Insert], ReturnsRows]) -> None:
        self._build = build
        self._written: dict[str, _Written] = {}

    def run(self, tx: Connection, values: Mapping[str, Any]) -> list[Row]:
        """What it finds or returns, in the order of its columns."""
        written = self._in(tx.dialect)
        return written.read(tx.exec_driver_sql(written.text, written.write(values)))

    def ask(self, cursor: DBAPICursor, dialect: Dialect, values: Mapping[str, Any]) -> list[Row]:
        """The same, straight from the driver. Raises the driver's own errors."""
        written = self._in(dialect)
        cursor.execute(written.text, written.write(values))
        return written.read(cursor.fetchall())

    def _in(self, dialect: Dialect) -> _Written:
        if dialect.name not in self._written:
            self._written[dialect.name] = _Written(self._build(INSERTS[dialect.name]), dialect)
        return self._written[dialect.name]


class _Written:
    """As one kind of database reads it."""

    def __init__(self, statement: ReturnsRows, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        kinds = {name: parameter.type.dialect_impl(dialect) for name, parameter in compiled.binds.items()}
        self.text = str(compiled)
        self._order = compiled.positiontup
        self._writers = {name: writer for name, kind in kinds.items() if (writer := kind.bind_processor(dialect))}
        self._readers: list[Processor | None] = [
            column.type.dialect_impl(dialect).result_processor(dialect, None) for column in statement.exported_columns
        ]

    def write(self, values: Mapping[str, Any]) -> tuple[Any, ...] | dict[str, Any]:
        """The values as the driver takes them."""
        writers = self._writers
        written = {name: writers[name](value) if name in writers else value for name, value in values.items()}
        return tuple(written[name] for name in self._order) if self._order else written

    def read(self, found: Iterable[Sequence[Any]]) -> list[Row]:
        """The rows as they are meant."""
        return [
            tuple(read(value) if read else value for read, value in zip(self._readers, row, strict=True))
            for row in found
        ]
