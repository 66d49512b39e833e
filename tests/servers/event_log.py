"""What a running server wrote down, read from its database."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from sqlalchemy import Select, create_engine, or_, select

from keyback.core.db.tables import event, follower, job, proof, recovery

from .history import Recorded
from .keyback import Keyback


def events(keyback: Keyback, recovery_id: str = "") -> list[str]:
    """The events' names in the order in which they were written: of one recovery, or all."""
    asked = select(event.c.name).order_by(event.c.at, event.c.id)
    rows = _read(keyback, asked.where(event.c.recovery_id == recovery_id) if recovery_id else asked)
    return [name for (name,) in rows]


def recorded(keyback: Keyback, recovery_id: str) -> list[Recorded]:
    """This recovery's events in the order in which they were written, with what they say."""
    asked = select(event.c.name, event.c.data).where(event.c.recovery_id == recovery_id)
    rows = _read(keyback, asked.order_by(event.c.at, event.c.id))
    return [Recorded(name, json.loads(data)) for name, data in rows]


def ledger(keyback: Keyback, recovery_id: str) -> list[tuple[str, str]]:
    """This recovery's proofs: the method and the challenge of each."""
    rows = _read(keyback, select(proof.c.method, proof.c.challenge).where(proof.c.recovery_id == recovery_id))
    return [(method, challenge) for method, challenge in rows]


def counted(keyback: Keyback, *recovery_ids: str) -> Counter[str]:
    """How often each event happened in these recoveries together."""
    return Counter(name for recovery_id in recovery_ids for name in events(keyback, recovery_id))


def followed_by(keyback: Keyback, key: str) -> bool:
    """Whether this notifier gets whatever happens from now on."""
    return bool(_read(keyback, select(follower.c.seq).where(follower.c.key == key)))


def half_done(keyback: Keyback) -> list[str]:
    """What is not at its end yet: writes whose outcome nobody knows, and jobs."""
    writing = select(recovery.c.stage, recovery.c.id).where(
        or_(recovery.c.stage == "writing", recovery.c.stage == "unsettled")
    )
    jobs = select(job.c.kind, job.c.recovery_id)
    return [" ".join(row) for asked in (writing, jobs) for row in _read(keyback, asked)]


def _read(keyback: Keyback, asked: Select[Any]) -> list[Any]:
    engine = create_engine(keyback.database_url)
    try:
        with engine.connect() as tx:
            return list(tx.execute(asked).all())
    finally:
        engine.dispose()
