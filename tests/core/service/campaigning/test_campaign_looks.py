"""Somebody with joined accounts is one person, whichever of them is closed, gone, or in the group that it is for."""

from __future__ import annotations

import pytest
from servers.campaigning import Campaigning, die_at_order, directory, stranded
from servers.desk import happened

from keyback.core.contracts.errors import NotAllowed, StoreUnavailable
from keyback.core.contracts.people import AccountState
from keyback.core.service.campaigning.campaigns import Kind


@pytest.mark.parametrize(
    ("stores", "demanded"), [(("cloud",), (0, 1)), (("fake",), (1, 0)), (("fake", "cloud"), (1, 1))]
)
def test_a_joined_person_is_one_person_and_reached_in_every_directory_that_was_agreed_on(
    joined: Campaigning, stores: tuple[str, ...], demanded: tuple[int, int]
) -> None:
    ended = joined.run(joined.agreed(stores=stores))
    assert (ended.plan.people, ended.count("done"), ended.count("failed")) == (1, 1, 0)
    house = joined.house
    assert house.cloud is not None
    assert (len(house.store.demands), len(house.cloud.demands)) == demanded
    told = happened(house, "campaign.change-demanded")
    assert sorted(one.rpartition(" ")[2] for one in told) == sorted(stores)


def test_a_joined_person_of_whom_one_directory_refuses_is_not_done(joined: Campaigning) -> None:
    directory(joined.house).refusing.add("jo")
    ended = joined.run(joined.agreed(stores=("fake", "cloud")))
    assert (ended.count("done"), ended.count("failed")) == (0, 1)
    assert joined.house.cloud is not None
    assert len(joined.house.cloud.demands) == 1


def test_a_joined_person_who_rules_others_by_one_account_is_passed_over(joined: Campaigning) -> None:
    plan = joined.plan(stores=("fake", "cloud"))
    joined.house.store.change("id-of-jo", privileged=True)
    ended = joined.run(joined.agreed(stores=("fake", "cloud"), people=plan.people))
    assert (ended.handled, ended.count("skipped")) == (0, 1)


@pytest.mark.parametrize("stores", [("fake",), ("cloud",), ("fake", "cloud")])
@pytest.mark.parametrize("lost", ["fake", "cloud"])
@pytest.mark.parametrize("how", ["closed", "deleted"])
def test_a_joined_person_is_reached_at_the_account_that_is_left_whichever_is_the_first(
    joined: Campaigning, stores: tuple[str, ...], lost: str, how: str
) -> None:
    house, cloud = joined.house, joined.annex
    store, account_id = (house.store, "id-of-jo") if lost == "fake" else (cloud, "cloud-id-of-jo")
    if how == "closed":
        store.change(account_id, state=AccountState(enabled=False))
    else:
        store.remove(account_id)
    joined.count()
    if stores == (lost,):
        assert joined.plan(stores=stores).people == 0
        return
    ended = joined.run(joined.agreed(stores=stores))
    assert (ended.plan.people, ended.count("done")) == (1, 1)
    assert (len(house.store.demands), len(cloud.demands)) == ((0, 1) if lost == "fake" else (1, 0))


@pytest.mark.parametrize("member", ["fake", "cloud"])
def test_a_joined_person_is_found_by_the_groups_of_any_account_and_asked_at_that_one(
    joined: Campaigning, member: str
) -> None:
    house, cloud = joined.house, joined.annex
    joined.crowd(2)
    store, account_id = (house.store, "id-of-jo") if member == "fake" else (cloud, "cloud-id-of-jo")
    store.change(account_id, groups=frozenset({"sales"}))
    stores = ("fake", "cloud")
    with pytest.raises(NotAllowed, match="Nobody was told apart"):
        joined.plan(stores=stores, groups=("sales",))
    joined.house.staff.counting.work()
    other = ({"fake", "cloud"} - {member}).pop()
    assert joined.plan(stores=(other,), groups=("sales",)).people == 0
    ended = joined.run(joined.agreed(stores=stores, groups=("sales",)))
    assert (ended.plan.people, ended.count("done")) == (1, 1)
    assert (len(house.store.demands), len(cloud.demands)) == ((1, 0) if member == "fake" else (0, 1))


