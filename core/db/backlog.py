"""How far behind the house is: read when an operator asks and on the console's first page, never by people's pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select

from .tables import data_key, event, job

# Counting stops here: so many waiting jobs are an alarm, and how many more there are changes nothing.
MOST_COUNTED = 10_000

_due = (
    select(job.c.lane, job.c.due_at)
    .where(job.c.given_up_at.is_(None), job.c.due_at <= bindparam("now", type_=job.c.due_at.type))
    .order_by(job.c.due_at)
    .limit(MOST_COUNTED)
    .subquery()
)
# What is due at some later day stands behind these.
_next = (
    select(job.c.lane, job.c.tries)
    .where(job.c.given_up_at.is_(None))
    .order_by(job.c.due_at)
    .limit(MOST_COUNTED)
    .subquery()
)
_tried_again = (
    select(_next.c.lane, func.count().label("jobs")).where(_next.c.tries >= bindparam("times")).group_by(_next.c.lane)
)
_given_up_lately = (
    select(job.c.id)
    .where(job.c.given_up_at.isnot(None), job.c.given_up_at >= bindparam("since", type_=job.c.given_up_at.type))
    .limit(MOST_COUNTED)
    .subquery()
)
_given_up = select(func.count()).select_from(_given_up_lately)
_by_lane = select(_due.c.lane, func.count(), func.min(_due.c.due_at)).group_by(_due.c.lane)
_first_unchained = select(event.c.at).where(event.c.seq.is_(None)).order_by(event.c.id).limit(1)
_newest_keys = select(data_key.c.purpose, func.max(data_key.c.created_at).label("made")).group_by(data_key.c.purpose)


def waiting(tx: Connection, now: datetime) -> Mapping[str, tuple[int, datetime]]:
    """For each lane with jobs that are due: how many, and since when the oldest."""
    return {lane: (count, oldest) for lane, count, oldest in tx.execute(_by_lane, {"now": now})}


def tried_again(tx: Connection, times: int) -> Mapping[str, int]:
    """For each lane: how many jobs failed so often already and are tried again."""
    return {row.lane: row.jobs for row in tx.execute(_tried_again, {"times": times})}


def given_up(tx: Connection, since: datetime) -> int:
    """How many jobs nobody tries any more, since then."""
    return tx.scalar(_given_up, {"since": since}) or 0


def unchained_since(tx: Connection) -> datetime | None:
    """When the oldest event was written that has no place in the chain yet."""
    at: datetime | None = tx.scalar(_first_unchained)
    return at


def newest_keys(tx: Connection) -> Mapping[str, datetime]:
    """When each purpose got its newest key."""
    return {row.purpose: row.made for row in tx.execute(_newest_keys)}
