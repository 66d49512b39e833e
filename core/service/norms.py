"""Everybody's norms as they are now: learned from days, and raised while people come because of a campaign."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from ..db import daily_sums
from ..db.campaigns import Kind, Plan, State
from ..db.counters import Count, Mark
from ..db.daily_sums import Sum
from ..db.sealing import SealBroken
from ..db.session import Transaction
from ..recovery import limits
from ..recovery.limits import Quota
from ..recovery.norms import OF_A_RESET, OF_AN_INVITATION, RAISED, Caused, Expected, raised
from ..recovery.ordinary import learned
from .records import Records
from .sending.media import PARTS
from .surroundings import Surroundings

log = logging.getLogger(__name__)

# Campaigns are not looked up for each message: one that was stopped raises nothing this soon.
LOOK_EVERY = timedelta(seconds=5)
# Everybody's turn has come, but people come when they sign in next. Stopped by anything else, nobody is expected.
STILL_COMING = frozenset({"all", "number"})
# Long enough to bring a norm from its ceiling to its floor, and back.
LEARNED_FROM, LEARN_EVERY = timedelta(days=90), timedelta(hours=1)
# What is counted of each day of what a norm counts by the hour: by the first of these it is known that days are counted
# at all. Each password that is tried counts, right or wrong, where there is somebody whose it could be.
OF_A_DAY: Mapping[str, tuple[str, tuple[str, ...]]] = {
    limits.SYSTEM_MISSES.name: ("asked", ("missed", "change-missed", "changed", "person-missed")),
    limits.SYSTEM_SENDS.name: ("sent", ("sent", "dropped")),
}


class Norms:
    """Asked by whoever counts for everybody together. What goes beyond a norm uses up the number of every campaign
    that is open then, so that two of them never add up to more than either said."""

    def __init__(self, records: Records, around: Surroundings) -> None:
        self._records = records
        self._around = around
        self._looked: tuple[datetime, tuple[Expected, ...]] | None = None
        self._learned: tuple[datetime, Mapping[str, Sequence[int]]] | None = None

    def learn(self, now: datetime) -> None:
        """Look through the last days, now and then, so that no page has to."""
        if self._learned is not None and now < self._learned[0] + LEARN_EVERY:
            return
        today = now.astimezone(UTC).date()
        since = today - LEARNED_FROM
        whats = sorted({what for began, counted in OF_A_DAY.values() for what in (began, *counted)})
        with self._records.db.read() as tx:
            sums = daily_sums.per_day(tx, since, today - timedelta(days=1), whats)
        self._learned = now, {name: _days(sums, *known, today) for name, known in OF_A_DAY.items()}

    def usual(self, ceiling: Quota) -> Quota:
        """What was learned of this norm by now; its ceiling until there is something to learn from."""
        return learned(ceiling, self._learned[1][ceiling.name]) if self._learned else ceiling

    def raised(self, tx: Transaction, norm: Quota) -> Quota:
        """This norm as it is now."""
        claims = self._claims(tx, norm)
        if not claims:
            return norm
        used = self._records.counters.peek(tx, [_used(one, norm) for one in claims], self._around.now())
        return raised(norm, [(one, count.count) for one, count in zip(claims, used, strict=True)])

    def allow(self, tx: Transaction, norm: Quota, count: Count, by: int = 1) -> bool:
        """Whether what was just counted is within it. What is beyond the norm itself is a campaign's, and used up."""
        if count.count <= norm.most:
            return True
        if count.count > self.raised(tx, norm).most:
            return False
        claims = self._claims(tx, norm)
        used = self._records.counters.bump(tx, [_used(one, norm, by) for one in claims], self._around.now())
        return any(count.count <= one.in_all(norm) for one, count in zip(claims, used, strict=True))

    def _claims(self, tx: Transaction, norm: Quota) -> Sequence[Expected]:
        now = self._around.now()
        return [one for one in self._expected(tx, now) if one.is_open(now) and one.in_window(norm)]

    def _expected(self, tx: Transaction, now: datetime) -> tuple[Expected, ...]:
        if self._looked is None or abs(now - self._looked[0]) >= LOOK_EVERY:
            self._looked = (now, self._look(tx))
        return self._looked[1]

    def _look(self, tx: Transaction) -> tuple[Expected, ...]:
        campaigns = self._records.campaigns
        try:
            found = [*campaigns.standing(tx, State.RUNNING), *campaigns.standing(tx, State.ENDED)]
        except SealBroken:
            # Whoever can change these rows shall not open the gate by it.
            log.exception("campaigns cannot be read: no norm is raised")
            return ()
        return tuple(
            expected(one.id, one.plan) for one in found if one.state is State.RUNNING or one.ended in STILL_COMING
        )


def expected(campaign: str, plan: Plan) -> Expected:
    """What it lets come."""
    each = OF_A_RESET if plan.kind is Kind.RESET else OF_AN_INVITATION
    money = plan.money * PARTS
    return Expected(campaign, each, plan.people, plan.per_hour, plan.opens_at, plan.closes_at, money)


def _used(one: Expected, norm: Quota, by: int = 1) -> Mark:
    """What was used up of its number. Texts and calls share the money that was agreed on."""
    what = Caused.MONEY if RAISED[norm.name] is Caused.MONEY else norm.name
    return Mark(f"campaign-{what}", one.campaign, one.closes_at - one.opens_at, by)


def _days(sums: Sequence[Sum], began: str, counted: Sequence[str], today: date) -> Sequence[int]:
    """What each day came to, also those on which nothing happened, since the first that was counted."""
    first = min((one.day for one in sums if one.what == began), default=today)
    each: Counter[date] = Counter()
    for one in sums:
        each[one.day] += one.count if one.what in counted else 0
    return [each[first + timedelta(days=day)] for day in range((today - first).days)]