def test_nobody_is_told_apart_by_a_group_before_everybody_was_counted_by_it(joined: Campaigning) -> None:
    stores = joined.house.snapshots.current.plugins.stores
    with pytest.raises(NotAllowed, match="Nobody was told apart"):
        joined.plan(stores=("cloud",), groups=("sales",))
    joined.house.staff.counting._count(stores["cloud"])
    with pytest.raises(NotAllowed, match="Nobody was told apart"):
        joined.plan(stores=("cloud",), groups=("sales",))
    directory(joined.house).trouble = StoreUnavailable("silent")
    joined.house.staff.counting.work()
    assert joined.plan(stores=("cloud",), groups=("sales",)).people == 0


def test_a_silent_directory_has_nobody_counted_twice_or_not_at_all(joined: Campaigning) -> None:
    for silent in (directory(joined.house), joined.annex):
        silent.trouble = StoreUnavailable("silent")
        joined.count()
        assert joined.plan(stores=("fake", "cloud")).people == 1
        silent.trouble = None


def test_a_joined_person_is_invited_at_every_address(joined: Campaigning) -> None:
    house = joined.house
    stranded(house, "jo", ())
    joined.count()
    ended = joined.run(joined.agreed(Kind.INVITE, stores=("fake",)))
    assert ended.count("done") == 1
    assert [message.to for message in house.sent("email")] == ["jo@cloud.example"]


def test_of_a_joined_person_the_open_account_is_asked_and_it_is_said_that_a_closed_one_was_left_out(
    joined: Campaigning,
) -> None:
    cloud = joined.annex
    cloud.change("cloud-id-of-jo", state=AccountState(enabled=False))
    ended = joined.run(joined.agreed(stores=("fake", "cloud")))
    assert ended.tally["done:closed"] == ended.count("done") == 1
    assert (len(joined.house.store.demands), len(cloud.demands)) == (1, 0)


def test_an_account_that_is_due_already_or_gone_is_not_said_to_be_left_out(joined: Campaigning) -> None:
    campaign = joined.agreed(stores=("fake", "cloud"))
    joined.annex.change("cloud-id-of-jo", state=AccountState(must_change=True))
    assert joined.run(campaign).tally["done"] == 1


@pytest.mark.parametrize("closed", [True, False])
def test_a_turn_that_was_broken_off_is_looked_up_at_the_accounts_that_were_asked_alone(
    joined: Campaigning, closed: bool
) -> None:
    cloud = joined.annex
    state = AccountState(enabled=False) if closed else AccountState(must_change=True)
    cloud.change("cloud-id-of-jo", state=state)
    campaign = joined.agreed(stores=("fake", "cloud"))
    die_at_order(joined.house, 1)
    ended = joined.run(campaign)
    assert (ended.count("done"), ended.count("failed"), ended.count("begun")) == (1, 0, 0)
    assert ("done:closed" in ended.tally) is closed
    assert (len(joined.house.store.demands), len(cloud.demands)) == (1, 0)
    (told,) = happened(joined.house, "campaign.change-demanded")
    assert told.endswith(" fake")


def test_a_turn_that_was_broken_off_between_two_accounts_failed(joined: Campaigning) -> None:
    campaign = joined.agreed(stores=("fake", "cloud"))
    die_at_order(joined.house, 1)
    ended = joined.run(campaign)
    assert ended.tally["failed:interrupted"] == 1
    (asked,) = [*joined.house.store.demands, *joined.annex.demands]
    (told,) = happened(joined.house, "campaign.change-demanded")
    assert told.endswith(f" {asked.store}")
