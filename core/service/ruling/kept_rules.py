"""What is kept of rules that administrators save, and why a save is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from ...contracts.errors import KeybackError
from ...contracts.settings_events import RulesSaved
from ...db.session import Transaction, after_commit
from ...db.settings_history import Saved
from ...recovery.differences import Difference
from ...recovery.flaws import Fault, Flaw
from ...recovery.weaker import Weaker
from ..administrators.actor import Actor
from ..records import Records
from ..reporting.counted import tell
from ..surroundings import Surroundings
from .approvals import said_by

LONGEST_WHY = 300
PAGE = 20
Rules = TypeVar("Rules")


@dataclass(frozen=True, slots=True)
class Kept(Generic[Rules]):
    """Rules as they were saved; version 0 for those that hold before the first save."""

    rules: Rules
    version: int = 0
    at: datetime | None = None
    who: str = field(default="", repr=False)
    why: str = field(default="", repr=False)


class Refused(KeybackError):
    """Rules that cannot work or are not safe; nothing was saved."""

    def __init__(self, flaws: Sequence[Flaw]) -> None:
        super().__init__("; ".join(map(str, flaws)))
        self.flaws = tuple(flaws)


class NeedsSecond(KeybackError):
    """A second administrator must agree; nothing was saved."""

    def __init__(self, weaker: Sequence[Weaker]) -> None:
        super().__init__("; ".join(f"{one.policy}: {one.weakness}" for one in weaker))
        self.weaker = tuple(weaker)


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody wants to save, made from version `after`. `organisation`: its name, typed by whoever answers for
    what standards advise against."""

    actor: Actor
    why: str
    after: int
    organisation: str = ""

    def line(self) -> str:
        """Why, on one line. Raises Refused without it: in a year nobody remembers."""
        why = " ".join(self.why.split())
        if not 1 <= len(why) <= LONGEST_WHY or not why.isprintable():
            raise Refused([Flaw(Fault.NO_WHY, "why", n=LONGEST_WHY)])
        return why


@dataclass(frozen=True, kw_only=True)
class Ledger(Generic[Rules]):
    """The saves of one kind of rules, as they were kept, and the event of each."""

    records: Records
    around: Surroundings
    kind: str
    key: str
    read: Callable[[str], Rules]

    def last(self, tx: Transaction) -> Kept[Rules] | None:
        """The last save; None before the first. Raises SealBroken."""
        newest = self.records.settings.history.newest(tx, self.kind, self.key)
        return self._opened(newest) if newest else None

    def past(self, before: int | None = None) -> tuple[Kept[Rules], ...]:
        """One more save than a page shows, the newest first, so that one sees whether there are older ones."""
        with self.records.db.read() as tx:
            page = self.records.settings.history.page(tx, self.kind, self.key, before=before, most=PAGE + 1)
        return tuple(map(self._opened, page))

    def version(self, number: int) -> Kept[Rules] | None:
        """This save; None where there is none."""
        with self.records.db.read() as tx:
            saved = self.records.settings.history.of(tx, self.kind, self.key, number)
        return self._opened(saved) if saved else None

    def note(self, tx: Transaction, change: Change, version: int, differences: Sequence[Difference]) -> None:
        """Write the event into the transaction of the save, with who did it and why sealed beside it."""
        event = RulesSaved(self.kind, version, tuple(map(str, differences)))
        details = said_by(change.actor, change.line())
        self.records.audit.append(tx, [event], at=self.around.now(), details=details)
        after_commit(tx, lambda: tell(self.around.meter, [event]))

    def _opened(self, saved: Saved) -> Kept[Rules]:
        return Kept(self.read(saved.what), saved.version, saved.at, saved.who, saved.why)
