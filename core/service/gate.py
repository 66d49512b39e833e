"""The gate: human check and limits, before anything else is looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache, partial
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TypeAlias

from ..contracts.errors import KeybackError, MustWait, NotAllowed, PluginError, StoreUnavailable
from ..contracts.human_check import HumanCheck, Humanity, Part, Widget
from ..contracts.text import Text
from ..db.counters import Count, Mark
from ..db.session import Transaction
from ..figures import HUMAN_CHECKS
from ..recovery import limits
from ..recovery.ordinary import Alert
from .alerts import Alerts
from .calls import Calls
from .drawn import Drawn
from .norms import Norms
from .records import Records
from .snapshot import Snapshots
from .surroundings import Surroundings

# A solved human check is remembered this long; the check itself lives shorter.
REMEMBERED = timedelta(minutes=30)
# Others behind the same address may start between a page and its form: the effort of then is enough.
TOLERANCE = 10
# A person waits for a picture or a sound. Whoever asks for thousands is only in the way of the check that draws them.
PART_SECONDS = 3
JUDGE_SECONDS = 3
# Whose budgets are everybody's together.
EVERYBODY = "everybody"
TRY_AGAIN = Text("The check ran out of time. Press Continue again.")


class NotHuman(NotAllowed):
    """A human check that was not passed: said at the check, where it has a field of its own.

    `effort`: how hard the next one is, where that is known already; else 0.
    """

    def __init__(self, reason: Text, effort: int = 0) -> None:
        super().__init__(reason)
        self.effort = effort


class Busy(MustWait):
    """What all people together may do is used up: nobody in particular did too much."""


@dataclass(frozen=True, slots=True)
class Passed:
    """What names this solution, and whether a program could have found it about as easily."""

    once: str
    weak: bool


Budget: TypeAlias = tuple[limits.Quota, Mark]


def system_mark(quota: limits.Quota) -> Mark:
    """The budget of all people together: whoever sprays one guess over many people empties this one (B5)."""
    return Mark(quota.name, EVERYBODY, quota.window)


@dataclass(frozen=True, kw_only=True)
class Gate:
    """Decides who may start. Costs never differ by name (P4), and a counter that cannot be reached means no (P12)."""

    records: Records
    snapshots: Snapshots
    calls: Calls
    around: Surroundings
    norms: Norms
    alerts: Alerts
    drawn: Drawn = field(default_factory=Drawn)

    @property
    def has_alternative(self) -> bool:
        """Whether there is a second check, for browsers without scripts and for whoever wishes."""
        return len(self._checks()) > 1

    def widget(self, address: str, *, alternative: bool = False, refused: NotAllowed | None = None) -> Widget:
        """A fresh human check, harder when this source or the whole system is busy.

        Whoever was just `refused` for the last one had their counters read for it: they are not read again.
        """
        check = self._checks()[-1 if alternative else 0]
        known = refused.effort if isinstance(refused, NotHuman) else 0
        effort = known or self._effort(self._peek(self._starts_of(address)), ahead=1)
        return check.widget(self.around.context(), effort=effort)

    def part(self, name: str, address: str) -> Part | None:
        """A picture or a sound of a widget that was shown; None if no check of ours knows it. Raises MustWait.

        Drawing one costs a hundred times a page, so what strangers have drawn is counted before.
        """
        context = self.around.context(seconds=PART_SECONDS)
        check = next((check for check in self._checks() if check.knows(name, context)), None)
        if check is None:
            return None
        if drawn := self.drawn.get(name):
            return drawn
        self._spend(address, limits.SOURCE_DRAWINGS, limits.SYSTEM_DRAWINGS)
        try:
            part = self.calls.ask(check, partial(check.part, name, context), PART_SECONDS)
        except PluginError as error:
            raise StoreUnavailable(str(error)) from error
        return self.drawn.keep(name, part) if part else None

    def judge(self, response: Mapping[str, str], address: str) -> Passed:
        """What names this solution of the human check; asked outside any transaction, for a check may be slow.

        Raises NotHuman, or MustWait for whoever would be refused anyway: they cost us no check of their solution.
        """
        check = self._answered(response)
        budgets = [*self._of_source(address, *_of_start(weak=check.weak)), *_of_everybody(weak=check.weak)]
        counts = self._peek([*_marks(budgets), *self._starts_of(address)])
        self._refuse_early(budgets, counts)
        effort, of_next = self._effort(counts, ahead=-TOLERANCE), self._effort(counts, ahead=1)
        context = self.around.context(seconds=JUDGE_SECONDS)
        try:
            humanity = self._judged(check, partial(check.judge, response, context, effort=effort))
        except PluginError as error:
            raise NotHuman(TRY_AGAIN, of_next) from error
        self.around.meter.count(HUMAN_CHECKS, check.key, "passed" if humanity.passed else "failed")
        if not humanity.passed:
            self._use_up(check, humanity, address)
            raise NotHuman(humanity.reason or TRY_AGAIN, of_next)
        return Passed(humanity.once, check.weak)

    def admit(self, tx: Transaction, passed: Passed, address: str) -> KeybackError | None:
        """Count this start; why it is refused, or None. Not raised here: what was counted must be committed."""
        of_source, now = self._of_source(address, *_of_start(weak=passed.weak)), self.around.now()
        marks = [*_marks(of_source), *_solution(passed.once)]
        counts = self.records.counters.bump(tx, marks, now)
        refusal = self._refusal(tx, of_source, counts)
        # The same solution twice is a robot that solved once.
        if not refusal and passed.once and counts[-1].count > 1:
            return NotHuman(TRY_AGAIN)
        # Last: whoever was refused already must not empty what is everybody's.
        return refusal or self._count(tx, _of_everybody(weak=passed.weak))

    def admit_departure(self, address: str) -> None:
        """Count somebody who sets out to sign in: a link does that, and it leaves a row behind. Raises MustWait."""
        self._spend(address, limits.SOURCE_SIGN_INS, limits.SYSTEM_SIGN_INS)

    def _checks(self) -> tuple[HumanCheck, ...]:
        """The chosen one first."""
        checks = tuple(self.snapshots.current.plugins.human_checks.values())
        if not checks:
            # Without a working check nobody may start: robots would be the first to notice.
            raise StoreUnavailable("the human check is broken")
        return checks

    def _answered(self, response: Mapping[str, str]) -> HumanCheck:
        """The check whose fields came. Two at once is no page of ours: the weaker must not vouch for the other."""
        checks = self._checks()
        answered = [check for check in checks if check.fields & response.keys()]
        if len(answered) > 1:
            raise NotHuman(TRY_AGAIN)
        return answered[0] if answered else checks[0]

    def _judged(self, check: HumanCheck, judge: Callable[[], Humanity]) -> Humanity:
        # To hand it to a thread and wait for that costs several times what our own checks compute.
        return self.calls.ask(check, judge, JUDGE_SECONDS) if check.remote else judge()

    def _refuse_early(self, budgets: Sequence[Budget], counts: Mapping[Mark, Count]) -> None:
        now = self.around.now()
        for quota, mark in budgets:
            count = counts[mark]
            raised = self._raised(quota) if count.count >= quota.most else quota
            verdict = limits.ahead(raised, count.count, count.window_start, count.locked_until, now)
            if isinstance(verdict, limits.Wait):
                raise _wait(mark, verdict.until)

    def _use_up(self, check: HumanCheck, failed: Humanity, address: str) -> None:
        """A wrong answer uses its task up, so that nobody tries a thousand answers on one picture."""
        if not failed.once:
            return
        tries = self._source_marks(address, (limits.WEAK_SOURCE_TRIES,)) if check.weak else ()
        self.records.counters.count(self.records.db, [*_solution(failed.once), *tries], self.around.now())

    def _spend(self, address: str, source: limits.Quota, system: limits.Quota) -> None:
        of_source = self._of_source(address, source)
        of_everybody: list[Budget] = [(system, system_mark(system))]
        both = [*of_source, *of_everybody]
        self._refuse_early(both, self._peek(_marks(both)))
        with self.records.db.write() as tx:
            refusal = self._count(tx, of_source) or self._count(tx, of_everybody)
        if refusal is not None:
            raise refusal

    def _starts_of(self, address: str) -> tuple[Mark, ...]:
        return self._source_marks(address, (limits.SOURCE_STARTS,))

    def _peek(self, marks: Sequence[Mark]) -> dict[Mark, Count]:
        each = list(dict.fromkeys(marks))
        return dict(zip(each, self.records.counters.look(self.records.db, each, self.around.now()), strict=True))

    def _count(self, tx: Transaction, budgets: Sequence[Budget]) -> MustWait | None:
        return self._refusal(tx, budgets, self.records.counters.bump(tx, _marks(budgets), self.around.now()))

    def _refusal(self, tx: Transaction, budgets: Sequence[Budget], counts: Sequence[Count]) -> MustWait | None:
        """The first of these budgets that is used up. More may have been counted beside them."""
        now = self.around.now()
        for (quota, mark), count in zip(budgets, counts, strict=False):
            verdict = limits.decide(quota, count.count, count.window_start, count.locked_until, now)
            if not isinstance(verdict, limits.Wait):
                continue
            # Within the norm it is a lock that says so, and no campaign opens a lock.
            if count.count <= quota.most or not self.norms.allow(tx, quota, count):
                return _wait(mark, verdict.until)
        return None

    def _raised(self, norm: limits.Quota) -> limits.Quota:
        with self.records.db.read() as tx:
            return self.norms.raised(tx, norm)

    def _effort(self, counts: Mapping[Mark, Count], *, ahead: int) -> int:
        """How hard the check is: by what this source started, and by how far the whole system is beyond its norms."""
        starts = [count.count for mark, count in counts.items() if mark.budget == limits.SOURCE_STARTS.name]
        effort = limits.effort(max(0, max(starts, default=0) + ahead))
        return effort * limits.UNDER_ATTACK if self.alerts.alert >= Alert.RAISED else effort

    def _of_source(self, address: str, *quotas: limits.Quota) -> list[Budget]:
        """What a source is counted against; a trusted network has no marks."""
        return list(zip(quotas, self._source_marks(address, quotas), strict=False))

    def _source_marks(self, address: str, quotas: tuple[limits.Quota, ...]) -> tuple[Mark, ...]:
        """An IPv6 host counts as its /64, because it can choose any address in it."""
        source, network = source_of(address)
        if any(source in trusted for trusted in self.around.trusted_networks):
            return ()
        return tuple(Mark(quota.name, network, quota.window) for quota in quotas)


@lru_cache(maxsize=1024)
def source_of(address: str) -> tuple[IPv4Address | IPv6Address, str]:
    """The address, and the network that it counts as. One request asks several times."""
    source = ip_address(address)
    return source, f"{source}/32" if source.version == 4 else str(ip_network(f"{source}/64", strict=False))


def _of_start(*, weak: bool) -> tuple[limits.Quota, ...]:
    return (limits.SOURCE_STARTS, limits.WEAK_SOURCE_TRIES) if weak else (limits.SOURCE_STARTS,)


def _of_everybody(*, weak: bool) -> list[Budget]:
    return [(limits.WEAK_SYSTEM_STARTS, system_mark(limits.WEAK_SYSTEM_STARTS))] if weak else []


def _marks(budgets: Sequence[Budget]) -> list[Mark]:
    return [mark for _, mark in budgets]


def _solution(once: str) -> list[Mark]:
    """Counted with the rest, in the same statement: whoever is the first to bring it counts one."""
    return [Mark("solution", once, REMEMBERED)] if once else []


def _wait(mark: Mark, until: datetime) -> MustWait:
    return Busy(until) if mark.subject == EVERYBODY else MustWait(until)
