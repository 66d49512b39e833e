"""What a page asks of the database, and how many rows PostgreSQL reads to answer it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event

from keyback.core.db.session import Database

# Fewer rows are read whole on purpose: settings, plugins, policies, what people of a directory have.
FEW = 5000


@dataclass
class Asked:
    """Every statement of one page."""

    statements: list[tuple[str, object]] = field(default_factory=list)

    @classmethod
    @contextmanager
    def overheard(cls) -> Iterator[Asked]:
        """What is asked meanwhile, by whomever."""
        asked = cls()
        event.listen(Engine, "before_cursor_execute", asked._hear)
        try:
            yield asked
        finally:
            event.remove(Engine, "before_cursor_execute", asked._hear)

    def _hear(
        self, _c: object, _cursor: object, statement: str, parameters: object, _context: object, _m: bool
    ) -> None:
        if not statement.startswith(("BEGIN", "SAVEPOINT")):
            self.statements.append((statement, parameters))

    def rows_read(self, database: Database) -> tuple[int, set[str]]:
        """How many rows the scans saw, those that did not fit included, and which larger tables were read whole."""
        rows, whole = 0, set[str]()
        for statement, parameters in self.statements:
            if statement.startswith(("SELECT", "WITH")) and "INSERT" not in statement and "UPDATE" not in statement:
                for scan in _scans(_plan(database, statement, parameters)):
                    seen = round((scan["Actual Rows"] + scan.get("Rows Removed by Filter", 0)) * scan["Actual Loops"])
                    rows += seen + scan.get("Rows Removed by Index Recheck", 0)
                    if scan["Node Type"] == "Seq Scan" and seen > FEW:
                        whole.add(scan["Relation Name"])
        return rows, whole


def _plan(database: Database, statement: str, parameters: object) -> Mapping[str, Any]:
    with database.never_kept() as tx:
        driver: Any = tx.connection.driver_connection
        ((found,),) = driver.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters).fetchall()
    plan: Mapping[str, Any] = found[0]["Plan"]
    return plan


def _scans(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if "Relation Name" in plan:
        yield plan
    for part in plan.get("Plans", ()):
        yield from _scans(part)
