"""Whom the help desk may serve: not themselves, not who is above them, and nobody without a trace."""

from __future__ import annotations

from datetime import timedelta

import pytest
from servers.desk import ADA, AGENT, CONSOLE_GROUP, HELP_DESK, desk_of, details_of, happened
from servers.small_house import MAIL, SmallHouse

from keyback.core.contracts.errors import MustWait, NotAllowed, StoreUnavailable
from keyback.core.recovery import limits
from keyback.core.service.administrators.actor import Actor
from keyback.core.service.helping.desk_reach import GOOD_FOR, NOBODY


def refused(house: SmallHouse, name: str, actor: Actor = AGENT) -> str:
    with pytest.raises(NotAllowed) as error:
        desk_of(house).reach.find(actor, name)
    return str(error.value.reason)


def test_they_are_found_by_their_name(house: SmallHouse) -> None:
    served = desk_of(house).reach.find(AGENT, "jo")
    assert (served.account.name, served.higher) == ("jo", False)
    assert desk_of(house).reach.open(AGENT, served.handle).person == served.person


def test_every_look_up_leaves_an_event_with_who_looked_for_whom(house: SmallHouse) -> None:
    desk_of(house).reach.find(AGENT, "jo")
    refused(house, "nobody-at-all")
    assert happened(house) == ["desk.looked-up False", "desk.looked-up True"]
    assert sorted(each["name"] for each in details_of(house, "desk.looked-up")) == ["jo", "nobody-at-all"]
    assert {each["who"] for each in details_of(house, "desk.looked-up")} == {"agnes"}


def test_whom_they_may_not_serve_reads_as_nobody(house: SmallHouse) -> None:
    house.add("boss", privileged=True)
    house.add("agnes", contacts=())
    house.add("auditor", groups=frozenset({CONSOLE_GROUP}))
    names = ("nobody-at-all", "boss", "agnes", "AGNES", "auditor", "a" * 300, "*")
    assert {refused(house, name) for name in names} == {str(NOBODY)}


@pytest.mark.parametrize("theirs", [f"CN={CONSOLE_GROUP.title()},OU=Groups,DC=acme", f"/staff/{CONSOLE_GROUP}"])
def test_whoever_works_in_the_console_is_known_by_what_their_group_is_called(house: SmallHouse, theirs: str) -> None:
    """The identity provider seldom writes it as the directory does."""
    house.add("auditor", groups=frozenset({"CN=Everybody,OU=Groups,DC=acme", theirs}))
    assert refused(house, "auditor") == str(NOBODY)
    assert desk_of(house).reach.find(ADA, "auditor").higher


def test_an_agent_is_known_by_whatever_their_directory_calls_them(house: SmallHouse) -> None:
    for name in (MAIL.upper(), "Jo", "id-of-jo"):
        assert refused(house, "jo", Actor("idp|jo", name, HELP_DESK)) == str(NOBODY)


def test_an_administrator_finds_who_rules_others_and_it_is_said(house: SmallHouse) -> None:
    house.add("boss", privileged=True)
    assert desk_of(house).reach.find(ADA, "boss").higher


def test_nobody_serves_themselves_whatever_their_role(house: SmallHouse) -> None:
    house.add("ada")
    assert refused(house, "ada", ADA) == str(NOBODY)


def test_one_linked_account_that_rules_others_makes_the_person_higher(linked: SmallHouse) -> None:
    assert linked.cloud is not None
    linked.cloud.change("cloud-id-of-jo", privileged=True)
    assert refused(linked, "jo") == str(NOBODY)
    assert desk_of(linked).reach.find(ADA, "jo").higher


def test_a_linked_directory_that_is_silent_lets_nobody_through(linked: SmallHouse) -> None:
    assert linked.cloud is not None
    reach = desk_of(linked).reach
    handle = reach.find(AGENT, "jo").handle
    linked.cloud.trouble = StoreUnavailable("down")
    with pytest.raises(StoreUnavailable):
        reach.open(AGENT, handle)


def test_a_handle_is_good_for_its_agent_alone_and_for_half_an_hour(house: SmallHouse) -> None:
    reach = desk_of(house).reach
    handle = reach.find(AGENT, "jo").handle
    # Not its end: the last bits of that say nothing.
    another = ("b" if handle[0] == "a" else "a") + handle[1:]
    for actor, what in ((ADA, handle), (AGENT, another), (AGENT, "")):
        with pytest.raises(NotAllowed):
            reach.open(actor, what)
    house.clock.time += GOOD_FOR - timedelta(seconds=1)
    reach.open(AGENT, handle)
    house.clock.forward(seconds=1)
    with pytest.raises(NotAllowed):
        reach.open(AGENT, handle)


def test_whoever_becomes_mighty_meanwhile_is_out_of_reach(house: SmallHouse) -> None:
    reach = desk_of(house).reach
    handle = reach.find(AGENT, "jo").handle
    house.store.change("id-of-jo", privileged=True)
    with pytest.raises(NotAllowed):
        reach.open(AGENT, handle)


def test_a_list_is_not_worked_off_here(house: SmallHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DESK_LOOKS", limits.Quota("desk-looks", most=3, window=limits.HOUR))
    reach = desk_of(house).reach
    for _ in range(3):
        reach.find(AGENT, "jo")
    for _ in range(2):
        with pytest.raises(MustWait):
            reach.find(AGENT, "jo")
    assert happened(house, "limit.reached") == ["limit.reached desk-looks"]
    # Each agent has their own.
    reach.find(ADA, "jo")
    house.clock.forward(hours=1)
    reach.find(AGENT, "jo")
