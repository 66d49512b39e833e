"""Today in numbers, beside the usual: what an administrator sees first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from statistics import median

from ...db import daily_sums
from ...db.counters import Mark
from ...db.daily_sums import Sum
from ...db.session import Transaction
from ..norms import Norms
from ..records import Records
from ..sending.budgets import EVERYBODY, WATCHED_LANES, region_off
from ..sending.media import PARTS, PHONE_MEDIA
from ..sending.numbers import regions
from ..surroundings import Surroundings
from .tally import EDGES

WEEKS, DAYS_SHOWN = 8, 14
# What is shown of each day: who got back in, who did not finish, who asked, and who proved it.
PER_DAY = ("set", "closed", "asked", "proven")
# Of so many answers of a hundred it is said how quick they are.
OF_A_HUNDRED = 95


@dataclass(frozen=True, slots=True)
class Day:
    """How many got back in, and how many of those whom we know did not finish; before that, how many asked at all and
    how many proved who they are."""

    day: date
    finished: int
    not_finished: int
    asked: int = 0
    proven: int = 0


@dataclass(frozen=True, slots=True)
class Budget:
    """How much of what everybody shares is used up. `kind`: how many, or money in your currency."""

    medium: str
    kind: str
    used: float
    most: float


@dataclass(frozen=True, slots=True)
class LockedOut:
    """How many names or people must wait before they may answer again, and when the last of them may."""

    count: int = 0
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """A directory's answers today: 95 of 100 came within `seconds`; None: not even within the longest we wait."""

    store: str
    count: int
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Today:
    """Everything at one moment. `usual`: the median of the same weekday; None before there was one."""

    day: date
    back_in: int
    usual: int | None
    not_finished: int
    why_not: Mapping[str, int]
    locked_out: LockedOut
    answers: tuple[Answers, ...]
    budgets: tuple[Budget, ...]
    days: tuple[Day, ...] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class TodaysNumbers:
    """Reads daily sums and a few counters: as quick after ten million events as after ten."""

    records: Records
    around: Surroundings

    def now(self) -> Today:
        """As it stands at this moment."""
        now = self.around.now()
        day = now.astimezone(UTC).date()
        with self.records.db.read() as tx:
            sums = daily_sums.between(tx, day, day)
            daily = daily_sums.per_day(tx, day - timedelta(weeks=WEEKS), day, PER_DAY)
            locked, budgets = self._locked_out(tx, now), self._budgets(tx, now)
        finished, why_not = _per_day(daily, "set"), _reasons(sums)
        return Today(
            day=day,
            back_in=finished[day],
            usual=_usual(finished, day),
            not_finished=sum(why_not.values()),
            why_not=why_not,
            locked_out=locked,
            answers=_answers(sums),
            budgets=budgets,
            days=days(daily, day - timedelta(days=DAYS_SHOWN - 1), day),
        )

    def _locked_out(self, tx: Transaction, now: datetime) -> LockedOut:
        # A region that is switched off is locked by the same counters, and is nobody.
        off = [region_off(medium, each.code, lane)
               for medium in PHONE_MEDIA for each in regions() for lane in WATCHED_LANES]  # fmt: skip
        locked = self.records.counters.locked(tx, now, off)
        return LockedOut(len(locked), locked[0]) if locked else LockedOut()

    def _budgets(self, tx: Transaction, now: datetime) -> tuple[Budget, ...]:
        """Of the media that a channel carries or somebody set up."""
        shared = {}
        for medium in PHONE_MEDIA:
            if medium in self.around.media:
                *_, day, money = self.around.rules_of(medium).quotas(medium)
                shared[medium, "count"] = (day, 1)
                shared[medium, "money"] = (money, PARTS)
        if not shared:
            return ()
        norms = Norms(self.records, self.around)
        shared = {name: (norms.raised(tx, quota), parts) for name, (quota, parts) in shared.items()}
        marks = [Mark(quota.name, EVERYBODY, quota.window) for quota, _ in shared.values()]
        counts = self.records.counters.peek(tx, marks, now)
        each = zip(shared.items(), counts, strict=True)
        return tuple(
            Budget(medium, kind, count.count / parts, quota.most / parts)
            for ((medium, kind), (quota, parts)), count in each
        )


def days(sums: Sequence[Sum], since: date, until: date) -> tuple[Day, ...]:
    """Every day of these, also those on which nothing happened."""
    each = [_per_day(sums, what) for what in PER_DAY]
    span = (since + timedelta(days=number) for number in range((until - since).days + 1))
    return tuple(Day(day, *(counted[day] for counted in each)) for day in span)


def _per_day(sums: Sequence[Sum], what: str) -> Counter[date]:
    counted: Counter[date] = Counter()
    for each in sums:
        if each.what == what:
            counted[each.day] += each.count
    return counted


def _reasons(sums: Sequence[Sum]) -> Mapping[str, int]:
    """Of one day, the most frequent first."""
    reasons = Counter({each.label: each.count for each in sums if each.what == "closed"})
    return dict(reasons.most_common())


def _usual(finished: Counter[date], day: date) -> int | None:
    """Of the same weekdays since the first day of which we know anything."""
    earlier = [known for known in finished if known < day]
    if not earlier:
        return None
    before = [day - timedelta(weeks=week) for week in range(1, WEEKS + 1)]
    same = [finished[each] for each in before if each >= min(earlier)]
    return round(median(same)) if same else None


def _answers(sums: Sequence[Sum]) -> tuple[Answers, ...]:
    stores: dict[str, Counter[str]] = {}
    for each in sums:
        if each.what.startswith("answer:"):
            stores.setdefault(each.what.removeprefix("answer:"), Counter())[each.label] += each.count
    return tuple(Answers(store, spans.total(), _most_within(spans)) for store, spans in sorted(stores.items()))


def _most_within(spans: Counter[str]) -> float | None:
    so_far = 0
    for edge in EDGES:
        so_far += spans[edge]
        if so_far * 100 >= spans.total() * OF_A_HUNDRED:
            return float(edge)
    return None
