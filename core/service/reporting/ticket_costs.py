"""What one call to the help desk costs, as an administrator said it: reports reckon in it what was saved."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from pydantic import TypeAdapter

from ...db.documents import By, Document
from ...recovery.differences import between_values
from ..records import Records
from ..ruling.kept_rules import Change, Kept, Ledger
from ..surroundings import Surroundings

DOCUMENT = Document("ticket", "ticket")
CENT, MOST = Decimal("0.01"), 100_000
CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class TicketCost:
    """Nothing until somebody says it. `currency`: its three letters (ISO 4217)."""

    amount: Decimal = Decimal(0)
    currency: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError for what no report could reckon with, whoever says it."""
        if not 0 <= self.amount <= MOST or self.amount != self.amount.quantize(CENT):
            raise ValueError(f"an amount of 0 to {MOST} is needed, with two decimals at most")
        if not (CURRENCY.fullmatch(self.currency) if self.amount else self.currency == ""):
            raise ValueError("an amount has the three capital letters of its currency, and nothing has none")

    def __str__(self) -> str:
        return f"{self.amount.quantize(CENT)} {self.currency}"

    def of(self, tickets: int) -> str:
        """What so many cost: in whole units, for it is no more than an estimate."""
        return f"{self.amount * tickets:.0f} {self.currency}"


_COST: TypeAdapter[TicketCost] = TypeAdapter(TicketCost)


@dataclass(frozen=True, kw_only=True)
class TicketCosts:
    """Kept with who said it, when and why, like all that administrators decide."""

    records: Records
    around: Surroundings

    @property
    def ledger(self) -> Ledger[TicketCost]:
        """The saves so far."""
        return Ledger(
            records=self.records,
            around=self.around,
            kind=DOCUMENT.kind,
            key=DOCUMENT.key,
            read=_COST.validate_json,
        )

    def now(self) -> Kept[TicketCost]:
        """What holds."""
        with self.records.db.read() as tx:
            return self.ledger.last(tx) or Kept(TicketCost())

    def save(self, cost: TicketCost, change: Change) -> int:
        """Keep it; returns the version. Raises Refused without a reason, or SavedMeanwhile."""
        by = By(change.actor.name, change.line(), self.around.now())
        with self.records.db.write() as tx:
            before = self.ledger.last(tx) or Kept(TicketCost())
            what, documents = _COST.dump_json(cost).decode(), self.records.settings.documents
            version = documents.save(tx, DOCUMENT, what, by, after=change.after)
            self.ledger.note(tx, change, version, between_values(before.rules, cost))
        return version
