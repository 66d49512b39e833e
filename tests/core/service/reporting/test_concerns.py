"""Home says what needs somebody, and nothing where nobody is needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest
from servers.small_house import SmallHouse

from keyback.core.contracts.record_events import LogChecked
from keyback.core.db.campaigns import Campaign, Kind, Plan, State
from keyback.core.db.certificate_ends import HOUSE
from keyback.core.db.deliveries import Attempt
from keyback.core.db.deliveries import State as Carried
from keyback.core.host import Broken
from keyback.core.recovery.limits import SYSTEM_MISSES
from keyback.core.recovery.policy import Policy, ProofRules
from keyback.core.service.gate import system_mark
from keyback.core.service.reporting.concerns import Concern, Concerns, Health, What
from keyback.core.service.reporting.log_check import LogCheck
from keyback.core.service.reporting.plugin_watch import PluginWatch
from keyback.core.service.reporting.today import Answers, Budget, TodaysNumbers
from keyback.core.service.snapshot import Drafted


@pytest.fixture
def concerns(house: SmallHouse) -> Concerns:
    checking = LogCheck(records=house.records, office=house.staff.office, around=house.around)
    # Keys are as old as the database, whatever a test's clock says.
    house.clock.time = datetime.now(house.clock.time.tzinfo)
    works: Any = {"records": house.records, "snapshots": house.snapshots, "around": house.around}
    return Concerns(**works, checking=checking, watch=PluginWatch(**works), alerts=house.alerts)


def found(house: SmallHouse, concerns: Concerns, what: What) -> Sequence[Concern]:
    today = TodaysNumbers(records=house.records, around=house.around).now()
    return [one for one in concerns.now(today) if one.what is what]


def test_nothing_is_said_where_all_is_well(house: SmallHouse, concerns: Concerns) -> None:
    assert concerns.now(TodaysNumbers(records=house.records, around=house.around).now()) == ()


def test_a_directory_is_silent_once_its_jobs_are_tried_again_and_again(house: SmallHouse, concerns: Concerns) -> None:
    job = _job(house, "store:fake")
    for _ in range(3):
        _again(house, job)
    assert not found(house, concerns, What.STORE_SILENT)
    _again(house, job)
    (one,) = found(house, concerns, What.STORE_SILENT)
    assert (one.health, one.about["n"], one.at) == (Health.BROKEN, 1, ("store", "fake"))


def test_a_slow_directory_is_said_once_enough_answers_came(house: SmallHouse, concerns: Concerns) -> None:
    today = TodaysNumbers(records=house.records, around=house.around).now()
    told = [
        [one.what for one in concerns.now(replace(today, answers=(answers,)))]
        for answers in (Answers("fake", 100, 8.0), Answers("fake", 100, None), Answers("fake", 4, 8.0))
    ]
    assert told == [[What.STORE_SLOW], [What.STORE_SLOW], []]
    assert concerns.now(replace(today, answers=(Answers("fake", 100, 2.5),))) == ()


def test_a_channel_fails_by_its_share_of_the_last_hour(house: SmallHouse, concerns: Concerns) -> None:
    _carry(house, "fake", Carried.FAILED, 4, ago=timedelta(minutes=61))
    _carry(house, "fake", Carried.DELIVERED, 17)
    _carry(house, "fake", Carried.FAILED, 4)
    assert not found(house, concerns, What.CHANNEL_FAILS)
    _carry(house, "fake", Carried.FAILED, 1)
    (one,) = found(house, concerns, What.CHANNEL_FAILS)
    assert (one.about["n"], one.about["all"], one.at) == (5, 22, ("channel", "fake"))


def test_four_messages_say_nothing_about_a_channel(house: SmallHouse, concerns: Concerns) -> None:
    _carry(house, "fake", Carried.FAILED, 4)
    assert not found(house, concerns, What.CHANNEL_FAILS)


def test_a_budget_that_is_used_up_is_said(house: SmallHouse, concerns: Concerns) -> None:
    today = TodaysNumbers(records=house.records, around=house.around).now()
    (one,) = concerns.now(replace(today, budgets=(Budget("sms", "money", 50, 50), Budget("sms", "count", 999, 1000))))
    assert (one.what, one.about) == (What.BUDGET_USED_UP, {"medium": "sms", "kind": "money"})


def test_jobs_that_were_given_up_are_said_for_a_day(house: SmallHouse, concerns: Concerns) -> None:
    job = _job(house, "channel:fake")
    with house.records.db.write() as tx:
        house.records.jobs.give_up(tx, job, house.clock())
    (one,) = found(house, concerns, What.JOBS_GIVEN_UP)
    assert one.about["n"] == 1
    house.clock.forward(hours=25)
    assert not found(house, concerns, What.JOBS_GIVEN_UP)


def test_jobs_are_stuck_once_they_wait_for_five_minutes(house: SmallHouse, concerns: Concerns) -> None:
    _job(house, "house")
    house.clock.forward(minutes=4)
    assert not found(house, concerns, What.JOBS_STUCK)
    house.clock.forward(minutes=2)
    (one,) = found(house, concerns, What.JOBS_STUCK)
    assert one.about["n"] == 1


def test_a_broken_plugin_is_named_with_its_reason(house: SmallHouse, concerns: Concerns) -> None:
    snapshot = house.snapshots.current
    broken = replace(snapshot.plugins, broken=(Broken("store there", "no such host"),))
    drafted = Drafted(replace(snapshot, plugins=broken))
    drafted.host = house.snapshots.host
    (one,) = found(house, replace(concerns, snapshots=drafted), What.PLUGIN_BROKEN)
    assert (one.health, one.about) == (Health.BROKEN, {"name": "store there", "why": "no such host"})


def test_a_policy_that_nobody_can_meet_is_said_with_what_is_wrong(house: SmallHouse, concerns: Concerns) -> None:
    impossible = Policy("staff", proof=ProofRules(required=frozenset({"gone"})))
    drafted = Drafted(house.snapshots.current.with_rules([impossible], house.snapshots.current.public))
    drafted.host = house.snapshots.host
    (one,) = found(house, replace(concerns, snapshots=drafted), What.POLICY)
    assert one.health is Health.DECIDE
    assert "gone" in str(one.about["flaw"])


def test_only_a_campaign_that_stopped_itself_waits_for_a_choice(house: SmallHouse, concerns: Concerns) -> None:
    now = house.clock()
    plan = Plan(Kind.RESET, ("fake",), (), 1, now, now + timedelta(days=1))
    paused = Campaign("by-itself", plan, "sub", "Ines", "why", now, state=State.PAUSED, ended="failures")
    with house.records.db.write() as tx:
        for one in (paused, replace(paused, id="asked", ended="asked"), replace(paused, id="on", state=State.RUNNING)):
            house.records.campaigns.add(tx, one)
    assert [one.at for one in found(house, concerns, What.CAMPAIGN_STOPPED)] == [("by-itself",)]


def test_a_log_that_was_altered_is_said_and_one_that_nobody_verified_for_a_month(
    house: SmallHouse, concerns: Concerns
) -> None:
    house.clock.forward(days=32)
    assert found(house, concerns, What.LOG_UNCHECKED)
    _verified(house, bad=0)
    assert not found(house, concerns, What.LOG_UNCHECKED)
    assert not found(house, concerns, What.LOG_BAD)
    house.clock.forward(seconds=1)
    _verified(house, bad=2)
    (one,) = found(house, concerns, What.LOG_BAD)
    assert one.about == {"n": 2, "first": "record 7"}
    house.clock.forward(days=32)
    assert found(house, concerns, What.LOG_UNCHECKED)


def test_keys_and_lists_of_more_than_a_year_have_their_line(house: SmallHouse, concerns: Concerns) -> None:
    made = house.clock()
    aged = replace(concerns, leaks_from=lambda: made)
    house.clock.forward(days=366)
    (keys,) = found(house, aged, What.DATA_KEYS)
    assert keys.about["days"] == 366
    assert keys.about["purpose"] not in {"pseudonym", "decoy"}
    (leaks,) = found(house, aged, What.LEAKS)
    assert leaks.about == {"day": made.date()}


def test_the_most_urgent_comes_first(house: SmallHouse, concerns: Concerns) -> None:
    house.clock.forward(days=366)
    job = _job(house, "house")
    with house.records.db.write() as tx:
        house.records.jobs.give_up(tx, job, house.clock())
    told = concerns.now(TodaysNumbers(records=house.records, around=house.around).now())
    assert [one.health for one in told] == sorted((one.health for one in told), key=list(Health).index)
    assert told[0].health is Health.BROKEN


@pytest.mark.parametrize(
    ("ends_in", "health", "what"),
    [
        (timedelta(days=30), Health.SOON, What.CERTIFICATE_ENDS),
        (timedelta(days=7, seconds=1), Health.SOON, What.CERTIFICATE_ENDS),
        (timedelta(days=7), Health.URGENT, What.CERTIFICATE_ENDS),
        (timedelta(seconds=1), Health.URGENT, What.CERTIFICATE_ENDS),
        (timedelta(0), Health.BROKEN, What.CERTIFICATE_ENDED),
    ],
)
def test_a_certificate_is_said_before_it_ends_and_afterwards(
    house: SmallHouse, concerns: Concerns, ends_in: timedelta, health: Health, what: What
) -> None:
    end = house.clock() + ends_in
    with house.records.db.write() as tx:
        later = house.clock() + timedelta(days=30, seconds=1)
        house.records.certificate_ends.keep(tx, "store", "fake", {"ldaps://one": end, "ldaps://two": later})
        house.records.certificate_ends.keep(tx, "store", "gone", {"ldaps://gone": end})
    (one,) = found(house, concerns, what)
    assert (one.health, one.at, one.about["what"], one.about["day"]) == (
        health, ("store", "fake"), "ldaps://one", end.date(),
    )  # fmt: skip


def test_a_certificate_of_the_houses_own_is_said_by_its_setting(house: SmallHouse, concerns: Concerns) -> None:
    with house.records.db.write() as tx:
        house.records.certificate_ends.keep(
            tx, *HOUSE, {"sign_in.ca_file": house.clock(), "clients.ca_file": house.clock()}
        )
    around = replace(house.around, ca_files={"sign_in.ca_file": "/etc/idp.pem"})
    (one,) = found(house, replace(concerns, around=around), What.CERTIFICATE_ENDED)
    assert (one.about["name"], one.about["what"], one.at) == ("keyback.toml", "sign_in.ca_file", ())


def test_an_hour_beyond_the_ordinary_is_said_and_more_urgently_once_strangers_are_paused(
    house: SmallHouse, concerns: Concerns
) -> None:
    said = []
    for more in (2000, 1, 6000):
        with house.records.db.write() as tx:
            house.records.counters.bump(tx, [replace(system_mark(SYSTEM_MISSES), by=more)], house.clock())
        house.look_at_norms()
        said.append([*found(house, concerns, What.NORM_EXCEEDED), *found(house, concerns, What.GUESSES_PAUSED)])
    nothing, (first,), (second,) = said
    assert nothing == []
    assert (first.health, first.about["n"], first.about["usual"]) == (Health.URGENT, 2001, 400)
    assert (second.health, second.what) == (Health.BROKEN, What.GUESSES_PAUSED)
    house.clock.forward(hours=1)
    assert not found(house, concerns, What.GUESSES_PAUSED)


def _job(house: SmallHouse, lane: str) -> str:
    with house.records.db.write() as tx:
        return house.staff.office.put(tx, lane, "find", "", {}, leased=False).id


def _again(house: SmallHouse, job: str) -> None:
    with house.records.db.write() as tx:
        house.records.jobs.again(tx, job, house.clock())


def _carry(house: SmallHouse, channel: str, state: Carried, count: int, ago: timedelta = timedelta(0)) -> None:
    with house.records.db.write() as tx:
        for _ in range(count):
            attempt = Attempt(house.around.token(), "", "sms", channel, "AT", state)
            house.records.deliveries.put(tx, attempt, house.clock() - ago)


def _verified(house: SmallHouse, bad: int) -> None:
    now = house.clock()
    event = LogChecked(now.isoformat(), 10, bad, "record 7" if bad else "")
    with house.records.db.write() as tx:
        house.records.audit.append(tx, [event], at=now)
    house.records.audit.chain(house.records.db, now)


def test_files_of_plugins_that_changed_are_said_for_a_week(house: SmallHouse, concerns: Concerns) -> None:
    for digest in ("a" * 64, "b" * 64):
        house.snapshots.host.files = MappingProxyType({("method", "sms"): digest})
        replace(concerns.watch).look(house.clock())
    (one,) = found(house, concerns, What.PLUGIN_CHANGED)
    assert (one.health, one.about) == (Health.DECIDE, {"n": 1, "name": "method/sms", "since": house.clock()})
    house.clock.forward(days=8)
    assert not found(house, concerns, What.PLUGIN_CHANGED)
