"""What a running server wrote down, read from its database."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import create_engine, select

from keyback.core.db.tables import event

from .keyback import Keyback


def events(keyback: Keyback, recovery_id: str = "") -> list[str]:
    """The events' names in the order in which they were written: of one recovery, or all."""
    asked = select(event.c.name).order_by(event.c.at, event.c.id)
    engine = create_engine(keyback.database_url)
    try:
        with engine.connect() as tx:
            return list(tx.scalars(asked.where(event.c.recovery_id == recovery_id) if recovery_id else asked))
    finally:
        engine.dispose()


def counted(keyback: Keyback, *recovery_ids: str) -> Counter[str]:
    """How often each event happened in these recoveries together."""
    return Counter(name for recovery_id in recovery_ids for name in events(keyback, recovery_id))
