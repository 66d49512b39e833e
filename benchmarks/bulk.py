"""Rows by the million into a table: COPY on PostgreSQL, prepared inserts in large transactions on SQLite."""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

import psycopg
from sqlalchemy import Boolean, Integer, LargeBinary, NullPool, Table, create_engine, text
from sqlalchemy.sql.type_api import TypeEngine

from keyback.core.db.columns import Moment, metadata, micros

Row = Mapping[str, Any]
# Rows in one transaction of SQLite: the log beside the file stays below a hundred megabytes.
TOGETHER = 50_000
# To somebody who looks, and to a file that keeps every line.
_SHOWN_EVERY = 0.5 if sys.stderr.isatty() else 20


class Bulk:
    """Loads into tables whose indexes are made afterwards; what makes rows unique stays throughout."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")

    def load(self, table: Table, rows: Iterable[Row], count: int) -> None:
        """So many, with a line on standard error that says how far it is."""
        columns = [column.name for column in table.c]
        values = (
            [micros(value) if isinstance(value := row[name], datetime) else value for name in columns] for row in rows
        )
        connection = self._engine.raw_connection()
        try:
            copy: Callable[[Any, Table, Iterator[list[Any]]], None] = _copy if self._postgres else _insert
            copy(connection.driver_connection, table, shown(table.name, values, count))
        finally:
            connection.close()

    def without_indexes(self) -> None:
        """Drop those that only make finding quicker."""
        with self._engine.connect() as connection:
            for table in metadata.sorted_tables:
                for index in table.indexes:
                    index.drop(connection)

    def with_indexes(self) -> None:
        """Make them again."""
        with self._engine.connect() as connection:
            if self._postgres:
                connection.execute(text("SET maintenance_work_mem = '1GB'"))
            indexes = [index for table in metadata.sorted_tables for index in sorted(table.indexes, key=str)]
            for number, index in enumerate(indexes):
                _say(f"index {number + 1} of {len(indexes)}: {index.name}")
                index.create(connection)
        self.analyse()

    def analyse(self) -> None:
        """As PostgreSQL does by itself once much has come; nobody does it for SQLite, and no plan of ours needs it."""
        if self._postgres:
            _say("statistics")
            with self._engine.connect() as connection:
                connection.execute(text("VACUUM ANALYZE"))
        _say("", last=True)

    @property
    def _postgres(self) -> bool:
        return self._engine.dialect.name == "postgresql"


def _copy(connection: psycopg.Connection[Any], table: Table, values: Iterator[list[Any]]) -> None:
    into = f"COPY {_into(table)} FROM STDIN (FORMAT BINARY)"
    with connection.cursor() as cursor, cursor.copy(into) as copy:
        copy.set_types([_postgres_type(column.type) for column in table.c])
        for row in values:
            copy.write_row(row)


def _postgres_type(kind: TypeEngine[Any]) -> str:
    if isinstance(kind, LargeBinary):
        return "bytea"
    if isinstance(kind, Boolean):
        return "bool"
    whole = isinstance(kind, Integer | Moment)
    return "int4" if type(kind) is Integer else "int8" if whole else "text"


def _insert(connection: sqlite3.Connection, table: Table, values: Iterator[list[Any]]) -> None:
    # Nobody pulls the plug while it is filled; the server writes through afterwards.
    connection.execute("PRAGMA synchronous=OFF")
    places = ", ".join("?" * len(table.c))
    while together := list(islice(values, TOGETHER)):
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(f"INSERT INTO {_into(table)} VALUES ({places})", together)  # noqa: S608
        connection.execute("COMMIT")


def shown(what: str, rows: Iterable[list[Any]], count: int) -> Iterator[list[Any]]:
    """The same rows, while a line says how many went by, how fast, and how long the rest will take."""
    began = last = time.monotonic()
    for number, row in enumerate(rows):
        yield row
        now = time.monotonic() if number % 500 == 0 else last
        if now - last > _SHOWN_EVERY:
            last = now
            _say(_bar(what, number, count, now - began))
    _say(_bar(what, count, count, time.monotonic() - began), last=True)


def _bar(what: str, done: int, count: int, seconds: float) -> str:
    rate = done / max(seconds, 0.001)
    full = round(24 * done / max(1, count))
    left = f"{(count - done) / max(rate, 1):,.0f} s left" if done < count else f"in {seconds:,.0f} s"
    return f"{what:14} [{'#' * full}{'.' * (24 - full)}] {done:>12,} of {count:,}  {rate:,.0f}/s  {left}"


def _say(words: str, *, last: bool = False) -> None:
    again = sys.stderr.isatty() and not last
    print(f"{words:100}", end="\r" if again else "\n", file=sys.stderr, flush=True)


def _into(table: Table) -> str:
    columns = ", ".join(f'"{column.name}"' for column in table.c)
    return f'"{table.name}" ({columns})'
