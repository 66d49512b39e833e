"""A house whose directory says who is in it, and two administrators who agree on campaigns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from keyback.core.contracts.errors import PasswordRefused
from keyback.core.contracts.people import Account, AccountKey
from keyback.core.contracts.plugin import Context
from keyback.core.contracts.text import Text
from keyback.core.service.campaigning.campaigns import Campaign, Campaigns, Kind, Plan

from .desk import ADA, BO, desk_of
from .small_house import Directory, SmallHouse


class Listed(Directory):
    """A directory that says who is in it, and refuses to demand anything of some."""

    def __init__(self) -> None:
        super().__init__()
        self.refusing: set[str] = set()

    def everybody(self, *, ctx: Context) -> Iterator[Sequence[Account]]:
        self._answer()
        yield list(self._accounts.values())

    def demand_change(self, account: Account, *, ctx: Context) -> None:
        if account.name in self.refusing:
            raise PasswordRefused([Text("Not from this one.")])
        super().demand_change(account, ctx=ctx)


class Annex(Listed):
    """A second one."""

    key, label, strictness = "cloud", Text("Annex"), 10


class Killed(BaseException):
    """The process dies here: nothing after it is done."""


@dataclass
class Campaigning:
    """Who plans campaigns in this house."""

    house: SmallHouse
    desk: Campaigns

    def plan(self, kind: Kind = Kind.RESET, **changes: Any) -> Plan:
        """For everybody it may be for, from now on, for a day."""
        now = self.house.clock()
        plan = Plan(kind, ("fake",), (), 0, now, now + timedelta(days=1), per_hour=3600, messages=1000)
        plan = replace(plan, **changes)
        return plan if "people" in changes else replace(plan, people=self.desk.crowd(plan).people)

    def agreed(self, kind: Kind = Kind.RESET, **changes: Any) -> Campaign:
        """Put up by one and approved by another."""
        campaign = self.desk.ask(ADA, self.plan(kind, **changes), "a leak")
        self.desk.approvals.approve(BO, campaign.approval)
        return campaign

    def go_on(self, **time: float) -> None:
        """Let time pass, a second at a time where none is said, and the back office do what is due."""
        self.house.clock.forward(**(time or {"seconds": 30}))
        self.house.work()

    def run(self, campaign: Campaign, steps: int = 60) -> Campaign:
        """Until it stands still."""
        for _ in range(steps):
            self.house.work()
            if (now := self.desk.look(campaign.id)).state != "running":
                return now
            self.house.clock.forward(seconds=30)
        return self.desk.look(campaign.id)

    def crowd(self, count: int, **changes: Any) -> list[AccountKey]:
        """So many people more, counted."""
        keys = [self.house.add(f"p{number:03}", **changes) for number in range(count)]
        self.count()
        return keys

    def count(self) -> None:
        """Everybody, now."""
        self.house.staff.stranded.count_again()
        self.house.staff.counting.work()


def campaigning(house: SmallHouse) -> Campaigning:
    """Everybody who is there is counted."""
    house.staff.counting.work()
    return Campaigning(house, desk_of(house).campaigns)
