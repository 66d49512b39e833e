"""Alerts: what happens to everybody, and to strangers, while an hour comes to much more than is ordinary here."""

from __future__ import annotations

from datetime import timedelta

import pytest
from servers.changing import begin
from servers.desk import AGENT, desk_of, happened
from servers.small_house import NEW, OLD, SmallHouse, Visit

from keyback.core.db import daily_sums
from keyback.core.db.counters import Mark
from keyback.core.recovery import limits
from keyback.core.recovery.changing import Step
from keyback.core.recovery.limits import SYSTEM_MISSES, SYSTEM_SENDS, Quota
from keyback.core.recovery.ordinary import Alert, pausing
from keyback.core.service.alerts import Paused

NAMES = ["jo", "nobody"]


def count(house: SmallHouse, norm: Quota, times: int) -> None:
    with house.records.db.write() as tx:
        house.records.counters.bump(tx, [Mark(norm.name, "everybody", norm.window, times)], house.clock())
    house.look_at_norms()


def pause(house: SmallHouse, norm: Quota = SYSTEM_MISSES) -> None:
    count(house, norm, pausing(norm).most + 1)


def offered(visit: Visit) -> list[str]:
    return [choice.method for choice in visit.house.service.choosing.choices(visit.recovery)]


def known(house: SmallHouse) -> str:
    """The cookie of a browser in which jo got back in."""
    visit = house.start()
    visit.prove_by_mail()
    visit.prove_by_paper()
    visit.renew()
    mark = house.service.renewing.browser_mark(visit.recovery, "")
    assert mark is not None
    return mark


def remembered(house: SmallHouse, days: int, each: int) -> None:
    """So many days on which so much was guessed and sent."""
    today = house.clock().date()
    with house.records.db.write() as tx:
        for ago in range(1, days + 1):
            day = (today - timedelta(days=ago)).isoformat()
            sums = {(day, "asked", "reset"): each, (day, "missed", "sms"): each, (day, "sent", "sms"): each}
            daily_sums.add(tx, sums)


# What is learned --------------------------------------------------------------------------------------------------


def test_without_a_day_to_learn_from_the_fixed_limits_hold(house: SmallHouse) -> None:
    house.look_at_norms()
    assert [each.norm for each in house.alerts.standings] == [SYSTEM_MISSES, SYSTEM_SENDS]


def test_a_quiet_house_learns_that_it_is_quiet(house: SmallHouse) -> None:
    remembered(house, 90, 8)
    house.look_at_norms()
    assert [each.norm.most for each in house.alerts.standings] == [200, 500]
    count(house, SYSTEM_MISSES, 201)
    assert house.alerts.alert is Alert.RAISED


def test_each_norm_learns_from_the_first_day_that_was_counted_for_it(house: SmallHouse) -> None:
    today = house.clock().date()
    with house.records.db.write() as tx:
        daily_sums.add(tx, {((today - timedelta(days=2)).isoformat(), "asked", "reset"): 1})
    house.look_at_norms()
    assert [each.norm.most for each in house.alerts.standings] == [1805, SYSTEM_SENDS.most]


def test_it_is_learned_anew_every_hour_and_not_at_every_look(house: SmallHouse) -> None:
    house.look_at_norms()
    remembered(house, 90, 8)
    house.look_at_norms()
    assert house.alerts.standings[0].norm == SYSTEM_MISSES
    house.clock.forward(hours=1)
    house.look_at_norms()
    assert house.alerts.standings[0].norm.most == 200


# Who is paused ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("norm", [SYSTEM_MISSES, SYSTEM_SENDS])
def test_at_five_times_everybody_pays_and_nobody_is_paused(house: SmallHouse, norm: Quota) -> None:
    before = int(house.service.starting.widget("192.0.2.7").data["effort"])
    count(house, norm, pausing(norm).most)
    assert int(house.service.starting.widget("192.0.2.7").data["effort"]) == before * limits.UNDER_ATTACK
    assert "email" in offered(house.start())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("norm", [SYSTEM_MISSES, SYSTEM_SENDS])
