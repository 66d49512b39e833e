"""How many people chose each of what can be chosen from a list: counted as they choose, never by reading everybody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, Executable, bindparam, select, update

from .per_dialect import Insert, PerDialect, one_or_all
from .question_tables import chosen_count as table
from .sealing import Keyring


def _add(new: Insert) -> Executable:
    made = new(table)
    return made.on_conflict_do_update(index_elements=["digest"], set_={"people": table.c.people + 1})


_one_more = PerDialect(_add)
_one_less = (
    update(table).where(table.c.digest == bindparam("of_digest"), table.c.people > 0).values(people=table.c.people - 1)
)
_of = select(table).where(table.c.digest.in_(bindparam("these", expanding=True)))


class ChosenCounts:
    """By the method, and by what the method calls each choice."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def of(self, tx: Connection, method: str, choices: Sequence[str]) -> Mapping[str, int]:
        """Of each of these how many people chose it."""
        digests = {self._digest(method, one): one for one in choices}
        rows = tx.execute(_of, {"these": list(digests)})
        return dict.fromkeys(choices, 0) | {digests[row.digest]: row.people for row in rows}

    def more(self, tx: Connection, method: str, chosen: Iterable[str]) -> None:
        """Somebody chose these."""
        if rows := [{"digest": digest, "people": 1} for digest in self._digests(method, chosen)]:
            tx.execute(_one_more.on(tx), one_or_all(rows))

    def less(self, tx: Connection, method: str, chosen: Iterable[str]) -> None:
        """What somebody had chosen is gone."""
        if rows := [{"of_digest": digest} for digest in self._digests(method, chosen)]:
            tx.execute(_one_less, rows)

    def _digests(self, method: str, chosen: Iterable[str]) -> list[str]:
        # Always in the same order, so that two who count never wait for one another in a circle.
        return sorted({self._digest(method, one) for one in chosen})

    def _digest(self, method: str, choice: str) -> str:
        return self._keyring.pseudonym("chosen", f"{method}/{choice}")
