"""Is this still right? An address is, when its code comes back; and that opens nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from servers.small_house import SmallHouse
from signed_in_sessions import InSession, sign_in

from keyback.core.contracts.errors import NotAllowed
from keyback.core.service.enrolling.address_checks import AddressChecks
from keyback.core.service.enrolling.enrol import SignInAgain
from keyback.core.service.enrolling.fresh_proofs import TRIES, Missed

HOME = "jo@home.example"


def checks(house: SmallHouse) -> AddressChecks:
    return house.staff.enrolling.checks


@pytest.fixture
def mailbox(house: SmallHouse) -> str:
    """Added half a year ago."""
    jo = sign_in(house, key="key-0").who
    kept, now = {"to": HOME}, house.clock()
    with house.records.db.write() as tx:
        added = house.records.enrolments.add(
            tx, jo.person.id, "email", "j••••@ho••••.example", kept, proven_at=now, usable_from=now
        )
    house.clock.forward(days=180)
    return added


@pytest.fixture
def jo(house: SmallHouse, mailbox: str) -> InSession:
    return sign_in(house)


def old(house: SmallHouse, jo: InSession) -> set[str]:
    return {mine.id for mine in house.staff.enrolling.renewal.due(jo.who).old}


def ask(house: SmallHouse, jo: InSession, mailbox: str) -> str:
    """Which way was asked."""
    way = checks(house).way_of(jo.who, mailbox)
    checks(house).begin(jo.who, way)
    house.work()
    return way


def mailed(house: SmallHouse) -> str:
    assert house.sent("email")[-1].to == HOME
    return str(house.sent("email")[-1].subject).split()[0]


def test_it_is_right_when_the_code_comes_back(house: SmallHouse, jo: InSession, mailbox: str) -> None:
    assert mailbox in old(house, jo)
    way = ask(house, jo, mailbox)
    assert mailbox in old(house, jo)
    checks(house).answer(jo.who, way, {"code": mailed(house)})
    assert mailbox not in old(house, jo)


def test_a_wrong_code_confirms_nothing_and_is_counted(house: SmallHouse, jo: InSession, mailbox: str) -> None:
    way = ask(house, jo, mailbox)
    wrong = "0" * 8 if mailed(house) != "0" * 8 else "1" * 8
    with pytest.raises(Missed) as missed:
        checks(house).answer(jo.who, way, {"code": wrong})
    assert missed.value.left == TRIES - 1
    assert mailbox in old(house, jo)


def test_nobody_may_change_their_methods_by_it(house: SmallHouse, jo: InSession, mailbox: str) -> None:
    long_ago = sign_in(house, key="key-2", ago=timedelta(hours=1))
    way = ask(house, long_ago, mailbox)
    checks(house).answer(long_ago.who, way, {"code": mailed(house)})
    assert not long_ago.who.is_fresh(house.clock())
    with pytest.raises(SignInAgain):
        house.staff.enrolling.remove(long_ago.who, mailbox)


def test_its_code_is_no_proof_in_the_place_of_a_sign_in(house: SmallHouse, jo: InSession, mailbox: str) -> None:
    way = ask(house, jo, mailbox)
    with pytest.raises(NotAllowed):
        house.staff.enrolling.proofs.answer(jo.who, way, {"code": mailed(house)})


def test_what_is_no_address_has_no_code_to_send(house: SmallHouse, jo: InSession) -> None:
    (paper,) = [mine.id for mine in house.staff.enrolling.mine.look(jo.who).mine if mine.method == "saved_codes"]
    assert checks(house).way_of(jo.who, paper) == ""
    assert checks(house).way_of(jo.who, "somebody else's") == ""
