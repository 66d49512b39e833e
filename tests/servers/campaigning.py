"""A house whose directory says who is in it, and two administrators who agree on campaigns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from keyback.core.contracts.people import AccountKey, Contact, ContactKind
from keyback.core.contracts.text import Text
from keyback.core.service.campaigning.campaigns import Campaign, Campaigns, Kind, Plan

from .desk import ADA, BO, desk_of
from .listed import Listed
from .small_house import MAIL, SmallHouse


class Annex(Listed):
    """A second one."""

    key, label, strictness = "cloud", Text("Annex"), 10


ONE_MAIL = (Contact(ContactKind.MAIL, MAIL, "mail", trusted=True),)


class Killed(BaseException):
    """The process dies here: nothing after it is done."""


@dataclass
class Campaigning:
    """Who plans campaigns in this house."""

    house: SmallHouse
    desk: Campaigns

    @property
    def annex(self) -> Annex:
        """The second directory, of a house that has one."""
        assert isinstance(self.house.cloud, Annex)
        return self.house.cloud

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


def directory(house: SmallHouse) -> Listed:
    """Its directory, which says who is in it."""
    assert isinstance(house.store, Listed)
    return house.store


def stranded(house: SmallHouse, name: str, contacts: tuple[Contact, ...] = ONE_MAIL) -> None:
    """Somebody who has a mailbox that is known and nothing else: one proof of two."""
    house.add(name, contacts=contacts)
    with house.records.db.write() as tx:
        person = house.records.keyring.pseudonym("fake", f"id-of-{name}")
        for enrolment in house.records.enrolments.of(tx, person):
            house.records.enrolments.remove(tx, enrolment.id)


def die_at_order(house: SmallHouse, number: int) -> None:
    """The process dies when the directory has answered, and before a word of it is written down."""

    def killed(_name: str) -> None:
        asked = [*house.store.demands, *(house.cloud.demands if house.cloud else ())]
        if len(asked) >= number:
            raise Killed

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        patch.setattr("keyback.core.service.writing.write.faultpoint", killed)
        house.work()


def campaigning(house: SmallHouse) -> Campaigning:
    """Everybody who is there is counted."""
    house.staff.counting.work()
    return Campaigning(house, desk_of(house).campaigns)
