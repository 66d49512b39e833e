"""What somebody is asked after a sign-in: for one more method, or whether one is still right; once in a session."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pyotp import TOTP
from servers.small_house import SmallHouse, small_house
from signed_in_sessions import InSession, sign_in
from sqlalchemy import select

from keyback.core.contracts.errors import NotAllowed, OutOfTurn
from keyback.core.db import tables
from keyback.core.db.session import Database
from keyback.core.recovery.policy import EnrolmentRules, Policy, ProofRules
from keyback.core.service.enrolling.my_methods import Mine
from keyback.core.service.enrolling.renewal import Due, Renewal
from keyback.plugins.methods.authenticator import Authenticator

APP = "authenticator"
RULES = EnrolmentRules(later_allowed=2, later_for=timedelta(days=7), confirm_again_after=timedelta(days=90))
# What counts here rides on paper or on a device: jo has paper.
NEEDS_A_DEVICE = Policy("p", proof=ProofRules(optional=frozenset({APP, "saved_codes"})), enrolment=RULES)


@pytest.fixture
def house(either_database: Database) -> SmallHouse:
    house = small_house(either_database, methods=[Authenticator(Authenticator.Settings())])
    with house.records.db.write() as tx:
        house.records.settings.save_policies(tx, [NEEDS_A_DEVICE], who="the tests", why="tests")
    with house.records.db.read() as tx:
        house.snapshots.at_least(house.records.settings.version(tx))
    return house


@pytest.fixture
def jo(house: SmallHouse) -> InSession:
    return sign_in(house)


def renewal(house: SmallHouse) -> Renewal:
    return house.staff.enrolling.renewal


def due(house: SmallHouse, jo: InSession) -> Due:
    return renewal(house).due(jo.who)


def later(house: SmallHouse, key: str) -> InSession:
    """Another session, in which it is put off."""
    session = sign_in(house, key=key)
    renewal(house).put_off(session.who)
    return session


def add_app(house: SmallHouse, jo: InSession) -> None:
    house.staff.enrolling.begin(jo.who, APP)
    challenge = house.staff.enrolling.pending(jo.who, APP)
    assert challenge is not None
    code = TOTP(challenge.secret["secret"]).at(house.clock())
    house.staff.enrolling.confirm(jo.who, APP, {"code": code})


def only(house: SmallHouse, jo: InSession, method: str) -> Mine:
    (found,) = [mine for mine in house.staff.enrolling.mine.look(jo.who).mine if mine.method == method]
    return found


def events(house: SmallHouse) -> list[tuple[str, str]]:
    with house.records.db.read() as tx:
        rows = tx.execute(select(tables.event).order_by(tables.event.c.id))
        return [(row.name, row.data) for row in rows if row.name.startswith("enrolment.")]


def test_whoever_has_too_little_is_asked_and_whoever_added_it_is_not(house: SmallHouse, jo: InSession) -> None:
    asked = due(house, jo).adding
    assert asked is not None
    assert (asked.left, asked.until) == (2, house.clock() + timedelta(days=7))
    add_app(house, jo)
    assert not due(house, jo).anything


def test_later_holds_for_this_session_and_counts_for_all(house: SmallHouse, jo: InSession) -> None:
    renewal(house).put_off(jo.who)
    assert not due(house, jo).anything
    other = due(house, sign_in(house, key="key-2")).adding
    assert other is not None
    assert other.left == 1
    assert events(house) == [("enrolment.put-off", '{"left": 1}')]


def test_then_it_cannot_be_put_off_any_more(house: SmallHouse, jo: InSession) -> None:
    later(house, "key-2")
    last = later(house, "key-3")
    # It was allowed for that session.
    assert not due(house, last).anything
    assert due(house, jo).forced
    with pytest.raises(NotAllowed):
        renewal(house).put_off(jo.who)
    assert due(house, jo).forced
    assert [name for name, _ in events(house)] == ["enrolment.put-off"] * 2


def test_after_the_day_it_cannot_be_put_off_either(house: SmallHouse) -> None:
    later(house, "key-2")
    house.clock.forward(days=7)
    jo = sign_in(house, key="key-3")
    assert due(house, jo).forced
    add_app(house, jo)
    assert not due(house, jo).anything


def test_who_loses_it_one_day_may_say_later_as_often_as_at_first(house: SmallHouse, jo: InSession) -> None:
    later(house, "key-2")
    later(house, "key-3")
    add_app(house, jo)
    renewal(house).enough(jo.who)
    house.staff.enrolling.remove(jo.who, only(house, jo, APP).id)
    asked = due(house, jo).adding
    assert asked is not None
    assert asked.left == 2


def test_nobody_is_asked_for_what_cannot_be_added(house: SmallHouse, jo: InSession) -> None:
    hidden = Policy("p", proof=ProofRules(optional=frozenset({"email", "saved_codes"})), enrolment=RULES)
    house.store.change("id-of-jo", contacts=())
    with house.records.db.write() as tx:
        house.records.settings.save_policies(tx, [hidden], who="the tests", why="tests")
    with house.records.db.read() as tx:
        house.snapshots.at_least(house.records.settings.version(tx))
    seen = house.staff.enrolling.mine.look(sign_in(house, key="key-2").who)
    assert not seen.get_back.yes
    assert seen.short == bool(seen.get_back.help)


def test_what_still_waits_counts_because_they_did_their_part(house: SmallHouse, jo: InSession) -> None:
    now, person = house.clock(), jo.who.person.id
    with house.records.db.write() as tx:
        house.records.enrolments.add(
            tx, person, APP, "", {"secret": "A" * 32, "used": "0"}, proven_at=now, usable_from=now + timedelta(days=3)
        )
    assert not house.staff.enrolling.mine.look(jo.who).get_back.yes
    assert not due(house, jo).anything


def test_codes_that_are_used_up_are_none(house: SmallHouse, jo: InSession) -> None:
    add_app(house, jo)
    way = only(house, jo, "saved_codes").way
    for paper in house.paper:
        house.staff.enrolling.proofs.begin(jo.who, way)
        house.staff.enrolling.proofs.answer(jo.who, way, {"code": paper})
    assert due(house, jo).adding is not None


# Is this still right? ---------------------------------------------------------------------------------------------


def test_what_is_old_is_asked_about_until_they_say_yes(house: SmallHouse, jo: InSession) -> None:
    add_app(house, jo)
    house.clock.forward(days=90)
    session = sign_in(house, key="key-2")
    assert {mine.method for mine in due(house, session).old} == {APP, "saved_codes"}
    for mine in due(house, session).old:
        renewal(house).confirm(session.who, mine.id)
    assert not due(house, session).anything
    assert [name for name, _ in events(house)][-2:] == ["enrolment.confirmed"] * 2
    house.clock.forward(days=90)
    assert len(due(house, sign_in(house, key="key-3")).old) == 2


def test_what_proved_something_lately_is_not_asked_about(house: SmallHouse, jo: InSession) -> None:
    add_app(house, jo)
    house.clock.forward(days=89)
    visit = house.start()
    visit.prove_by_mail()
    session = sign_in(house, key="key-2")
    way = only(house, session, "saved_codes").way
    house.staff.enrolling.proofs.begin(session.who, way)
    house.staff.enrolling.proofs.answer(session.who, way, {"code": house.paper[0]})
    house.clock.forward(days=1)
    assert [mine.method for mine in due(house, sign_in(house, key="key-3")).old] == [APP]


def test_putting_a_question_off_is_for_this_session_and_costs_nothing(house: SmallHouse, jo: InSession) -> None:
    add_app(house, jo)
    house.clock.forward(days=90)
    for count in range(5):
        session = sign_in(house, key=f"later-{count}")
        assert due(house, session).old
        renewal(house).put_off(session.who)
        assert not due(house, session).anything
    assert "enrolment.put-off" not in [name for name, _ in events(house)]


def test_nobody_confirms_what_is_not_theirs(house: SmallHouse, jo: InSession) -> None:
    house.add("eve")
    eve = sign_in(house, "eve", key="key-2")
    with pytest.raises(OutOfTurn):
        renewal(house).confirm(eve.who, only(house, jo, "saved_codes").id)


def test_the_page_that_they_wanted_is_kept_with_their_session(house: SmallHouse, jo: InSession) -> None:
    renewal(house).want(jo.who, "/accounts")
    assert jo.who.wanted == "/accounts"
    assert sign_in(house, key="key-2").who.wanted == ""
    renewal(house).want(jo.who, "")
    assert jo.who.wanted == ""


# The default ------------------------------------------------------------------------------------------------------


def test_the_default_is_theirs_to_choose_and_is_one_of_theirs(house: SmallHouse, jo: InSession) -> None:
    add_app(house, jo)
    arranging, way = house.staff.enrolling.arranging, only(house, jo, "saved_codes").way
    arranging.prefer(jo.who, way)
    assert only(house, jo, "saved_codes").default
    assert not only(house, jo, APP).default
    with pytest.raises(OutOfTurn):
        arranging.prefer(jo.who, "saved_codes.of-somebody-else")
    assert only(house, jo, "saved_codes").default
    assert ("enrolment.preferred", '{"method": "saved_codes"}') in events(house)
    house.work()
    # Whoever hears of a change hears of one that matters.
    assert all("default" not in str(message.text).lower() for message in house.channel.sent)
