"""What was typed and not sent: of this session, for this page, once; and handed on to the session that follows."""

from __future__ import annotations

from servers.small_house import SmallHouse
from signed_in_sessions import InSession, sign_in

from keyback.core.db.sign_ins import digest
from keyback.core.service.drafts import Drafts

PAGE, TYPED = "/methods/add", {"method": "sms", "destination": "+43 664 1234567"}


def of(house: SmallHouse) -> Drafts:
    return house.staff.enrolling.drafts


def hand_on(house: SmallHouse, ended: InSession, begun: InSession) -> None:
    person = begun.who.person.id
    with house.records.db.write() as tx:
        of(house).hand_on(tx, digest(ended.key), digest(begun.key), person)


def test_it_is_taken_once_by_its_own_page(house: SmallHouse) -> None:
    jo = sign_in(house)
    of(house).keep(jo.who, PAGE, TYPED)
    assert of(house).take(jo.who, "/methods") == {}
    assert of(house).take(jo.who, PAGE) == TYPED
    assert of(house).take(jo.who, PAGE) == {}


def test_the_newest_one_counts(house: SmallHouse) -> None:
    jo = sign_in(house)
    of(house).keep(jo.who, "/methods/rename/x", {"called": "Paper"})
    of(house).keep(jo.who, PAGE, TYPED)
    assert of(house).take(jo.who, "/methods/rename/x") == {}
    assert of(house).take(jo.who, PAGE) == TYPED


def test_it_comes_along_into_the_session_that_takes_the_place_of_theirs(house: SmallHouse) -> None:
    before, after = sign_in(house), sign_in(house, key="key-2")
    of(house).keep(before.who, PAGE, TYPED)
    hand_on(house, before, after)
    assert of(house).take(before.who, PAGE) == {}
    assert of(house).take(after.who, PAGE) == TYPED


def test_whoever_signs_in_after_somebody_else_on_the_same_computer_sees_nothing(house: SmallHouse) -> None:
    house.add("eve")
    jo, eve = sign_in(house), sign_in(house, "eve", key="key-2")
    of(house).keep(jo.who, PAGE, TYPED)
    hand_on(house, jo, eve)
    assert of(house).take(eve.who, PAGE) == {}


def test_it_is_gone_after_ten_minutes(house: SmallHouse) -> None:
    jo = sign_in(house)
    of(house).keep(jo.who, PAGE, TYPED)
    house.clock.forward(minutes=10)
    assert of(house).take(jo.who, PAGE) == {}
