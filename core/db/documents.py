"""What is public and kept whole: rules before the first proof, what decoys are made from, and how the house looks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from . import sealed
from .sealing import Keyring
from .settings_history import Saved, SettingsHistory
from .settings_rows import SettingsRows, replacing, with_version
from .tables import public_rules as table

PUBLIC_RULES = "public_rules"
_all = with_version(table)
_put = replacing(table, "key")


@dataclass(frozen=True, slots=True)
class Document:
    """One row, and what the history calls its saves."""

    row: str
    kind: str
    key: str = ""


HOUSE = Document("house", PUBLIC_RULES, "house")
DECOYS = Document("decoys", PUBLIC_RULES, "decoys")


@dataclass(frozen=True, slots=True)
class By:
    """Who saves it, when and why."""

    who: str = field(repr=False)
    why: str = field(repr=False)
    at: datetime


class Documents:
    """One row each, sealed and counted like all that administrators decide; every save is one version."""

    def __init__(self, keyring: Keyring, rows: SettingsRows, history: SettingsHistory) -> None:
        self._keyring = keyring
        self._rows = rows
        self._history = history

    def get(self, tx: Connection, document: Document) -> str | None:
        """As it was saved last; None before the first save. Raises SealBroken."""
        rows = self._rows.checked(tx, sealed.PUBLIC_RULES_ROW, _all)
        return next((row["rules"] for row in rows if row["key"] == document.row), None)

    def save(
        self,
        tx: Connection,
        document: Document,
        what: str,
        by: By,
        *,
        after: int | None = None,
        remembered: str | None = None,
    ) -> int:
        """Keep it; returns the new version. `remembered`: what the history keeps, where that is not all of it.

        Raises SavedMeanwhile where `after` is not its last save any more.
        """
        version = self._rows.begin(tx, document.kind, document.key, after)
        saved = Saved(version, by.at, by.who, by.why, what if remembered is None else remembered)
        self._history.add(tx, document.kind, document.key, saved)
        # Who and why stand in the history, encrypted.
        row: dict[str, Any] = {"key": document.row, "rules": what, "version": version, "who": "", "why": ""}
        tx.execute(_put.on(tx), row | {"seal": sealed.PUBLIC_RULES_ROW.seal(self._keyring, row)})
        return self._rows.end(tx, version)
