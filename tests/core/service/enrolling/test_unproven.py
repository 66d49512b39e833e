"""What only the directory knows of somebody: it proves nothing until a code that went there came back."""

from __future__ import annotations

import pytest
from servers.adding import OWN_MAIL, OWN_PHONE, codes, mine, signed_in
from servers.small_house import SmallHouse

from keyback.core.contracts.errors import NotAllowed
from keyback.core.contracts.people import Contact, ContactKind
from keyback.core.service.enrolling.enrol import Wrong
from keyback.core.service.enrolling.signed_in import SignedIn


@pytest.fixture
def house(on_either: SmallHouse) -> SmallHouse:
    """jo has nothing of the kind."""
    return on_either


@pytest.fixture
def unproven(house: SmallHouse) -> SignedIn:
    """Somebody whose directory names a phone and a mailbox that anybody may have written there."""
    contacts = (
        Contact(ContactKind.PHONE, "+43 664 123 45 06", "mobile"),
        Contact(ContactKind.MAIL, OWN_MAIL, "mail"),
        Contact(ContactKind.PHONE, "12", "pager"),
    )
    house.add("ann", contacts=contacts)
    return signed_in(house, "ann")


def test_what_only_the_directory_says_is_listed_unconfirmed_and_proves_nothing(
    house: SmallHouse, unproven: SignedIn
) -> None:
    overview = house.staff.enrolling.mine.look(unproven)
    assert {(one.method, one.end) for one in overview.mine if one.unproven} == {
        ("sms", "+XX XXXXXXX06"),
        ("email", "j••••@ho••••.example"),
    }
    assert overview.get_back.have == ("saved_codes",)


def test_it_is_theirs_once_a_code_that_went_there_came_back(house: SmallHouse, unproven: SignedIn) -> None:
    (way,) = [one.unproven for one in mine(house, unproven) if one.unproven and one.method == "sms"]
    house.staff.enrolling.begin(unproven, "sms", way)
    house.work()
    challenge = house.staff.enrolling.pending(unproven, "sms")
    assert challenge is not None
    assert str(challenge.prompt.text).startswith("+XX XXXXXXX06 gets a text")
    house.staff.enrolling.confirm(unproven, "sms", {"code": codes(house, OWN_PHONE)[-1]})
    (line,) = [one for one in mine(house, unproven) if one.method == "sms"]
    assert line.id
    assert not line.unproven


def test_what_was_never_typed_is_not_shown_on_the_way_back(house: SmallHouse, unproven: SignedIn) -> None:
    (way,) = [one.unproven for one in mine(house, unproven) if one.unproven and one.method == "sms"]
    house.staff.enrolling.begin(unproven, "sms", way)
    house.staff.enrolling.addresses.back(unproven, "sms")
    underway = house.staff.enrolling.addresses.underway(unproven, "sms")
    assert underway is not None
    assert underway.typed == {}


def test_only_ones_own_list_can_be_confirmed(house: SmallHouse, unproven: SignedIn) -> None:
    (way,) = [one.unproven for one in mine(house, unproven) if one.unproven and one.method == "sms"]
    for who, key in ((signed_in(house), "sms"), (unproven, "email")):
        with pytest.raises(NotAllowed):
            house.staff.enrolling.begin(who, key, way)
    house.work()
    assert house.channel.sent == []


def test_where_nobody_said_which_regions_only_what_the_directory_knows_can_be_confirmed(
    house: SmallHouse, unproven: SignedIn
) -> None:
    object.__setattr__(house.around, "media", {})
    assert "sms" not in [key for key, _ in house.staff.enrolling.mine.look(unproven).can_add]
    (way,) = [one.unproven for one in mine(house, unproven) if one.unproven and one.method == "sms"]
    house.staff.enrolling.begin(unproven, "sms", way)
    house.work()
    assert house.staff.enrolling.confirm(unproven, "sms", {"code": codes(house, OWN_PHONE)[-1]})
    house.staff.enrolling.begin(unproven, "sms")
    with pytest.raises(Wrong) as wrong:
        house.staff.enrolling.confirm(unproven, "sms", {"region": "AT", "destination": "0664 1234507"})
    assert str(wrong.value.reason) == "Your organisation doesn't send to Austria."


def test_what_nobody_carries_cannot_be_added(house: SmallHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(house.channel), "media", frozenset({"sms"}))
    assert [key for key, _ in house.staff.enrolling.mine.look(signed_in(house)).can_add] == ["sms", "saved_codes"]
