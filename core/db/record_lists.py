"""Records as administrators list them: newest first, page by page, by an index, whatever lies there.

What no index finds is looked for among so many rows at a time: a page may then be short, and says where to go on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any, Generic, TypeAlias, TypeVar

from sqlalchemy import (
    Column,
    ColumnElement,
    CompoundSelect,
    Connection,
    RowMapping,
    Select,
    Table,
    select,
    tuple_,
    union_all,
)

from ..recovery.state import Stage
from .columns import EPOCH, TICK, is_set, micros
from .tables import delivery, event, job, recovery

# On one page, and how many are looked through for it where there is no index.
PAGE, LOOKED_THROUGH = 50, 2000
_CURSOR = re.compile(r"[0-9a-f]{15}\.[A-Za-z0-9_-]{1,64}", re.ASCII)
_EVENT_ID = re.compile(r"[0-9a-f]{15,40}", re.ASCII)
# Everything about a person or a recovery is few: read at most so much of it.
MOST_OF_ONE = 5000

# A list never loads what is sealed.
_LISTED = [event.c[name] for name in ("id", "at", "name", "recovery_id", "pseudonym", "data", "seq")]
_HIDDEN = {"sealed", "key_digest", "key_seal", "ref", "challenge"}

# What a list gives away of one record, by the names of its columns.
Row: TypeAlias = RowMapping
Shown = TypeVar("Shown")
Fits = Callable[[Row], bool]


@dataclass(frozen=True, slots=True)
class Page(Generic[Shown]):
    """Some rows, and what to ask for the older ones with; "" when there are none."""

    rows: tuple[Shown, ...]
    older: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """From then on, until before then; None: however long ago, or until now."""

    since: datetime | None = None
    until: datetime | None = None


def events(
    tx: Connection, span: Span, *, names: Sequence[str] = (), person: str = "", recovery_id: str = "", before: str = ""
) -> Page[Row]:
    """Events of these names, or all; of one person or one recovery, or of everybody."""
    within = _event_span(span, before)
    if person or recovery_id:
        theirs = [_is(event.c.pseudonym, person), _is(event.c.recovery_id, recovery_id)]
        asked = _newest([each for each in theirs if each is not None] + within, PAGE + 1)
        found: Iterable[Row] = _few(tx, asked, names)
    elif names:
        # Each name for itself: every one of them is found by the index, and all together are not.
        each_name = (_newest([event.c.name == name, *within], PAGE + 1).subquery().select() for name in names)
        together = union_all(*each_name)
        found = _read(tx, together.order_by(together.selected_columns.id.desc()).limit(PAGE + 1))
    else:
        found = _read(tx, _newest(within, PAGE + 1))
    return _page(found, lambda row: str(row["id"]))


def one_event(tx: Connection, event_id: str) -> Row | None:
    """All of one event."""
    return tx.execute(select(event).where(event.c.id == event_id)).mappings().first()


def recoveries(
    tx: Connection, span: Span, *, stages: Sequence[Stage] = (), person: str = "", before: str = ""
) -> Page[Row]:
    """Recoveries that stand at one of these stages, or at any."""
    by_start = _by(recovery, recovery.c.started_at, span, before)
    if person:
        theirs = by_start.where(recovery.c.person_ref == person, is_set(recovery.c.person_ref))
        wanted = {stage.value for stage in stages}
        found: Iterable[Row] = (
            row for row in _read(tx, theirs.limit(MOST_OF_ONE)) if not wanted or row["stage"] in wanted
        )
    else:
        each = (_read(tx, by_start.where(recovery.c.stage == stage.value).limit(PAGE + 1)) for stage in stages or Stage)
        found = merge(*each, key=lambda row: (row["started_at"], row["id"]), reverse=True)
    return _page(found, lambda row: _cursor(row["started_at"], row["id"]))


def one_recovery(tx: Connection, recovery_id: str) -> Row | None:
    """What stands of one recovery in the clear."""
    found = tx.execute(select(*_clear(recovery)).where(recovery.c.id == recovery_id))
    return found.mappings().first()


def messages(tx: Connection, span: Span, fits: Fits, *, before: str = "") -> Page[Row]:
    """Attempts to hand a message to a provider."""
    return _looked_through(tx, _by(delivery, delivery.c.at, span, before), "at", fits)


def waiting_jobs(tx: Connection, span: Span, fits: Fits, *, before: str = "") -> Page[Row]:
    """Jobs that are still to be done, by when they were due."""
    waiting = _by(job, job.c.due_at, span, before).where(job.c.given_up_at.is_(None))
    return _looked_through(tx, waiting, "due_at", fits)


def given_up_jobs(tx: Connection, span: Span, fits: Fits, *, before: str = "") -> Page[Row]:
    """Jobs that nobody tries any more, by when they were given up."""
    given_up = _by(job, job.c.given_up_at, span, before).where(job.c.given_up_at.isnot(None))
    return _looked_through(tx, given_up, "given_up_at", fits)


def _looked_through(tx: Connection, asked: Select[Any], by: str, fits: Fits) -> Page[Row]:
    rows = _read(tx, asked.limit(PAGE + 1))
    if not all(map(fits, rows)):
        rows = _read(tx, asked.limit(LOOKED_THROUGH))
    page = _page((row for row in rows if fits(row)), lambda row: _cursor(row[by], row["id"]))
    if page.older or len(rows) < LOOKED_THROUGH:
        return page
    return Page(page.rows, _cursor(rows[-1][by], rows[-1]["id"]))


def _page(found: Iterable[Row], cursor: Callable[[Row], str]) -> Page[Row]:
    rows = tuple(islice(found, PAGE + 1))
    return Page(rows[:PAGE], cursor(rows[PAGE - 1]) if len(rows) > PAGE else "")


def _few(tx: Connection, asked: Select[Any], names: Sequence[str]) -> Iterable[Row]:
    if not names:
        return _read(tx, asked)
    return (row for row in _read(tx, asked.limit(MOST_OF_ONE)) if row["name"] in names)


def _event_span(span: Span, before: str) -> list[ColumnElement[bool]]:
    # Ids begin with their moment, so the one index on them finds a span too.
    within = [event.c.id >= f"{micros(span.since):015x}"] if span.since else []
    if span.until:
        within.append(event.c.id < f"{micros(span.until):015x}")
    return [*within, event.c.id < before] if _EVENT_ID.fullmatch(before) else within


def _newest(conditions: Sequence[ColumnElement[bool]], most: int) -> Select[Any]:
    return select(*_LISTED).where(*conditions).order_by(event.c.id.desc()).limit(most)


def _by(table: Table, at: Column[Any], span: Span, before: str) -> Select[Any]:
    """Newest first, from behind the row that the page before ended with."""
    asked = select(*_clear(table)).order_by(at.desc(), table.c.id.desc())
    if span.since:
        asked = asked.where(at >= span.since)
    if span.until:
        asked = asked.where(at < span.until)
    if _CURSOR.fullmatch(before):
        moment, _, row_id = before.partition(".")
        last = EPOCH + int(moment, 16) * TICK
        # The first condition says nothing new: it is what the index is asked for.
        asked = asked.where(at <= last, tuple_(at, table.c.id) < (last, row_id))
    return asked


def _clear(table: Table) -> list[Column[Any]]:
    return [column for column in table.c if column.name not in _HIDDEN]


def _is(column: Column[Any], value: str) -> ColumnElement[bool] | None:
    return (column == value) & is_set(column) if value else None


def _read(tx: Connection, asked: Select[Any] | CompoundSelect[Any]) -> Sequence[Row]:
    return tx.execute(asked).mappings().all()


def _cursor(at: datetime, row_id: str) -> str:
    return f"{micros(at):015x}.{row_id}"