def test_at_twenty_times_strangers_are_offered_only_what_nobody_can_guess(
    house: SmallHouse, norm: Quota, name: str
) -> None:
    visit = house.start(name)
    assert {"email", "sms", "saved_codes"} <= set(offered(visit))
    pause(house, norm)
    assert offered(visit) == offered(house.start(name)) == ["saved_codes"]


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_to_what_was_picked_before_is_not_looked_at_either(house: SmallHouse, name: str) -> None:
    visit = house.start(name)
    house.work()
    visit.pick("email")
    pause(house)
    for act in (lambda: visit.answer(visit.code()), visit.send_again):
        house.clock.forward(seconds=31)
        with pytest.raises(Paused) as refused:
            act()
        assert refused.value.until == house.alerts.paused_until("unknown-browser")
    assert not visit.recovery.proofs
    assert not visit.recovery.missed


@pytest.mark.parametrize("name", NAMES)
def test_a_made_up_cookie_shows_every_way_and_proves_nothing(house: SmallHouse, name: str) -> None:
    pause(house)
    visit = house.start(name, browser="made.up")
    house.work()
    visit.pick("email")
    with pytest.raises(Paused):
        visit.answer(visit.code())


def test_the_owner_goes_on_in_a_browser_that_is_known(house: SmallHouse) -> None:
    cookie = known(house)
    pause(house)
    visit = house.start(browser=cookie)
    assert "email" in offered(visit)
    assert len(visit.prove_by_mail().recovery.proofs) == 1


def test_whoever_has_proven_something_goes_on(house: SmallHouse) -> None:
    visit = house.start()
    visit.prove_by_mail()
    pause(house)
    visit.prove_by_paper()
    assert visit.renew().stage.value == "done"


def test_what_nobody_can_guess_opens_the_way_to_the_rest(house: SmallHouse) -> None:
    pause(house)
    visit = house.start()
    house.work()
    visit.prove_by_paper()
    choice = next(each for each in house.service.choosing.choices(visit.recovery) if each.method == "email")
    visit.pick(choice.value)
    house.work()
    assert len(visit.answer(visit.code()).recovery.proofs) == 2


def test_whoever_the_help_desk_has_on_the_telephone_goes_on(house: SmallHouse) -> None:
    pause(house)
    desk = desk_of(house)
    call = desk.calling.start(AGENT, desk.reach.find(AGENT, "jo").handle, "call-back")
    visit = house.start(desk_code=desk.calling.look(AGENT, call).code)
    assert len(visit.prove_by_mail().recovery.proofs) == 1
    stranger = house.start(desk_code="00000000")
    with pytest.raises(Paused):
        stranger.prove_by_mail()


@pytest.mark.parametrize("name", NAMES)
def test_strangers_try_no_passwords_either(house: SmallHouse, name: str) -> None:
    pause(house)
    visit = begin(house, name)
    with pytest.raises(Paused):
        visit.send(OLD, NEW)
    house.work()
    assert house.opens("jo", OLD)


def test_the_owner_changes_a_known_password_where_that_was_done_before(house: SmallHouse) -> None:
    mark = house.staff.changing.browser_mark(begin(house).exchange(OLD, NEW), "")
    assert mark is not None
    pause(house)
    assert begin(house, browser=mark).exchange(NEW, OLD + " again").step is Step.CHANGED


def test_it_ends_with_its_hour(house: SmallHouse) -> None:
    pause(house)
    house.clock.forward(hours=1)
    assert "email" in offered(house.start())


# Who is told ------------------------------------------------------------------------------------------------------


def test_each_alert_is_told_once_in_its_hour_whoever_looks(house: SmallHouse) -> None:
    pause(house, SYSTEM_SENDS)
    house.alerts._told.clear()
    house.look_at_norms()
    twice = ["norm.exceeded system-sends 20", "norm.exceeded system-sends 5"]
    assert happened(house, "norm.exceeded") == twice
    house.clock.forward(hours=1, seconds=1)
    pause(house, SYSTEM_SENDS)
    assert happened(house, "norm.exceeded") == sorted(twice * 2)


def test_figures_say_where_it_begins_and_how_it_stands(house: SmallHouse) -> None:
    pause(house)
    figures = {(figure.name, labels): value for figure, labels, value in house.staff.watch.house()}
    assert figures["keyback_norm", ("system-misses",)] == SYSTEM_MISSES.most
    assert figures["keyback_alert", ("system-misses",)] == 20
    assert figures["keyback_alert", ("system-sends",)] == 0
