"""What went wrong with a plugin lately: messages that were not carried, passwords that a directory did not set."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ...contracts.events import PasswordNotSet, PasswordUnknown
from ...db import record_lists
from ...db.deliveries import State
from ...db.record_lists import Row, Span
from ...db.session import Transaction
from ..records import Records
from ..ruling.parts import Part
from ..surroundings import Surroundings

# What is older was mended, or happens again.
LATELY = timedelta(days=7)
MOST = 5
_EVENTS = (PasswordNotSet.name, PasswordUnknown.name)


@dataclass(frozen=True, slots=True)
class Failure:
    """`what`: the event's or the attempt's word for it, and why."""

    at: datetime
    what: str
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Failures:
    """Read from the records by their indexes, and no more than one page of each."""

    records: Records
    around: Surroundings

    def of(self, part: Part) -> Sequence[Failure]:
        """The newest first; none where nobody writes down what this kind fails at."""
        span = Span(self.around.now() - LATELY)
        with self.records.db.read() as tx:
            if part.kind == "channel":
                return self._messages(tx, part.key, span)
            return self._passwords(tx, part.key, span) if part.kind == "store" else ()

    @staticmethod
    def _messages(tx: Transaction, channel: str, span: Span) -> Sequence[Failure]:
        def failed(row: Row) -> bool:
            return bool(row["channel"] == channel and row["state"] == State.FAILED)

        return [
            Failure(row["at"], row["state"], row["why"]) for row in record_lists.messages(tx, span, failed).rows[:MOST]
        ]

    @staticmethod
    def _passwords(tx: Transaction, store: str, span: Span) -> Sequence[Failure]:
        rows = record_lists.events(tx, span, names=_EVENTS).rows
        told = ((row, json.loads(row["data"])) for row in rows)
        found = [
            Failure(row["at"], row["name"], said.get("reason", "")) for row, said in told if said["store"] == store
        ]
        return found[:MOST]
