"""The gate: human check and limits, before anything else is looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network

from ..contracts.errors import KeybackError, MustWait, NotAllowed, PluginError, StoreUnavailable
from ..contracts.human_check import HumanCheck, Widget
from ..contracts.text import Text
from ..db.counters import Count, Mark
from ..db.session import Transaction
from ..recovery import limits
from .calls import Calls
from .records import Records
from .snapshot import Snapshots
from .surroundings import Surroundings

# A solved human check is remembered this long; the check itself lives shorter.
REMEMBERED = timedelta(minutes=30)
# Others behind the same address may start between a page and its form: the effort of then is enough.
TOLERANCE = 10
TRY_AGAIN = Text("The check ran out of time. Press Continue again.")


def system_mark(quota: limits.Quota) -> Mark:
    """The budget of all people together: whoever sprays one guess over many people empties this one (B5)."""
    return Mark(quota.name, "everybody", quota.window)


@dataclass(frozen=True, kw_only=True)
class Gate:
    """Decides who may start. Costs never differ by name (P4), and a counter that cannot be reached means no (P12)."""

    records: Records
    snapshots: Snapshots
    calls: Calls
    around: Surroundings

    def widget(self, address: str) -> Widget:
        """A fresh human check, harder when this source or the whole system is busy."""
        misses, starts = self._counts(address)
        return self._check().widget(self.around.context(), effort=_effort(misses, starts, ahead=1))

    def judge(self, response: Mapping[str, str], address: str) -> str:
        """What names this solution of the human check; asked outside any transaction, for a check may be slow.

        Raises NotAllowed, or MustWait for whoever would be refused anyway: they cost us no check of their solution.
        """
        check, now = self._check(), self.around.now()
        misses, starts = self._counts(address)
        for count in starts:
            verdict = limits.ahead(limits.SOURCE_STARTS, count.count, count.window_start, count.locked_until, now)
            if isinstance(verdict, limits.Wait):
                raise MustWait(verdict.until)
        effort, context = _effort(misses, starts, ahead=-TOLERANCE), self.around.context(seconds=3)
        try:
            humanity = self.calls.ask(check, lambda: check.judge(response, context, effort=effort), 3)
        except PluginError as error:
            raise NotAllowed(TRY_AGAIN) from error
        if not humanity.passed:
            raise NotAllowed(humanity.reason or TRY_AGAIN)
        return humanity.once

    def admit(self, tx: Transaction, once: str, address: str) -> KeybackError | None:
        """Count this start; why it is refused, or None. Not raised here: what was counted must be committed."""
        now = self.around.now()
        counts = self.records.counters.bump(tx, self._source_marks(address), now)
        for count in counts:
            verdict = limits.decide(limits.SOURCE_STARTS, count.count, count.window_start, count.locked_until, now)
            if isinstance(verdict, limits.Wait):
                return MustWait(verdict.until)
        # The same solution twice is a robot that solved once.
        if once and not self.records.counters.spend_once(tx, once, now + REMEMBERED, now):
            return NotAllowed(TRY_AGAIN)
        return None

    def _check(self) -> HumanCheck:
        check = self.snapshots.current.plugins.human_check
        if check is None:
            # Without a working check nobody may start: robots would be the first to notice.
            raise StoreUnavailable("the human check is broken")
        return check

    def _counts(self, address: str) -> tuple[Count, tuple[Count, ...]]:
        """The misses of everybody, and the starts of this source."""
        marks = (system_mark(limits.SYSTEM_MISSES), *self._source_marks(address))
        with self.records.db.read() as tx:
            misses, *starts = self.records.counters.peek(tx, marks, self.around.now())
        return misses, tuple(starts)

    def _source_marks(self, address: str) -> tuple[Mark, ...]:
        """An IPv6 host counts as its /64, because it can choose any address in it."""
        source = ip_address(address)
        if any(source in network for network in self.around.trusted_networks):
            return ()
        width = 32 if source.version == 4 else 64
        network = ip_network(f"{source}/{width}", strict=False)
        return (Mark("starts", str(network), limits.SOURCE_STARTS.window),)


def _effort(misses: Count, starts: Sequence[Count], *, ahead: int) -> int:
    """How hard the check is: by what this source started, and by how much is guessed in the whole system."""
    effort = limits.effort(max(0, max((count.count for count in starts), default=0) + ahead))
    return effort * limits.UNDER_ATTACK if misses.count > limits.SYSTEM_MISSES.most else effort
