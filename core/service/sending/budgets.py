"""What texts and calls may cost: who gets how many, and when it is too much for everybody together (C1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from ...contracts.events import Event, LimitNear, LimitReached, RegionSwitchedOff
from ...db.counters import Count, Mark
from ...db.session import Transaction, after_commit
from ...recovery.limits import DAY, NUMBER_SENDS, Quota
from ...recovery.state import Lane
from ..norms import Norms
from ..records import Records
from ..reporting.counted import tell
from ..surroundings import Surroundings
from .numbers import Number
from .send_limits import ADDING_LANE

# The last digits that a range of numbers leaves open: fraud is paid for by the range.
RANGE_DIGITS = 4
# Below this many nothing can be told; below one in so many, people are not what asks for codes.
FEWEST_SENDS, ONE_IN = 20, 10
# Codes are typed back some minutes after they were sent, or not at all.
SETTLED, WATCHED = timedelta(minutes=10), timedelta(minutes=60)
SWITCHED_OFF = timedelta(hours=12)
EVERYBODY = "everybody"
# Where codes may be asked for by somebody who has shown nothing yet, or goes to whichever number they like.
WATCHED_LANES = frozenset({Lane.UNKNOWN_BROWSER, ADDING_LANE})


@dataclass(frozen=True, slots=True)
class Cost:
    """One message as the budgets see it. `notice`: nobody asked for it, so only what everybody shares may stop it.

    `times`: as how many it counts for its range, its region and everybody; it costs what it costs. `lane`: whose share.
    """

    medium: str
    number: Number = field(repr=False)
    price: int
    notice: bool = False
    times: int = 1
    lane: str = ""


@dataclass(frozen=True, kw_only=True)
class Budgets:
    """Asked where a message is about to leave: what goes to nobody costs nothing, and uses nothing up."""

    records: Records
    around: Surroundings
    norms: Norms

    def take(self, tx: Transaction, cost: Cost) -> str:
        """Count one message; the name of the budget that forbids it, or nothing.

        What is forbidden is taken back, in the same transaction: what a narrow budget forbids must not use a wide one
        up, or a stranger who asks for the same number a thousand times would stop everybody's.
        """
        wanted, now = self._wanted(cost), self.around.now()
        # Only looked at, in the same statement: it counts nothing.
        off = replace(region_off(cost.medium, cost.number.region, cost.lane), by=0)
        *after, switched = self.records.counters.bump(tx, [*wanted, off], now)
        raised = {mark: self.norms.raised(tx, quota) for mark, quota in wanted.items()}
        is_off = switched.locked_until is not None and switched.locked_until > now and not cost.notice
        full = f"{cost.medium}-region-off" if is_off else _first_over(raised, after)
        if full := full or self._use_up(tx, wanted, after):
            self.records.counters.bump(tx, [replace(mark, by=-mark.by) for mark in wanted], now)
            return full
        self._say(tx, [event for (mark, quota), count in zip(raised.items(), after, strict=True)
                       for event in _crossed(mark, quota, count)])  # fmt: skip
        return ""

    def watch(self) -> None:
        """Switch off what hardly anybody answers: the codes go somewhere, but not to our people.

        For those alone who asked: a stranger who knows numbers and never answers stops strangers, and neither known
        browsers nor whoever proves something else first.
        """
        now = self.around.now()
        with self.records.db.read() as tx:
            seen = self.records.deliveries.conversions(tx, now - SETTLED - WATCHED, now - SETTLED)
        for each in seen:
            if each.lane in WATCHED_LANES and each.sent >= FEWEST_SENDS and each.used * ONE_IN < each.sent:
                self._switch_off(each.medium, each.region, each.lane)

    def _switch_off(self, medium: str, region: str, lane: str) -> None:
        mark, now = region_off(medium, region, lane), self.around.now()
        with self.records.db.write() as tx:
            (count,) = self.records.counters.peek(tx, [mark], now)
            if count.locked_until is None:
                self.records.counters.lock(tx, mark, now + SWITCHED_OFF, now)
                self._say(tx, [RegionSwitchedOff(medium, region, lane)])

    def _use_up(self, tx: Transaction, wanted: Mapping[Mark, Quota], counts: Sequence[Count]) -> str:
        """What is beyond a norm is a campaign's; the name of the budget for which none has any left."""
        each = zip(wanted.items(), counts, strict=True)
        return next((quota.name for (mark, quota), count in each
                     if not self.norms.allow(tx, quota, count, mark.by)), "")  # fmt: skip

    def _wanted(self, cost: Cost) -> Mapping[Mark, Quota]:
        quotas = self.around.rules_of(cost.medium).quotas(cost.medium)
        number, region = cost.number.e164, cost.number.region
        subjects = (number[:-RANGE_DIGITS], region, EVERYBODY, EVERYBODY)
        each = zip(quotas, subjects, strict=True)
        wanted = {Mark(quota.name, of, quota.window, cost.times): quota for quota, of in each}
        *counted, (day, of_day), (money, of_money) = wanted.items()
        shared = {day: of_day, replace(money, by=cost.price): of_money}
        if cost.notice:
            return shared
        return {Mark(NUMBER_SENDS.name, number, NUMBER_SENDS.window): NUMBER_SENDS, **dict(counted), **shared}

    def _say(self, tx: Transaction, events: Sequence[Event]) -> None:
        """About nobody in particular, so without a recovery."""
        if events:
            self.records.audit.append(tx, events, at=self.around.now())
            after_commit(tx, lambda: tell(self.around.meter, events))


def region_off(medium: str, region: str, lane: str) -> Mark:
    """By whose lock a region gets no messages from this lane."""
    return Mark("region-off", f"{medium}:{region}:{lane}", DAY)


def _first_over(wanted: Mapping[Mark, Quota], counts: Sequence[Count]) -> str:
    each = zip(wanted.values(), counts, strict=True)
    return next((quota.name for quota, count in each if count.count > quota.most), "")


def _crossed(mark: Mark, quota: Quota, count: Count) -> list[Event]:
    """What this very message changed: each is said once in a window, however many processes count."""
    events: list[Event] = []
    if mark.subject == EVERYBODY and count.count - mark.by < quota.most / 2 <= count.count:
        events.append(LimitNear(quota.name))
    if count.count <= quota.most < count.count + mark.by:
        events.append(LimitReached(quota.name))
    return events
