"""Everybody's norms as they are now: raised while people come because of a campaign, by what was agreed on."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from ..db.campaigns import Kind, Plan, State
from ..db.counters import Count, Mark
from ..db.sealing import SealBroken
from ..db.session import Transaction
from ..recovery.limits import Quota
from ..recovery.norms import OF_A_RESET, OF_AN_INVITATION, RAISED, Caused, Expected, raised
from .records import Records
from .sending.media import PARTS
from .surroundings import Surroundings

log = logging.getLogger(__name__)

# Campaigns are not looked up for each message: one that was stopped raises nothing this soon.
LOOK_EVERY = timedelta(seconds=5)
# Everybody's turn has come, but people come when they sign in next. Stopped by anything else, nobody is expected.
STILL_COMING = frozenset({"all", "number"})


class Norms:
    """Asked by whoever counts for everybody together. What goes beyond a norm uses up the number of every campaign
    that is open then, so that two of them never add up to more than either said."""

    def __init__(self, records: Records, around: Surroundings) -> None:
        self._records = records
        self._around = around
        self._looked: tuple[datetime, tuple[Expected, ...]] | None = None

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
