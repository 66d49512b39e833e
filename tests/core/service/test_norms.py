"""Norms with campaigns: nothing trips within what was declared, everything does beyond it and outside its window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from servers.campaigning import Campaigning, campaigning
from servers.desk import ADA, happened
from servers.listed import Listed
from servers.small_house import SmallHouse, small_house
from sqlalchemy import update

from keyback.core.contracts.errors import MustWait
from keyback.core.db.campaign_tables import campaign as table
from keyback.core.db.session import Database
from keyback.core.recovery import limits
from keyback.core.recovery.state import Lane
from keyback.core.service.campaigning.campaigns import Kind
from keyback.core.service.gate import Busy
from keyback.core.service.misses import Miss
from keyback.core.service.norms import LOOK_EVERY, Norms
from keyback.core.service.reporting.today import TodaysNumbers
from keyback.core.service.sending.budgets import Budgets, Cost
from keyback.core.service.sending.media import PARTS, MediumRules
from keyback.core.service.sending.numbers import NumberRules, read
from keyback.core.service.start import Arrival

NORM, PEOPLE = 3, 4
RULES = MediumRules(
    numbers=NumberRules(regions=frozenset({"DE"})),
    per_range_hour=100,
    per_region_hour=NORM,
    per_day=NORM,
    money_per_day=NORM,
)


@pytest.fixture
def house(tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallHouse]:
    monkeypatch.setattr("servers.small_house.Directory", Listed)
    for name in ("WEAK_SYSTEM_STARTS", "SYSTEM_SENDS", "SYSTEM_MISSES"):
        monkeypatch.setattr(limits, name, replace(getattr(limits, name), most=NORM))
    file = tmp_path / "norms.db"
    file.write_bytes(migrated.read_bytes())
    database = Database(f"sqlite:///{file}")
    yield small_house(database, media={"sms": replace(RULES, money_per_day=NORM * PARTS)})
    database.close()


@pytest.fixture
def campaigns(house: SmallHouse) -> Campaigning:
    found = campaigning(house)
    found.crowd(PEOPLE - 1)
    return found


def starts(house: SmallHouse, tries: int) -> int:
    """How many of so many starts by picture are let in."""
    done = 0
    for number in range(tries):
        try:
            house.service.starting.start("jo", {"weak": "yes"}, Arrival(f"192.0.2.{number}"))
        except Busy:
            break
        done += 1
    return done


def sends(house: SmallHouse, tries: int) -> int:
    """How many of so many codes, each for another name, are let through."""
    for number in range(tries):
        visit = house.start(f"nobody{number}")
        house.work()
        visit.pick("email")
    return tries - len(happened(house, "limit.reached"))


def misses(house: SmallHouse, tries: int) -> int:
    """How many wrong answers there are before the check gets harder for everybody."""
    quiet = effort(house)
    for number in range(tries):
        wrong(house)
        if effort(house) > quiet:
            return number
    return tries


def wrong(house: SmallHouse) -> Miss:
    with house.records.db.write() as tx:
        miss: Miss = house.service.proving.misses.count(tx, {}, guessable=True)
    return miss


def effort(house: SmallHouse) -> int:
    house.look_at_norms()
    return int(house.service.starting.widget("203.0.113.9").data["effort"])


def texts(house: SmallHouse, tries: int) -> int:
    """How many of so many texts, each for one of your currency to another number, may leave."""
    budgets = Budgets(records=house.records, around=house.around, norms=Norms(house.records, house.around))
    refused = 0
    for last in range(tries):
        number = read(f"+49171{last * 10_000:07d}")
        assert number
        with house.records.db.write() as tx:
            refused += bool(budgets.take(tx, Cost("sms", number, PARTS, lane=Lane.UNKNOWN_BROWSER)))
    return tries - refused


Count = Callable[[SmallHouse, int], int]
CAUSED: list[tuple[Count, int]] = [(starts, PEOPLE), (sends, 2 * PEOPLE), (misses, PEOPLE)]


@pytest.mark.parametrize(("count", "more"), CAUSED)
def test_within_its_number_nothing_trips_and_beyond_it_everything_does(
    house: SmallHouse, campaigns: Campaigning, count: Count, more: int
) -> None:
    campaigns.agreed()
    assert count(house, NORM + more + 3) == NORM + more


@pytest.mark.parametrize(("count", "more"), CAUSED)
def test_a_slow_campaign_adds_its_pace_alone_and_no_more_than_its_number(
    house: SmallHouse, campaigns: Campaigning, count: Count, more: int
) -> None:
    campaigns.agreed(per_hour=3)
    assert count(house, NORM + more) == NORM + more * 3 // PEOPLE
    if count is not sends:
        house.clock.forward(hours=1, seconds=1)
        assert count(house, NORM + more) == NORM + more - more * 3 // PEOPLE


@pytest.mark.parametrize("count", [count for count, _ in CAUSED])
@pytest.mark.parametrize("when", ["asked", "early", "late", "paused", "ended"])
def test_a_campaign_that_is_not_open_raises_nothing(
    house: SmallHouse, campaigns: Campaigning, count: Count, when: str
) -> None:
    now = house.clock()
    changes: dict[str, Any] = {"opens_at": now + timedelta(hours=3)} if when == "early" else {}
    if when == "asked":
        campaigns.desk.ask(ADA, campaigns.plan(), "a leak")
    else:
        campaign = campaigns.agreed(**changes)
        if when in {"paused", "ended"}:
            (campaigns.desk.pause if when == "paused" else campaigns.desk.end)(ADA, campaign.id, "enough")
        if when == "late":
            house.clock.forward(hours=24)
    assert count(house, NORM + 2) == NORM


def test_people_still_come_once_everybodys_turn_has_come(house: SmallHouse, campaigns: Campaigning) -> None:
    ended = campaigns.run(campaigns.agreed())
    assert ended.ended == "all"
    assert starts(house, 20) == NORM + PEOPLE
    house.clock.forward(hours=24)
    assert starts(house, 20) == NORM


def test_an_invitation_lets_no_more_be_guessed(house: SmallHouse, campaigns: Campaigning) -> None:
    campaigns.house.store.change("id-of-jo", contacts=())
    campaigns.count()
    campaigns.agreed(Kind.INVITE)
    assert misses(house, NORM + 2) == NORM
    assert starts(house, NORM + 2) == NORM


def test_one_source_and_one_person_get_no_more(
    house: SmallHouse, campaigns: Campaigning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WEAK_SOURCE_TRIES", replace(limits.WEAK_SOURCE_TRIES, most=2))
    campaigns.agreed()
    for _ in range(2):
        house.service.starting.start("jo", {"weak": "yes"}, Arrival("192.0.2.1"))
    with pytest.raises(MustWait) as refused:
        house.service.starting.start("jo", {"weak": "yes"}, Arrival("192.0.2.1"))
    assert not isinstance(refused.value, Busy)


@pytest.mark.parametrize(("money", "more"), [(0, 0), (2, 2), (100, 2 * PEOPLE)])
def test_texts_cost_no_more_than_was_agreed_on(
    house: SmallHouse, campaigns: Campaigning, money: int, more: int
) -> None:
    campaigns.agreed(money=money)
    assert texts(house, 20) == NORM + more


def test_the_money_is_for_the_whole_campaign_and_not_for_each_day(house: SmallHouse, campaigns: Campaigning) -> None:
    campaigns.agreed(money=3, closes_at=house.clock() + timedelta(days=9))
    assert texts(house, 5) == NORM + 2
    house.clock.forward(days=1)
    assert texts(house, 9) == NORM + 1
    house.clock.forward(days=1)
    assert texts(house, 9) == NORM


def test_two_campaigns_never_add_up_to_more_money_than_one_said(house: SmallHouse, campaigns: Campaigning) -> None:
    for _ in range(2):
        campaigns.agreed(money=2)
    assert texts(house, 20) == NORM + 2


def test_home_shows_the_caps_as_they_are_now(house: SmallHouse, campaigns: Campaigning) -> None:
    def caps() -> dict[str, float]:
        today = TodaysNumbers(records=house.records, around=house.around).now()
        return {budget.kind: budget.most for budget in today.budgets}

    assert caps() == {"count": NORM, "money": NORM}
    campaigns.agreed(money=2)
    assert caps() == {"count": NORM + 2 * PEOPLE, "money": NORM + 2}


def test_a_campaign_that_cannot_be_read_raises_nothing(house: SmallHouse, campaigns: Campaigning) -> None:
    campaign = campaigns.desk.ask(ADA, campaigns.plan(), "a leak")
    with house.records.db.write() as tx:
        tx.execute(update(table).where(table.c.id == campaign.id).values(state="running"))
    assert starts(house, NORM + 2) == NORM


def test_what_was_stopped_raises_nothing_a_moment_later(house: SmallHouse, campaigns: Campaigning) -> None:
    campaign = campaigns.agreed()
    assert starts(house, NORM + 1) == NORM + 1
    campaigns.desk.end(ADA, campaign.id, "an attack")
    house.clock.forward(seconds=LOOK_EVERY.total_seconds())
    assert starts(house, 1) == 0


def test_the_alarm_is_said_once_and_not_before_the_raised_norm(house: SmallHouse, campaigns: Campaigning) -> None:
    campaigns.agreed()
    told = []
    for _ in range(4 * NORM + PEOPLE + 3):
        wrong(house)
        house.look_at_norms()
        told.append(happened(house, "norm.exceeded"))
    first, second = "norm.exceeded system-misses 5", "norm.exceeded system-misses 20"
    assert told == [[]] * (NORM + PEOPLE) + [[first]] * (3 * NORM) + [[second, first]] * 3
