"""A copy of the database to keep elsewhere, and what must not live on when an old copy is put back."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, delete, text

from .session import Database
from .tables import enrolment, job, recovery


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many of each are gone."""

    recoveries: int
    enrolments: int


def copy_to(db: Database, target: Path) -> None:
    """The file as one moment saw it, while people work. Raises FileExistsError rather than overwrite anything."""
    # It holds what the database holds: for the owner's eyes alone, from the first byte on.
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with db.read() as connection:
        connection.execute(text("VACUUM INTO :target"), {"target": str(target)})
    with target.open("rb") as file:
        os.fsync(file.fileno())


def begin_anew(tx: Connection, one_time: str) -> Forgotten:
    """What was under way at the time of the copy is over, and its messages were sent: never let it happen twice.

    Of what this method keeps nobody can tell which were used since: it is void until there are new ones (M3).
    """
    tx.execute(delete(job))
    recoveries = tx.execute(delete(recovery)).rowcount
    return Forgotten(recoveries, tx.execute(delete(enrolment).where(enrolment.c.method == one_time)).rowcount)
