"""Wrong answers: counted by person and method, in budgets that every spelling and every page share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ..contracts.errors import MustWait
from ..contracts.events import LimitReached
from ..contracts.method import Factor, Method
from ..db.counters import Count, Mark
from ..db.session import Transaction
from ..recovery import limits
from ..recovery.state import Lane
from .gate import system_mark
from .norms import Norms
from .records import Records
from .surroundings import Surroundings

Budgets = Mapping[Mark, limits.Ladder]


@dataclass(frozen=True, slots=True)
class Miss:
    """What counting one came to. `locked_until`: it was locked before, so that this answer is not to be looked at."""

    locked_until: datetime | None
    reached: tuple[LimitReached, ...] = ()

    def refuse(self) -> None:
        """Raise MustWait if it was locked."""
        if self.locked_until is not None:
            raise MustWait(self.locked_until)


@dataclass(frozen=True, kw_only=True)
class Misses:
    """Counts them. Whoever asks more than once, here or in a recovery, gets no fresh budget by it (F5)."""

    records: Records
    around: Surroundings
    norms: Norms

    def budgets(self, method: Method | None, key: str, who: str, lane: Lane, offer: str = "") -> Budgets:
        """What wrong answers are counted by; what is only known also for ever, until it is registered anew."""
        mine = Mark(f"{limits.SUBJECT_MISSES.name}:{key}:{lane}", who, limits.SUBJECT_MISSES.window)
        if method is None or method.factor is not Factor.KNOWS:
            return {mine: limits.SUBJECT_MISSES}
        ever = limits.KNOWN_MISSES_EVER
        return {mine: limits.KNOWN_MISSES, Mark(f"{ever.name}:{key}", offer, ever.window): ever}

    def refuse_locked(self, tx: Transaction, budgets: Budgets) -> None:
        """Raise MustWait while one of them is used up."""
        counts = self.records.counters.peek(tx, list(budgets), self.around.now())
        Miss(self._locked_until(counts)).refuse()

    def hold(self, tx: Transaction, budgets: Budgets) -> None:
        """The same before something counts as right, and whoever counts a miss of theirs at this moment is waited for:
        of many answers sent at once the right one must not overtake the wrong ones, or all of them were tries for one.
        """
        now, (mine, *others) = self.around.now(), budgets
        counts = self.records.counters.bump(tx, [replace(mine, by=0)], now)
        counts += self.records.counters.peek(tx, others, now) if others else ()
        Miss(self._locked_until(counts)).refuse()

    def count(self, tx: Transaction, budgets: Budgets, *, guessable: bool) -> Miss:
        """One more. Not raised here: what was counted must be committed."""
        now = self.around.now()
        *mine, everybodys = self.records.counters.bump(tx, [*budgets, system_mark(limits.SYSTEM_MISSES)], now)
        # Nothing is refused by it: what is beyond it is taken from the campaigns that expected it.
        self.norms.allow(tx, self.norms.usual(limits.SYSTEM_MISSES), everybodys)
        if (until := self._locked_until(mine)) is not None:
            return Miss(until)
        reached = []
        for (mark, ladder), count in zip(budgets.items(), mine, strict=True):
            verdict = limits.decide(ladder, count.count, count.window_start, None, now)
            # Where nobody could guess in a lifetime, a budget would only keep the owner out (L1).
            if isinstance(verdict, limits.Wait) and guessable:
                self.records.counters.lock(tx, mark, verdict.until, now)
                reached.append(LimitReached(ladder.name))
        return Miss(None, tuple(reached))

    def _locked_until(self, counts: Sequence[Count]) -> datetime | None:
        now = self.around.now()
        return max((c.locked_until for c in counts if c.locked_until and c.locked_until > now), default=None)
