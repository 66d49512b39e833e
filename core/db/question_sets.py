"""Question sets as administrators saved them; whoever changed one without the key made all of them none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, literal, select, true

from ..contracts.question_set import QuestionSet
from . import sealed, value_json
from .question_tables import question_set as table
from .sealing import Keyring, SealBroken
from .settings_history import Saved, SettingsHistory
from .settings_rows import SettingsRows
from .tables import settings_save

# What the history calls them.
QUESTION_SETS = "question-sets"

# One statement, so that the rows and the number of their save are from the same moment, whoever saves meanwhile.
_last = (
    select(func.max(settings_save.c.version)).where(settings_save.c.kind == literal(QUESTION_SETS)).scalar_subquery()
)
_always = select(_last.label("last_save")).subquery()
_all = (
    select(table, _always.c.last_save)
    .select_from(_always.outerjoin(table, true()))
    .order_by(table.c.position, table.c.name)
)
_drop = delete(table)
_add = insert(table)


class SavedQuestionSets:
    """One row for each set, all of one save."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._history = SettingsHistory(keyring)
        self._rows = SettingsRows(keyring, self._history)

    def all(self, tx: Connection) -> tuple[QuestionSet, ...]:
        """In their order; none before the first save. Raises SealBroken."""
        found = tx.execute(_all).mappings().all()
        rows = [row for row in found if row["name"] is not None]
        for row in rows:
            sealed.QUESTION_SET_ROW.check(self._keyring, row)
            self._refuse_another_day(row, len(rows))
        if not rows and found[0]["last_save"] is not None:
            raise SealBroken(table.name)
        return tuple(value_json.QUESTION_SET.validate_json(row["rules"]) for row in rows)

    def save(
        self, tx: Connection, sets: Sequence[QuestionSet], *, who: str, why: str, at: datetime, after: int | None = None
    ) -> int:
        """Keep these in place of all others; returns the new version. Raises SavedMeanwhile."""
        version = self._rows.begin(tx, QUESTION_SETS, "", after)
        tx.execute(_drop)
        for position, one in enumerate(sets):
            rules = value_json.QUESTION_SET.dump_json(one).decode()
            row: dict[str, Any] = {"name": one.name, "position": position, "rules": rules}
            row |= {"version": version, "sets": len(sets)}
            tx.execute(_add, row | {"seal": sealed.QUESTION_SET_ROW.seal(self._keyring, row)})
        what = value_json.QUESTION_SETS.dump_json(tuple(sets)).decode()
        self._history.add(tx, QUESTION_SETS, "", Saved(version, at, who, why, what))
        return self._rows.end(tx, version)

    @staticmethod
    def _refuse_another_day(row: RowMapping, found: int) -> None:
        """A set of an earlier save, or one that is missing, has no broken seal."""
        if row["version"] != row["last_save"] or row["sets"] != found:
            raise SealBroken(table.name)
