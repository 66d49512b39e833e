"""A second account joined by a second sign-in at the same identity provider: who may, how long, and what it leaves."""

from __future__ import annotations

import pytest
from servers.entrance import IDLE, LONGEST, Entrance, PretendIdp
from servers.small_house import SmallHouse

from keyback.core.contracts.errors import NotAllowed, OutOfTurn
from keyback.core.service.enrolling.door import open_door
from keyback.core.service.enrolling.signed_in import FRESH, SignedIn
from keyback.core.service.enrolling.signing_in import SessionRules
from keyback.core.service.enrolling.vouching import SignInRefused


@pytest.fixture
def entrance(house: SmallHouse) -> Entrance:
    idp = PretendIdp()
    return Entrance(house, idp, open_door(house.staff, idp, SessionRules("fake", IDLE, LONGEST)))


@pytest.fixture
def as_kim(entrance: Entrance) -> SignedIn:
    """Jo, who signed in once more a moment ago, as kim."""
    entrance.house.add("kim")
    entrance.sign_in()
    entrance.idp.name = "kim"
    entrance.come_back(entrance.set_out("/accounts/join/signed-in", joins=True))
    assert entrance.who is not None
    return entrance.who


def test_the_session_goes_on_and_nothing_is_joined_until_they_say_so(entrance: Entrance, as_kim: SignedIn) -> None:
    linking = entrance.house.staff.linking
    assert as_kim.person.accounts[0].name == "jo"
    assert entrance.idp.departures[-1].fresh
    assert [account.name for account in linking.accounts.look(as_kim)] == ["jo"]
    seen = linking.vouched(as_kim)
    assert seen is not None
    assert seen.name == "kim"


def test_the_account_that_they_signed_in_to_is_joined_once(entrance: Entrance, as_kim: SignedIn) -> None:
    linking = entrance.house.staff.linking
    link = linking.join_signed_in(as_kim)
    assert (link.host.id, link.joined.id, link.how) == ("id-of-jo", "id-of-kim", "sign-in")
    assert link.counts_from > entrance.house.clock()
    with pytest.raises(OutOfTurn):
        linking.join_signed_in(as_kim)


def test_only_the_session_that_set_out_can_join_it(entrance: Entrance, as_kim: SignedIn) -> None:
    """Somebody else's browser, and another one of the same person."""
    entrance.idp.name, entrance.key, entrance.browser = "jo", "", ""
    entrance.sign_in()
    other = entrance.who
    assert other is not None
    assert other.person == as_kim.person
    with pytest.raises(OutOfTurn):
        entrance.house.staff.linking.join_signed_in(other)


def test_it_is_forgotten_after_five_minutes(entrance: Entrance, as_kim: SignedIn) -> None:
    entrance.house.clock.time += FRESH
    assert entrance.house.staff.linking.vouched(as_kim) is None


def test_whoever_is_not_served_is_not_joined_either(entrance: Entrance) -> None:
    entrance.house.add("kim", privileged=True)
    entrance.sign_in()
    entrance.idp.name = "kim"
    answer = entrance.set_out(joins=True)
    with pytest.raises(SignInRefused, match="by hand"):
        entrance.come_back(answer)
    assert entrance.who is not None
    assert entrance.house.staff.linking.vouched(entrance.who) is None


def test_the_account_that_they_are_signed_in_with_is_no_second_one(entrance: Entrance) -> None:
    entrance.sign_in()
    entrance.come_back(entrance.set_out(joins=True))
    assert entrance.who is not None
    with pytest.raises(NotAllowed, match="signed in with"):
        entrance.house.staff.linking.join_signed_in(entrance.who)


def test_whoever_is_not_signed_in_here_signs_in_and_joins_nothing(entrance: Entrance) -> None:
    arrived = entrance.come_back(entrance.set_out(joins=True))
    assert arrived.key
    assert entrance.who is not None
    assert entrance.house.staff.linking.vouched(entrance.who) is None
