"""What Home shows of today is true, compared with the same weekday, and reads no log."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from servers.small_house import SmallHouse

from keyback.core.db import daily_sums
from keyback.core.db.counters import Mark
from keyback.core.recovery.limits import DAY
from keyback.core.recovery.state import Lane
from keyback.core.service.reporting.today import TodaysNumbers
from keyback.core.service.sending.budgets import EVERYBODY, region_off
from keyback.core.service.sending.media import PARTS


@pytest.fixture
def numbers(house: SmallHouse) -> TodaysNumbers:
    return TodaysNumbers(records=house.records, around=house.around)


def put(house: SmallHouse, what: str, label: str, count: int, *, ago: int = 0) -> None:
    day: date = house.clock().date() - timedelta(days=ago)
    with house.records.db.write() as tx:
        daily_sums.add(tx, {(day.isoformat(), what, label): count})


def test_an_empty_house_says_nothing_of_the_usual(numbers: TodaysNumbers) -> None:
    today = numbers.now()
    assert (today.back_in, today.usual, today.not_finished, today.locked_out.count) == (0, None, 0, 0)
    assert len(today.days) == 14


def test_the_usual_is_the_median_of_the_same_weekday(house: SmallHouse, numbers: TodaysNumbers) -> None:
    put(house, "set", "reset", 11)
    for weeks, count in ((1, 12), (2, 90), (3, 10)):
        put(house, "set", "reset", count, ago=7 * weeks)
    put(house, "set", "reset", 500, ago=1)
    today = numbers.now()
    assert (today.back_in, today.usual) == (11, 12)
    assert [day.finished for day in today.days[-2:]] == [500, 11]


def test_resets_and_unlocks_are_both_back_in(house: SmallHouse, numbers: TodaysNumbers) -> None:
    put(house, "set", "reset", 3)
    put(house, "set", "unlock", 2)
    assert numbers.now().back_in == 5


def test_why_some_did_not_finish_comes_with_the_most_frequent_first(house: SmallHouse, numbers: TodaysNumbers) -> None:
    put(house, "closed", "cancelled", 1)
    put(house, "closed", "expired", 4)
    put(house, "closed-nobody", "expired", 100)
    today = numbers.now()
    assert (today.not_finished, list(today.why_not.items())) == (5, [("expired", 4), ("cancelled", 1)])


def test_locked_out_are_people_and_names_but_no_regions(house: SmallHouse, numbers: TodaysNumbers) -> None:
    now, counters = house.clock(), house.records.counters
    with house.records.db.write() as tx:
        counters.lock(tx, Mark("subject-misses", "jo", DAY), now + timedelta(minutes=5), now)
        counters.lock(tx, Mark("subject-misses", "al", DAY), now + timedelta(minutes=15), now)
        counters.lock(tx, Mark("subject-misses", "past", DAY), now - timedelta(minutes=1), now)
        counters.lock(tx, region_off("sms", "DE", Lane.UNKNOWN_BROWSER), now + timedelta(hours=12), now)
    locked = numbers.now().locked_out
    assert (locked.count, locked.until) == (2, now + timedelta(minutes=15))


def test_budgets_say_how_much_is_used_in_pieces_and_in_money(house: SmallHouse, numbers: TodaysNumbers) -> None:
    with house.records.db.write() as tx:
        marks = [Mark("sms-day", EVERYBODY, DAY, 34), Mark("sms-money", EVERYBODY, DAY, 3 * PARTS // 2)]
        house.records.counters.bump(tx, marks, house.clock())
    budgets = {(each.medium, each.kind): (each.used, each.most) for each in numbers.now().budgets}
    assert budgets["sms", "count"] == (34, 1000)
    assert budgets["sms", "money"] == (1.5, 50)
    assert budgets["voice", "count"] == (0, 1000)


def test_of_a_directorys_answers_it_is_said_within_what_time_95_of_100_came(
    house: SmallHouse, numbers: TodaysNumbers
) -> None:
    for edge, count in (("0.05", 90), ("0.5", 5), ("8", 5)):
        put(house, "answer:fake", edge, count)
    put(house, "answer:slow", "+Inf", 1)
    fake, slow = numbers.now().answers
    assert (fake.store, fake.count, fake.seconds) == ("fake", 100, 0.5)
    assert slow.seconds is None
