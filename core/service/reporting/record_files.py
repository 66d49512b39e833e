"""Records as files: which columns they have, and how a cell reads. Nothing that is sealed, and no contact."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeAlias

from ...db.record_lists import Page, Row
from . import csv_file
from .microsoft_names import MICROSOFT

# The page that comes after this place; "" is the first.
Listed: TypeAlias = Callable[[str], Page[Row]]

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "events": ("at", "name", "microsoft", "pseudonym", "recovery_id", "data", "seq"),
    "recoveries": (
        "started_at", "id", "purpose", "stage", "closed_because", "person_ref", "picked", "tries", "sends", "entry",
        "expires_at",
    ),
    "messages": (
        "at", "id", "medium", "channel", "region", "state", "why", "changed_at", "used_at", "lane",
    ),
    "jobs": ("due_at", "id", "lane", "kind", "recovery_id", "tries", "given_up_at"),
}  # fmt: skip


def lines(what: str, listed: Listed, most: int) -> Iterator[str]:
    """The head, and at most so many rows, the newest first."""
    columns = COLUMNS[what]

    def rows() -> Iterator[Sequence[object]]:
        before = ""
        while True:
            page = listed(before)
            yield from ([_cell(row, column) for column in columns] for row in page.rows)
            if not page.older:
                return
            before = page.older

    return csv_file.lines(columns, islice(rows(), most))


def _cell(row: Row, column: str) -> object:
    if column == "microsoft":
        return MICROSOFT.get(row["name"], "")
    value = row[column]
    if value is None:
        return ""
    return value.isoformat() if hasattr(value, "isoformat") else value
