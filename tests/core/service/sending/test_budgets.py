"""What texts may cost: narrow budgets stop before wide ones are touched, and nobody's page tells which did."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from servers.small_house import MAIL, SmallHouse, small_house
from sqlalchemy import Engine, event, select

from keyback.core.contracts.people import Contact, ContactKind
from keyback.core.db import tables
from keyback.core.db.deliveries import Attempt, State
from keyback.core.db.session import Database
from keyback.core.recovery.state import Lane, Recovery
from keyback.core.service.norms import Norms
from keyback.core.service.sending.budgets import Budgets, Cost
from keyback.core.service.sending.media import PARTS, MediumRules
from keyback.core.service.sending.numbers import Number, NumberRules, read
from keyback.core.service.sending.send_limits import ADDING_LANE, PROVEN

GERMAN, AUSTRIAN = NumberRules(frozenset({"DE"})), NumberRules(frozenset({"AT"}))
STRANGERS, KNOWN = Lane.UNKNOWN_BROWSER, Lane.KNOWN_BROWSER
Open = Callable[[MediumRules], SmallHouse]


@pytest.fixture
def open_house(tmp_path: Path, migrated: Path) -> Open:
    def opened(rules: MediumRules) -> SmallHouse:
        file = tmp_path / "budgets.db"
        file.write_bytes(migrated.read_bytes())
        return small_house(Database(f"sqlite:///{file}"), media={"sms": rules})

    return opened


def number(last: int, start: str = "+49171") -> Number:
    found = read(f"{start}{last:07d}")
    assert found is not None
    return found


def take(house: SmallHouse, to: Number, price: int = 0, *, notice: bool = False, lane: str = STRANGERS) -> str:
    budgets = Budgets(records=house.records, around=house.around, norms=Norms(house.records, house.around))
    with house.records.db.write() as tx:
        return budgets.take(tx, Cost("sms", to, price, notice, lane=lane))


def events(house: SmallHouse) -> Counter[str]:
    with house.records.db.read() as tx:
        rows = tx.execute(select(tables.event.c.name, tables.event.c.data)).all()
    return Counter(f"{name} {data}" for name, data in rows if name.startswith(("limit", "region")))


def test_a_range_of_numbers_gets_so_many_an_hour_whoever_they_belong_to(open_house: Open) -> None:
    house = open_house(MediumRules(numbers=GERMAN, per_range_hour=3))
    assert [take(house, number(1_230_000 + n)) for n in range(4)] == ["", "", "", "sms-range"]
    assert take(house, number(4_560_000)) == ""
    house.clock.forward(hours=1)
    assert take(house, number(1_230_009)) == ""


def test_a_region_gets_so_many_an_hour(open_house: Open) -> None:
    house = open_house(MediumRules(numbers=GERMAN, per_region_hour=3))
    assert [take(house, number(10_000 * n)) for n in range(4)] == ["", "", "", "sms-region"]
    assert take(house, number(1_234_505, "+43664")) == ""


def test_one_number_gets_so_many_a_day_however_they_are_asked_for(open_house: Open) -> None:
    house = open_house(MediumRules(numbers=GERMAN, per_range_hour=100))
    assert [take(house, number(7)) for _ in range(30)] == [""] * 29 + ["number-sends"]


def test_at_half_of_the_days_money_there_is_an_alarm_and_at_the_end_nothing_goes(open_house: Open) -> None:
    house = open_house(MediumRules(numbers=GERMAN, money_per_day=10 * PARTS, per_region_hour=1000))
    taken = [take(house, number(10_000 * n), PARTS) for n in range(12)]
    assert taken == [""] * 10 + ["sms-money"] * 2
    assert events(house) == {'limit.near {"budget": "sms-money"}': 1, 'limit.reached {"budget": "sms-money"}': 1}


def test_what_costs_nothing_uses_no_money_up(open_house: Open) -> None:
    house = open_house(MediumRules(numbers=GERMAN, money_per_day=0))
    assert take(house, number(1)) == ""
    assert take(house, number(10_000), price=1) == "sms-money"


def test_what_a_narrow_budget_forbids_uses_no_wide_one_up(open_house: Open) -> None:
    house = open_house(MediumRules(numbers=GERMAN, per_range_hour=2, per_region_hour=4, money_per_day=4 * PARTS))
    assert [take(house, number(n), PARTS) for n in range(50)].count("") == 2
    assert [take(house, number(990_000 + n), PARTS) for n in range(2)] == ["", ""]


def test_a_notice_is_stopped_by_money_alone(open_house: Open) -> None:
    house = open_house(MediumRules(numbers=GERMAN, per_range_hour=1, per_region_hour=1, money_per_day=3 * PARTS))
    taken = [take(house, number(n), PARTS, notice=True) for n in range(4)]
    assert taken == ["", "", "", "sms-money"]


def _send(house: SmallHouse, count: int, used: int, region: str = "DE", lane: str = STRANGERS) -> None:
    with house.records.db.write() as tx:
        for n in range(count):
            attempt = Attempt(f"{region}{n}", f"{region}{n}", "sms", "fake", region, State.ACCEPTED, lane=lane)
            house.records.deliveries.put(tx, attempt, house.clock())
            if n < used:
                house.records.deliveries.used(tx, attempt.challenge, house.clock())
    house.clock.forward(minutes=11)


@pytest.mark.parametrize(("count", "used", "off"), [(20, 1, True), (20, 2, False), (19, 0, False), (200, 19, True)])
def test_a_region_whose_codes_hardly_anybody_types_is_switched_off_and_reported(
    count: int, used: int, off: bool, open_house: Open
) -> None:
    house = open_house(MediumRules(numbers=NumberRules(frozenset({"DE", "AT"})), per_region_hour=1000))
    _send(house, count, used)
    budgets = Budgets(records=house.records, around=house.around, norms=Norms(house.records, house.around))
    budgets.watch()
    budgets.watch()
    assert take(house, number(1)) == ("sms-region-off" if off else "")
    assert take(house, number(1_234_505, "+43664")) == ""
    said = 'region.switched-off {"lane": "unknown-browser", "medium": "sms", "region": "DE"}'
    assert events(house) == ({said: 1} if off else {})
    house.clock.forward(hours=12)
    assert take(house, number(2)) == ""


@pytest.mark.parametrize("own", [KNOWN, PROVEN])
def test_a_stranger_who_never_answers_stops_strangers_alone(own: str, open_house: Open) -> None:
    house = open_house(MediumRules(numbers=GERMAN, per_region_hour=1000))
    _send(house, 50, 0)
    Budgets(records=house.records, around=house.around, norms=Norms(house.records, house.around)).watch()
    assert take(house, number(1)) == "sms-region-off"
    assert [take(house, number(1), lane=lane) for lane in (own, ADDING_LANE)] == ["", ""]


@pytest.mark.parametrize("own", [KNOWN, PROVEN])
def test_what_people_leave_unanswered_who_showed_who_they_are_stops_nothing(own: str, open_house: Open) -> None:
    house = open_house(MediumRules(numbers=GERMAN, per_region_hour=1000))
    _send(house, 50, 0, lane=own)
    Budgets(records=house.records, around=house.around, norms=Norms(house.records, house.around)).watch()
    assert [take(house, number(1), lane=lane) for lane in (own, STRANGERS)] == ["", ""]


def test_codes_that_were_sent_a_moment_ago_are_not_yet_set_against_those_that_were_typed(open_house: Open) -> None:
    house = open_house(MediumRules(numbers=GERMAN))
    _send(house, 40, 0)
    house.clock.forward(minutes=-5)
    Budgets(records=house.records, around=house.around, norms=Norms(house.records, house.around)).watch()
    assert take(house, number(1)) == ""


# A thousand strangers' requests -----------------------------------------------------------------------------------


def test_a_thousand_requests_over_many_names_send_no_more_than_the_budgets_allow(open_house: Open) -> None:
    """Toll fraud (C1): the numbers are in the directory, put there by whoever may write their own."""
    rules = MediumRules(numbers=AUSTRIAN, per_region_hour=40, per_range_hour=5, money_per_day=3 * PARTS)
    house, chance, seen = open_house(rules), random.Random(7), set[str]()
    people = {f"person-{n}": f"+43664{n % 20:03d}{n:04d}" for n in range(100)}
    for name, phone in people.items():
        phones = (Contact(ContactKind.PHONE, phone, "mobile", trusted=True), Contact(ContactKind.MAIL, MAIL, "mail"))
        house.add(name, contacts=phones)
    for request in range(1000):
        name = chance.choice([*people, "nobody-1", "nobody-2", "nobody-3"])
        visit = house.start(name, address=f"192.0.2.{request % 250}")
        house.work()
        seen.add(_told(visit.pick("sms", people.get(name, "+436649999999"))))
        house.work()
        seen.add(_told(visit.recovery))
        house.clock.forward(seconds=2)
    sent = Counter(message.to for message in house.sent("sms"))
    assert sum(sent.values()) == 3 * PARTS // rules.usual_price == 30
    assert max(Counter(to[:-4] for to in sent.elements()).values()) <= 5
    assert len(seen) == 1
    assert events(house)['limit.reached {"budget": "sms-money"}'] == 1


def _told(recovery: Recovery) -> str:
    """All that the page is made of."""
    assert recovery.pick is not None
    prompt = recovery.pick.challenge.prompt
    return f"{recovery.stage} {prompt.heading} {prompt.text} {prompt.fields} {len(recovery.sent)} {recovery.shown}"


@pytest.mark.parametrize("full", ["range", "region", "money", "regions"])
def test_the_page_asks_the_database_as_often_whatever_stops_the_text(full: str, open_house: Open) -> None:
    rules = MediumRules(numbers=AUSTRIAN, per_range_hour=2, per_region_hour=2, money_per_day=PARTS // 5)
    changes = {"range": "per_range_hour", "region": "per_region_hour", "money": "money_per_day"}
    used_up = replace(rules, numbers=GERMAN) if full == "regions" else replace(rules, **{changes[full]: 0})
    assert _statements(open_house(rules), "jo") == _statements(open_house(used_up), "jo") != []


def _statements(house: SmallHouse, name: str) -> list[str]:
    asked: list[str] = []
    visit = house.start(name)
    house.work()

    def hear(_c: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        visit.pick("sms", "+436641234505")
    finally:
        event.remove(Engine, "before_cursor_execute", hear)
    return asked
