"""What some days come to, out of daily sums: how many got back in, by what, where they stopped, what messages did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ...contracts.record_events import RecordsExported
from ...db import daily_sums
from ..administrators.actor import Actor
from ..records import Records
from ..ruling.approvals import said_by
from ..surroundings import Surroundings
from . import csv_file
from .ticket_costs import TicketCost, TicketCosts
from .today import PER_DAY, Day, days

# More than a year is two reports.
LONGEST = timedelta(days=400)
# What a provider said in the end; of everything else nobody knows whether it arrived.
ARRIVED, FAILED = "delivered", "failed"


@dataclass(frozen=True, slots=True)
class Funnel:
    """How far people came. `signed_in`: within a day afterwards, as far as this house sees it."""

    asked: int
    proven: int
    got_in: int
    signed_in: int


@dataclass(frozen=True, slots=True)
class MethodUse:
    """How often a method proved it and how often an answer did not; how many added and removed it."""

    method: str
    given: int
    missed: int
    added: int
    removed: int


@dataclass(frozen=True, slots=True)
class Carried:
    """What became of the messages of one kind to one region."""

    medium: str
    region: str
    sent: int
    arrived: int
    failed: int

    @property
    def per_cent(self) -> int | None:
        """Of those of which the provider said how they ended; None where it never does."""
        known = self.arrived + self.failed
        return self.arrived * 100 // known if known else None


@dataclass(frozen=True, slots=True)
class Report:
    """These days. `why_not`: where people stopped whom we know; `nobody`: why a name led nowhere."""

    since: date
    until: date
    days: tuple[Day, ...]
    funnel: Funnel
    methods: tuple[MethodUse, ...]
    why_not: Mapping[str, int]
    nobody: Mapping[str, int]
    dropped: Mapping[str, int]
    messages: tuple[Carried, ...]
    changed: int
    stopped: int


@dataclass(frozen=True, kw_only=True)
class ReportRoom:
    """No report reads the log: a year is a few thousand sums."""

    records: Records
    around: Surroundings

    @property
    def costs(self) -> TicketCosts:
        """What a ticket costs."""
        return TicketCosts(records=self.records, around=self.around)

    def report(self, since: date, until: date) -> Report:
        """Both days included."""
        with self.records.db.read() as tx:
            totals = daily_sums.totals(tx, since, until)
            daily = daily_sums.per_day(tx, since, until, PER_DAY)
        return _report(totals, days(daily, since, until))

    def file(self, actor: Actor, since: date, until: date) -> Iterator[str]:
        """The same sums, day by day, for a spreadsheet."""
        with self.records.db.write() as tx:
            event, now = RecordsExported("report"), self.around.now()
            self.records.audit.append(tx, [event], at=now, details=said_by(actor))
        return self.lines(since, until)

    def lines(self, since: date, until: date) -> Iterator[str]:
        """The file, line by line; who takes it is for others to note."""
        with self.records.db.read() as tx:
            sums = daily_sums.between(tx, since, until)
        rows = [(each.day, each.what, each.label, each.count) for each in sums]
        worth = _worth(sums, self.costs.now().rules, until)
        return csv_file.lines(("day", "what", "label", "count"), (*rows, *worth))


def _worth(sums: Sequence[daily_sums.Sum], cost: TicketCost, until: date) -> Iterator[tuple[object, ...]]:
    """What each day saved, and by what it was reckoned."""
    if not cost.amount:
        return
    got_in: Counter[date] = Counter()
    for each in sums:
        got_in[each.day] += each.count if each.what == "set" else 0
    yield from ((day, "saved", cost.currency, f"{cost.amount * n:.2f}") for day, n in got_in.items() if n)
    yield until, "ticket", cost.currency, f"{cost.amount:.2f}"


def _report(totals: Mapping[tuple[str, str], int], each_day: tuple[Day, ...]) -> Report:
    named = _by_name(totals)
    total = {what: counted.total() for what, counted in named.items()}
    funnel = Funnel(*(total.get(what, 0) for what in ("asked", "proven", "set", "signed-in")))
    return Report(
        since=each_day[0].day,
        until=each_day[-1].day,
        days=each_day,
        funnel=funnel,
        methods=tuple(_methods(named)),
        why_not=_most_first(named, "closed"),
        nobody=_most_first(named, "nobody"),
        dropped=_most_first(named, "dropped"),
        messages=tuple(_carried(named.get("message", Counter()))),
        changed=total.get("changed", 0),
        stopped=total.get("stopped", 0),
    )


def _by_name(totals: Mapping[tuple[str, str], int]) -> dict[str, Counter[str]]:
    named: dict[str, Counter[str]] = {}
    for (what, label), count in totals.items():
        named.setdefault(what, Counter())[label] += count
    return named


def _most_first(named: Mapping[str, Counter[str]], what: str) -> Mapping[str, int]:
    return dict(named.get(what, Counter()).most_common())


def _methods(named: Mapping[str, Counter[str]]) -> Iterator[MethodUse]:
    counted = [named.get(what, Counter()) for what in ("proof", "missed", "added", "removed")]
    given = counted[0]
    for method in sorted({key for each in counted for key in each}, key=lambda key: (-given[key], key)):
        yield MethodUse(method, *(each[method] for each in counted))


def _carried(counted: Counter[str]) -> Iterator[Carried]:
    places: dict[tuple[str, str], Counter[str]] = {}
    for label, count in counted.items():
        medium, region, state = label.split(":", 2)
        places.setdefault((medium, region), Counter())[state] += count
    for (medium, region), states in sorted(places.items(), key=lambda each: -each[1].total()):
        yield Carried(medium, region, states.total(), states[ARRIVED], states[FAILED])
