"""What tables are made of: times as integers, names of constraints, and indexes of the few rows that matter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, Dialect, Index, MetaData, TypeDecorator, literal_column

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    """Microseconds since 1970, exactly. Raises TypeError for a time without a zone."""
    return (moment - EPOCH) // TICK


class Moment(TypeDecorator[datetime]):
    """A time in UTC kept as an integer, so that SQLite and PostgreSQL compare it alike."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else EPOCH + value * TICK


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)


def partial(name: str, column: Column[Any], condition: ColumnElement[bool]) -> None:
    """An index of the few rows that matter; a query must repeat the condition, word for word, to use it."""
    Index(name, column, postgresql_where=condition, sqlite_where=condition)


def is_set(column: Column[Any]) -> ColumnElement[bool]:
    """The condition of the indexes below on columns that are mostly empty."""
    return column != literal_column("''")
