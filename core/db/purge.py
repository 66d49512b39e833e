"""Rows that nobody needs any more, forgotten a few at a time."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, bindparam, delete, select


class Purge:
    """Forgets the rows of which all this is true, those first that come first by `oldest`.

    In two statements: within one, PostgreSQL reads the whole table, because it cannot know how few will be asked for.
    """

    def __init__(self, key: Column[Any], *conditions: ColumnElement[bool], oldest: Column[Any]) -> None:
        self._old = select(key).where(*conditions).order_by(oldest).limit(bindparam("most"))
        # All of it once more: what came back to life in between stays.
        self._forget = delete(key.table).where(key.in_(bindparam("keys", expanding=True)), *conditions)

    def __call__(self, tx: Connection, limit: int, **asked: object) -> int:
        """At most so many; returns how many."""
        keys = tx.scalars(self._old, {**asked, "most": limit}).all()
        return tx.execute(self._forget, {**asked, "keys": keys}).rowcount if keys else 0
