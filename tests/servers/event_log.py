"""What a running server wrote down, read from its database."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import create_engine, text

from .keyback import Keyback


def events(keyback: Keyback, recovery_id: str = "") -> list[str]:
    """The events' names in the order in which they were written: of one recovery, or all."""
    of_one = "WHERE recovery_id = :recovery " if recovery_id else ""
    engine = create_engine(keyback.database_url)
    try:
        with engine.connect() as tx:
            rows = tx.execute(text(f"SELECT name FROM event {of_one}ORDER BY at, id"), {"recovery": recovery_id})
            return [name for (name,) in rows]
    finally:
        engine.dispose()


def counted(keyback: Keyback, *recovery_ids: str) -> Counter[str]:
    """How often each event happened in these recoveries together."""
    return Counter(name for recovery_id in recovery_ids for name in events(keyback, recovery_id))
