"""How this hour stands to everybody's norms. Looked at between requests: no page asks the database for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..contracts.errors import MustWait
from ..contracts.events import NormExceeded
from ..db.counters import Count, Mark
from ..db.session import Transaction, after_commit
from ..recovery import limits
from ..recovery.limits import Quota
from ..recovery.ordinary import Alert, pausing
from ..recovery.state import Lane
from .norms import Norms
from .records import Records
from .reporting.counted import tell
from .sending.send_limits import EVERYBODY
from .surroundings import Surroundings


class Paused(MustWait):
    """So much is guessed in the whole system that no stranger's guesses are taken; whoever is refused did nothing."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One norm in the hour that is counted now. `norm` is where the first alert begins, with what campaigns add."""

    norm: Quota
    count: Count
    alert: Alert

    @property
    def until(self) -> datetime:
        """When its hour is over."""
        return self.count.window_start + self.norm.window


class Alerts:
    """Every process looks for itself, each second; whoever asks is told what was seen last."""

    def __init__(self, records: Records, around: Surroundings, norms: Norms) -> None:
        self._records = records
        self._around = around
        self._norms = norms
        self._told: set[tuple[str, datetime, Alert]] = set()
        self.standings: tuple[Standing, ...] = ()

    @property
    def alert(self) -> Alert:
        """The highest of them."""
        now = self._around.now()
        return max((each.alert for each in self.standings if now < each.until), default=Alert.CALM)

    def paused_until(self, lane: str) -> datetime | None:
        """Until when no guess is taken from this lane; None where it is. Only strangers are ever paused."""
        now = self._around.now()
        ends = [each.until for each in self.standings if each.alert is Alert.PAUSED and now < each.until]
        return max(ends, default=None) if lane == Lane.UNKNOWN_BROWSER else None

    def look(self, now: datetime) -> None:
        """See how it stands by now."""
        self._norms.learn(now)
        ceilings = (limits.SYSTEM_MISSES, limits.SYSTEM_SENDS)
        with self._records.db.read() as tx:
            marks = [Mark(each.name, EVERYBODY, each.window) for each in ceilings]
            counts = self._records.counters.peek(tx, marks, now)
            each = zip(ceilings, counts, strict=True)
            self.standings = tuple(self._standing(tx, self._norms.usual(ceiling), count) for ceiling, count in each)

    def tell(self, now: datetime) -> None:
        """Say of each alert once in its hour that it began, whichever process does."""
        alerts = (Alert.RAISED, Alert.PAUSED)
        begun = {(one.norm.name, one.count.window_start, each)
                 for one in self.standings for each in alerts if one.alert >= each}  # fmt: skip
        for name, since, alert in sorted(begun - self._told):
            with self._records.db.write() as tx:
                said = f"said:{name}:{int(alert)}:{since.isoformat()}"
                if self._records.counters.spend_once(tx, said, now + limits.HOUR, now):
                    self._say(tx, NormExceeded(name, int(alert)))
        self._told = begun

    def _standing(self, tx: Transaction, norm: Quota, count: Count) -> Standing:
        # Campaigns only add: below the norm as it is without them nothing changes by asking.
        first, second = norm, pausing(norm)
        if count.count > first.most:
            first, second = (self._norms.raised(tx, each) for each in (first, second))
        beyond = [alert for alert, each in ((Alert.RAISED, first), (Alert.PAUSED, second)) if count.count > each.most]
        return Standing(first, count, max(beyond, default=Alert.CALM))

    def _say(self, tx: Transaction, event: NormExceeded) -> None:
        """About nobody in particular, so without a recovery."""
        self._records.audit.append(tx, [event], at=self._around.now())
        after_commit(tx, lambda: tell(self._around.meter, [event]))
