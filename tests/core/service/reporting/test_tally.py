"""Each event is counted once, on its day, as what it means for somebody who wanted to get back in."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from servers.changing import begin
from servers.small_house import NEW, OLD, SmallHouse

from keyback.core.contracts import events
from keyback.core.contracts.errors import OutOfTurn
from keyback.core.contracts.event import Event
from keyback.core.db import daily_sums
from keyback.core.db.deliveries import Attempt, State
from keyback.core.figures import CALLS
from keyback.core.recovery.changing import Step
from keyback.core.recovery.limits import SYSTEM_MISSES, SYSTEM_SENDS
from keyback.core.service.gate import system_mark
from keyback.core.service.norms import OF_A_DAY
from keyback.core.service.reporting.tally import Tally


@pytest.fixture
def tally(on_either: SmallHouse) -> Tally:
    return Tally(records=on_either.records, around=on_either.around)


def counted(house: SmallHouse, tally: Tally) -> Counter[tuple[str, str]]:
    """Everything so far: chained, read, and what stands there afterwards."""
    house.records.audit.chain(house.records.db, house.clock())
    tally.count_events(house.clock())
    tally.count_events(house.clock())
    day = house.clock().date()
    with house.records.db.read() as tx:
        sums = daily_sums.between(tx, day - timedelta(days=30), day)
    found: Counter[tuple[str, str]] = Counter()
    for each in sums:
        found[each.what, each.label] += each.count
    return found


def tell(house: SmallHouse, *told: Event, person: str = "p1", recovery: str = "r1") -> None:
    with house.records.db.write() as tx:
        house.records.audit.append(tx, told, at=house.clock(), recovery_id=recovery, person_id=person)


def test_a_whole_reset_is_asked_proven_and_set_once(on_either: SmallHouse, tally: Tally) -> None:
    visit = on_either.start()
    visit.prove_by_mail()
    visit.prove_by_paper()
    visit.renew(NEW)
    sums = counted(on_either, tally)
    assert (sums["asked", "reset"], sums["proven", "reset"], sums["set", "reset"]) == (1, 1, 1)
    assert (sums["proof", "email"], sums["proof", "saved_codes"]) == (1, 1)


def test_nothing_is_counted_twice_however_often_it_is_looked_at(on_either: SmallHouse, tally: Tally) -> None:
    tell(on_either, events.RecoveryStarted("reset", ""))
    assert counted(on_either, tally) == counted(on_either, tally)


def test_of_two_who_count_the_same_events_one_is_refused(on_either: SmallHouse) -> None:
    db = on_either.records.db
    with db.write() as tx:
        daily_sums.begin(tx)
    with db.write() as tx:
        assert daily_sums.move(tx, 0, 5)
    with pytest.raises(OutOfTurn), db.write() as tx:
        daily_sums.add(tx, {("2026-11-22", "asked", "reset"): 5})
        if not daily_sums.move(tx, 0, 5):
            raise OutOfTurn("counted")
    with db.read() as tx:
        assert not daily_sums.between(tx, on_either.clock().date() - timedelta(days=400), on_either.clock().date())


def test_a_day_counts_what_the_norms_count_by_the_hour(on_either: SmallHouse, tally: Tally) -> None:
    house = on_either
    for name in ("jo", "nobody"):
        visit = house.start(name)
        house.work()
        visit.pick("email")
        house.work()
        visit.answer("00000000")
    begin(house).exchange("not the password", NEW)
    assert begin(house).exchange(OLD, NEW).step is Step.CHANGED
    norms = (SYSTEM_MISSES, SYSTEM_SENDS)
    with house.records.db.read() as tx:
        counts = house.records.counters.peek(tx, [system_mark(norm) for norm in norms], house.clock())
    sums = counted(house, tally)
    days = [sum(count for (what, _), count in sums.items() if what in OF_A_DAY[norm.name][1]) for norm in norms]
    assert days == [each.count for each in counts] == [4, 2]


def test_two_accounts_of_one_recovery_got_one_person_in(on_either: SmallHouse, tally: Tally) -> None:
    tell(on_either, events.PasswordSet("fake"))
    assert counted(on_either, tally)["set", "reset"] == 1
    tell(on_either, events.PasswordSet("cloud"), events.RecoveryClosed("expired"))
    sums = counted(on_either, tally)
    assert sums["set", "reset"] == 1
    assert not sums["closed", "expired"]


def test_what_ended_for_nobody_is_no_failure_of_anybody(on_either: SmallHouse, tally: Tally) -> None:
    tell(on_either, events.RecoveryClosed("expired"), recovery="r2", person="")
    tell(on_either, events.RecoveryClosed("no-way-left"), recovery="r3")
    sums = counted(on_either, tally)
    assert (sums["closed", "no-way-left"], sums["closed", "expired"], sums["closed-nobody", "expired"]) == (1, 0, 1)


def test_the_first_sign_in_within_a_day_after_getting_in_counts(on_either: SmallHouse, tally: Tally) -> None:
    tell(on_either, events.PersonSignedIn("fake"))
    tell(on_either, events.PasswordSet("fake"))
    on_either.clock.forward(hours=2)
    tell(on_either, events.PersonSignedIn("fake"))
    on_either.clock.forward(hours=2)
    tell(on_either, events.PersonSignedIn("fake"))
    tell(on_either, events.AccountUnlocked("fake"), person="p2", recovery="r2")
    on_either.clock.forward(days=2)
    tell(on_either, events.PersonSignedIn("fake"), person="p2")
    assert counted(on_either, tally)["signed-in", ""] == 1


def test_messages_are_counted_by_where_they_went_and_how_they_stand_now(on_either: SmallHouse, tally: Tally) -> None:
    records, now = on_either.records, on_either.clock()
    for number, state in enumerate((State.ACCEPTED, State.DELIVERED, State.FAILED)):
        with records.db.write() as tx:
            records.deliveries.put(tx, Attempt(f"a{number}", "", "sms", "fake", "DE", state), now)
    tally.count_messages(now)
    with records.db.write() as tx:
        records.deliveries.put(tx, Attempt("a3", "", "sms", "fake", "DE", State.DELIVERED), now)
    on_either.clock.forward(hours=1)
    tally.count_messages(on_either.clock())
    sums = counted(on_either, tally)
    assert (sums["message", "sms:DE:delivered"], sums["message", "sms:DE:failed"]) == (2, 1)


def test_directories_are_timed_from_now_on_and_each_answer_once(on_either: SmallHouse, tally: Tally) -> None:
    meter = on_either.around.meter
    meter.time(CALLS, 0.2, "Store", "fake", "answered")
    tally.time_stores(on_either.clock())
    for _ in range(2):
        meter.time(CALLS, 0.2, "Store", "fake", "answered")
        meter.time(CALLS, 0.2, "Channel", "fake", "answered")
        on_either.clock.forward(minutes=2)
        tally.time_stores(on_either.clock())
    assert counted(on_either, tally)["answer:fake", "0.25"] == 2
