"""Campaigns: agreed on by two, never beyond what was agreed on, and nobody's turn comes twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from servers.campaigning import Campaigning, campaigning, die_at_order, directory, stranded
from servers.desk import ADA, AGENT, BO, CONSOLE_GROUP, happened
from servers.small_house import SmallHouse

from keyback.core.contracts.errors import NotAllowed, StoreUnavailable
from keyback.core.contracts.people import AccountState
from keyback.core.service.campaigning.campaigns import Kind, Plan, State


@pytest.fixture
def campaigns(house: SmallHouse) -> Campaigning:
    return campaigning(house)


def test_everybody_must_choose_another_password_once(house: SmallHouse, campaigns: Campaigning) -> None:
    campaigns.crowd(12)
    ended = campaigns.run(campaigns.agreed())
    assert (ended.state, ended.ended, ended.count("done"), ended.count("failed")) == (State.ENDED, "all", 13, 0)
    assert set(Counter(house.store.demands).values()) == {1}
    assert len(happened(house, "campaign.change-demanded")) == 13
    assert happened(house, "campaign.ended") == [f"campaign.ended {ended.id} all 13 0"]


def test_nothing_happens_before_a_second_administrator_agreed(house: SmallHouse, campaigns: Campaigning) -> None:
    campaign = campaigns.desk.ask(ADA, campaigns.plan(), "a leak")
    campaigns.run(campaign)
    with pytest.raises(NotAllowed):
        campaigns.desk.approvals.approve(ADA, campaign.approval)
    with pytest.raises(NotAllowed):
        campaigns.desk.resume(ADA, campaign.id, "at once")
    campaigns.run(campaign)
    assert house.store.demands == []
    campaigns.desk.approvals.approve(BO, campaign.approval)
    assert campaigns.run(campaign).approver == "bo"
    assert len(house.store.demands) == 1


def test_whoever_types_another_number_than_there_are_is_refused(campaigns: Campaigning) -> None:
    campaigns.crowd(2)
    for number in (0, 2, 4):
        with pytest.raises(NotAllowed, match="Type this number") as refused:
            campaigns.desk.ask(ADA, campaigns.plan(people=number), "a leak")
        assert str(refused.value.at["people"]) == "It is for 3 people now. Type this number."


def test_only_administrators_plan_and_stop_and_say_why(campaigns: Campaigning) -> None:
    campaign = campaigns.agreed()
    with pytest.raises(NotAllowed):
        campaigns.desk.ask(AGENT, campaigns.plan(), "a leak")
    with pytest.raises(NotAllowed):
        campaigns.desk.ask(ADA, campaigns.plan(), " ")
    for act in (campaigns.desk.pause, campaigns.desk.end):
        with pytest.raises(NotAllowed):
            act(AGENT, campaign.id, "no")
        with pytest.raises(NotAllowed):
            act(ADA, campaign.id, "")
    assert campaigns.desk.look(campaign.id).state is State.RUNNING


@pytest.mark.parametrize("changes", [{"privileged": True}, {"groups": frozenset({CONSOLE_GROUP})}])
def test_whoever_rules_others_is_never_touched(house: SmallHouse, campaigns: Campaigning, changes: dict) -> None:
    campaigns.crowd(1)
    house.add("boss", **changes)
    campaigns.count()
    campaign = campaigns.agreed()
    # Who came to power since they were counted is looked at afresh.
    house.store.change("id-of-p000", privileged=True)
    ended = campaigns.run(campaign)
    assert [key.id for key in house.store.demands] == ["id-of-jo"]
    assert ended.tally["skipped:privileged"] >= 1


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"state": AccountState(enabled=False)}, "closed"),
        ({"state": AccountState(must_change=True)}, "due"),
        ({"groups": frozenset()}, "left"),
    ],
)
def test_what_the_directory_says_now_decides(
    house: SmallHouse, campaigns: Campaigning, changes: dict, why: str
) -> None:
    house.store.change("id-of-jo", groups=frozenset({"sales"}))
    in_sales(campaigns)
    campaign = campaigns.agreed(groups=("sales",))
    house.store.change("id-of-jo", **changes)
    assert campaigns.run(campaign).tally == {f"skipped:{why}": 1}
    assert house.store.demands == []


def in_sales(campaigns: Campaigning) -> None:
    """Nobody was ever told apart by this group: asking has everybody counted by it."""
    with pytest.raises(NotAllowed, match="Nobody was told apart"):
        campaigns.plan(groups=("sales",))
    campaigns.house.staff.counting.work()


def test_a_group_alone_and_it_is_told_apart_until_the_campaign_is_over(
    house: SmallHouse, campaigns: Campaigning
) -> None:
    campaigns.crowd(3)
    house.store.change("id-of-p001", groups=frozenset({"sales"}))
    in_sales(campaigns)
    campaign = campaigns.agreed(groups=("sales",))
    assert campaign.plan.people == 1
    campaigns.count()
    campaigns.run(campaign)
    assert [key.id for key in house.store.demands] == ["id-of-p001"]


def test_it_never_runs_beyond_its_window_nor_outside_its_hours(house: SmallHouse, campaigns: Campaigning) -> None:
    campaigns.crowd(3)
    noon = house.clock()
    campaign = campaigns.agreed(opens_at=noon + timedelta(hours=1), from_hour=22, until_hour=6, per_hour=1)
    campaigns.go_on(hours=2)
    assert house.store.demands == []
    for _ in range(40):
        campaigns.go_on(minutes=30)
    hours = 8  # from 22 until 6
    assert 1 <= len(house.store.demands) <= hours
    campaigns.go_on(hours=24)
    ended = campaigns.run(campaign)
    assert (ended.state, ended.count("done")) == (State.ENDED, len(house.store.demands))


def test_its_pace_is_so_many_people_in_an_hour(house: SmallHouse, campaigns: Campaigning) -> None:
    campaigns.crowd(30)
    campaigns.agreed(per_hour=10)
    for _ in range(60):
        campaigns.go_on(minutes=1)
    assert 10 <= len(house.store.demands) <= 15


def test_it_is_never_for_more_people_than_were_agreed_on(house: SmallHouse, campaigns: Campaigning) -> None:
    campaigns.crowd(3)
    campaign = campaigns.agreed()
    for number in range(5):
        house.add(f"new{number}")
    campaigns.count()
    ended = campaigns.run(campaign)
    assert (ended.ended, len(house.store.demands)) == ("number", 4)


def test_it_is_paused_set_going_and_ended(house: SmallHouse, campaigns: Campaigning) -> None:
    campaigns.crowd(20)
    campaign = campaigns.agreed(per_hour=60)
    campaigns.go_on()
    before = len(house.store.demands)
    assert before == 5
    campaigns.desk.pause(ADA, campaign.id, "a storm")
    campaigns.go_on(minutes=30)
    assert len(house.store.demands) == before
    campaigns.desk.resume(ADA, campaign.id, "over")
    campaigns.go_on(minutes=1)
    assert len(house.store.demands) == before + 5
    campaigns.desk.end(ADA, campaign.id, "enough")
    campaigns.go_on(minutes=30)
    with pytest.raises(NotAllowed):
        campaigns.desk.resume(ADA, campaign.id, "again")
    assert len(house.store.demands) == before + 5


def test_set_going_twice_it_is_no_faster(house: SmallHouse, campaigns: Campaigning) -> None:
    campaigns.crowd(30)
    campaign = campaigns.agreed(per_hour=60)
    for _ in range(3):
        campaigns.desk.pause(ADA, campaign.id, "a storm")
        campaigns.desk.resume(ADA, campaign.id, "over")
    for _ in range(10):
        campaigns.go_on(minutes=1)
    assert len(house.store.demands) <= 15


def test_it_stops_by_itself_where_too_much_fails(house: SmallHouse, campaigns: Campaigning) -> None:
    campaigns.crowd(30)
    directory(house).refusing = {f"p{number:03}" for number in range(30)}
    stopped = campaigns.run(campaigns.agreed())
    assert (stopped.state, stopped.ended) == (State.PAUSED, "failures")
    assert stopped.handled == 10
    assert stopped.tally["failed:refused"] >= 9
    assert happened(house, "campaign.paused") == [f"campaign.paused {stopped.id} failures"]
    listed = campaigns.desk.failed(stopped.id)
    assert {(one.name[:1], one.why) for one in listed} == {("P", "refused")}


def test_a_silent_directory_spoils_nobodys_turn(house: SmallHouse, campaigns: Campaigning) -> None:
    campaigns.crowd(3)
    campaign = campaigns.agreed()
    house.store.trouble = StoreUnavailable("silent")
    campaigns.go_on(minutes=5)
    assert campaigns.desk.look(campaign.id).tally == {}
    house.store.trouble = None
    assert campaigns.run(campaign).count("done") == 4


def test_a_lost_answer_is_looked_up(house: SmallHouse, campaigns: Campaigning) -> None:
    house.store.loses_answers = True
    ended = campaigns.run(campaigns.agreed())
    assert (ended.count("done"), len(house.store.demands)) == (1, 1)


def test_nobody_is_handled_twice_when_the_process_dies_in_the_middle(house: SmallHouse, campaigns: Campaigning) -> None:
    campaigns.crowd(9)
    campaign = campaigns.agreed()
    die_at_order(house, 3)
    now = campaigns.desk.look(campaign.id)
    assert (now.count("done"), now.count("begun")) == (2, 1)
    ended = campaigns.run(campaign)
    assert (ended.state, ended.count("done"), ended.count("begun")) == (State.ENDED, 10, 0)
    assert set(Counter(house.store.demands).values()) == {1}
    assert len(happened(house, "campaign.change-demanded")) == 10


def test_an_order_that_never_arrived_is_told_and_not_given_again(house: SmallHouse, campaigns: Campaigning) -> None:
    campaign = campaigns.agreed()
    die_at_order(house, 1)
    house.store.change("id-of-jo", state=AccountState())
    ended = campaigns.run(campaign)
    assert ended.tally["failed:interrupted"] == 1
    assert len(house.store.demands) == 1


def test_who_lacks_methods_is_invited_and_nobody_else(house: SmallHouse, campaigns: Campaigning) -> None:
    for name in ("kim", "lee"):
        stranded(house, name)
    campaigns.count()
    ended = campaigns.run(campaigns.agreed(Kind.INVITE))
    assert (ended.ended, ended.count("done"), ended.messages) == ("all", 2, 2)
    told = house.sent("email")
    assert len(told) == 2
    assert "Add a method: sign in at reset.example.org/methods." in str(told[0].text)
    assert len(happened(house, "enrolment.invited")) == 2


def test_nobody_is_invited_twice_in_a_week(house: SmallHouse, campaigns: Campaigning) -> None:
    stranded(house, "kim")
    campaigns.count()
    assert campaigns.run(campaigns.agreed(Kind.INVITE)).count("done") == 1
    assert campaigns.run(campaigns.agreed(Kind.INVITE)).tally == {"skipped:lately": 1}
    house.clock.forward(days=7)
    campaigns.count()
    assert campaigns.run(campaigns.agreed(Kind.INVITE)).count("done") == 1


def test_its_messages_have_a_budget(house: SmallHouse, campaigns: Campaigning) -> None:
    for number in range(5):
        stranded(house, f"kim{number}")
    campaigns.count()
    ended = campaigns.run(campaigns.agreed(Kind.INVITE, messages=3))
    assert (ended.ended, ended.count("done"), ended.messages) == ("budget", 3, 3)
    assert len(house.sent("email")) == 3


def test_whoever_has_no_address_is_named(house: SmallHouse, campaigns: Campaigning) -> None:
    stranded(house, "kim", ())
    campaigns.count()
    ended = campaigns.run(campaigns.agreed(Kind.INVITE))
    assert ended.tally == {"failed:no-address": 1}
    assert [(one.name, one.why) for one in campaigns.desk.failed(ended.id)] == [("Kim", "no-address")]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"stores": ()}, "stores"),
        ({"stores": ("nowhere",)}, "stores"),
        ({"closes_at": timedelta(hours=-1)}, "closes_at"),
        ({"closes_at": timedelta(days=91)}, "closes_at"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(house: SmallHouse, campaigns: Campaigning, changes: dict, field: str) -> None:
    moved = {name: house.clock() + one if isinstance(one, timedelta) else one for name, one in changes.items()}
    with pytest.raises(NotAllowed) as refused:
        campaigns.desk.ask(ADA, campaigns.plan(**moved, people=1), "a leak")
    assert field in refused.value.at


def test_a_directory_that_cannot_demand_it_is_refused(
    house: SmallHouse, campaigns: Campaigning, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = campaigns.plan()
    monkeypatch.setattr("keyback.core.service.campaigning.campaigns.CanDemandChange", Plan)
    with pytest.raises(NotAllowed, match="can't be told") as refused:
        campaigns.desk.ask(ADA, plan, "a leak")
    assert "stores" in refused.value.at


def test_what_was_agreed_on_too_late_is_not_begun(house: SmallHouse, campaigns: Campaigning) -> None:
    campaign = campaigns.desk.ask(ADA, campaigns.plan(), "a leak")
    house.clock.forward(hours=25)
    with pytest.raises(NotAllowed):
        campaigns.desk.approvals.approve(BO, campaign.approval)
    assert campaigns.desk.look(campaign.id).state is State.WAITING
    assert [one.id for one in campaigns.desk.listed()] == [campaign.id]
    assert replace(campaign.plan, people=2) != campaign.plan
