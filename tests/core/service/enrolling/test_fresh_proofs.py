"""Proof instead of a fresh sign-in: by what they have, few tries, budgets shared with recoveries, five minutes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pyotp import TOTP
from servers.small_house import PHONE, SmallHouse, small_house
from signed_in_sessions import InSession, sign_in
from sqlalchemy import select

from keyback.core.contracts.errors import MustWait, NotAllowed
from keyback.core.db.freezes import Freeze
from keyback.core.db.session import Database
from keyback.core.db.tables import event, session
from keyback.core.recovery import limits
from keyback.core.service.enrolling.enrol import SignInAgain
from keyback.core.service.enrolling.fresh_proofs import TRIES, Missed, TooEarly
from keyback.core.service.enrolling.signed_in import FRESH
from keyback.plugins.methods.authenticator import Authenticator

APP, WAY = "authenticator", "authenticator.app"


@pytest.fixture
def house(tmp_path: Path, migrated: Path) -> Iterator[SmallHouse]:
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'keyback.db')}")
    yield small_house(database, methods=[Authenticator(Authenticator.Settings())])
    database.close()


@pytest.fixture
def jo(house: SmallHouse) -> InSession:
    """Signed in an hour ago; has a mailbox, a phone, three saved codes and an app."""
    fresh = sign_in(house, key="key-0")
    house.staff.enrolling.begin(fresh.who, APP)
    challenge = house.staff.enrolling.pending(fresh.who, APP)
    assert challenge is not None
    seed = challenge.secret["secret"]
    house.staff.enrolling.confirm(fresh.who, APP, {"code": TOTP(seed).at(house.clock())})
    house.clock.forward(minutes=2)
    jo = sign_in(house, ago=timedelta(hours=1))
    jo.seed = seed
    return jo


def code(house: SmallHouse, jo: InSession) -> dict[str, str]:
    return {"code": TOTP(jo.seed).at(house.clock())}


def wrong(house: SmallHouse, jo: InSession) -> dict[str, str]:
    return {"code": "000000" if code(house, jo)["code"] != "000000" else "000001"}


def prove(house: SmallHouse, jo: InSession, answer: dict[str, str], way: str = WAY) -> None:
    house.staff.enrolling.proofs.answer(jo.who, way, answer)


def ways(house: SmallHouse, jo: InSession) -> dict[str, str]:
    return {choice.method: choice.value for choice in house.staff.enrolling.proofs.choices(jo.who)}


def begin(house: SmallHouse, jo: InSession, way: str = WAY) -> None:
    house.staff.enrolling.proofs.begin(jo.who, way)


def events(house: SmallHouse) -> list[str]:
    with house.records.db.read() as tx:
        return list(tx.scalars(select(event.c.name).order_by(event.c.at, event.c.id)))


def test_a_proof_lets_them_change_their_methods_for_five_minutes(house: SmallHouse, jo: InSession) -> None:
    with pytest.raises(SignInAgain):
        house.staff.enrolling.begin(jo.who, APP)
    begin(house, jo)
    prove(house, jo, code(house, jo))
    house.staff.enrolling.begin(jo.who, APP)
    house.clock.forward(seconds=FRESH.total_seconds())
    with pytest.raises(SignInAgain):
        house.staff.enrolling.begin(jo.who, APP)
    assert "person.proved" in events(house)


def test_it_counts_for_this_session_alone(house: SmallHouse, jo: InSession) -> None:
    other = sign_in(house, key="key-2", ago=timedelta(hours=1))
    begin(house, jo)
    prove(house, jo, code(house, jo))
    assert jo.who.is_fresh(house.clock())
    assert not other.who.is_fresh(house.clock())


def test_it_does_not_lengthen_the_session(house: SmallHouse, jo: InSession) -> None:
    with house.records.db.read() as tx:
        before = tx.execute(select(session.c.ends_at).order_by(session.c.id)).all()
    begin(house, jo)
    prove(house, jo, code(house, jo))
    with house.records.db.read() as tx:
        assert tx.execute(select(session.c.ends_at).order_by(session.c.id)).all() == before


def test_mail_proves_nothing_here_because_it_is_open_on_the_same_screen(house: SmallHouse, jo: InSession) -> None:
    assert "email" not in ways(house, jo)
    assert {APP, "saved_codes"} <= ways(house, jo).keys()
    with pytest.raises(NotAllowed):
        begin(house, jo, "email.x")


def test_a_saved_code_is_spent_by_it(house: SmallHouse, jo: InSession) -> None:
    way = ways(house, jo)["saved_codes"]
    begin(house, jo, way)
    prove(house, jo, {"code": house.paper[0]}, way)
    assert jo.who.is_fresh(house.clock())
    begin(house, jo, way)
    with pytest.raises(Missed):
        prove(house, jo, {"code": house.paper[0]}, way)


def test_an_apps_code_is_spent_by_it(house: SmallHouse, jo: InSession) -> None:
    begin(house, jo)
    answer = code(house, jo)
    prove(house, jo, answer)
    begin(house, jo)
    with pytest.raises(Missed):
        prove(house, jo, answer)


def test_wrong_answers_are_counted_and_then_another_challenge_is_needed(house: SmallHouse, jo: InSession) -> None:
    begin(house, jo)
    for left in reversed(range(1, TRIES)):
        with pytest.raises(Missed) as missed:
            prove(house, jo, wrong(house, jo))
        assert missed.value.left == left
    with pytest.raises(Missed):
        prove(house, jo, wrong(house, jo))
    with pytest.raises(MustWait):
        prove(house, jo, code(house, jo))
    assert not jo.who.is_fresh(house.clock())
    assert events(house).count("person.missed") == TRIES
    assert "limit.reached" in events(house)


def test_another_challenge_or_session_is_no_fresh_budget(house: SmallHouse, jo: InSession) -> None:
    other = sign_in(house, key="key-2", ago=timedelta(hours=1))
    for _ in range(TRIES):
        begin(house, jo)
        with pytest.raises(Missed):
            prove(house, jo, wrong(house, jo))
    for somebody in (jo, other):
        with pytest.raises(MustWait):
            begin(house, somebody)


def test_a_stranger_who_guesses_at_the_front_door_keeps_nobody_out_here(house: SmallHouse, jo: InSession) -> None:
    for _ in range(2):
        visit = house.start()
        house.work()
        visit.pick(APP)
        for _ in range(5):
            try:
                visit.answer(wrong(house, jo)["code"])
            except MustWait:
                break
    begin(house, jo)
    prove(house, jo, code(house, jo))
    assert jo.who.is_fresh(house.clock())


def test_what_is_not_answered_in_ten_minutes_is_gone(house: SmallHouse, jo: InSession) -> None:
    begin(house, jo)
    house.clock.forward(minutes=10)
    assert house.staff.enrolling.proofs.pending(jo.who, WAY) is None
    with pytest.raises(NotAllowed):
        prove(house, jo, code(house, jo))


def test_what_was_removed_meanwhile_proves_nothing(house: SmallHouse, jo: InSession) -> None:
    begin(house, jo)
    fresh = sign_in(house, key="key-3")
    (app,) = [mine.id for mine in house.staff.enrolling.mine.look(fresh.who).mine if mine.method == APP]
    house.staff.enrolling.remove(fresh.who, app)
    with pytest.raises(NotAllowed):
        prove(house, jo, code(house, jo))
    assert not jo.who.is_fresh(house.clock())


def test_whoever_was_stopped_proves_nothing(house: SmallHouse, jo: InSession) -> None:
    begin(house, jo)
    who = jo.who
    with house.records.db.write() as tx:
        house.records.freezes.freeze(tx, Freeze(who.person.id, house.clock(), "enrolment.added", ""))
    assert house.staff.enrolling.proofs.choices(who) == ()
    with pytest.raises(NotAllowed):
        house.staff.enrolling.proofs.answer(who, WAY, code(house, jo))


def test_somebody_elses_way_is_not_there(house: SmallHouse, jo: InSession) -> None:
    house.add("eve")
    eve = sign_in(house, "eve", key="key-4", ago=timedelta(hours=1))
    with pytest.raises(NotAllowed):
        begin(house, eve, ways(house, jo)["saved_codes"])


# By a text ---------------------------------------------------------------------------------------------------------


def texted(house: SmallHouse) -> str:
    """The code of the newest text."""
    house.work()
    return str(house.sent("sms")[-1].text).split()[0]


def test_a_code_goes_to_the_phone_that_they_chose_and_proves_it(house: SmallHouse, jo: InSession) -> None:
    way = ways(house, jo)["sms"]
    begin(house, jo, way)
    code = texted(house)
    assert house.sent("sms")[-1].to == PHONE
    prove(house, jo, {"code": code}, way)
    assert jo.who.is_fresh(house.clock())


def test_a_text_that_was_asked_for_here_adds_nothing_and_opens_no_recovery(house: SmallHouse, jo: InSession) -> None:
    way = ways(house, jo)["sms"]
    begin(house, jo, way)
    code = texted(house)
    assert house.staff.enrolling.pending(jo.who, "sms") is None
    visit = house.start()
    house.work()
    visit.pick("sms", PHONE)
    assert visit.answer(code).reason == "wrong"


def test_an_answer_is_taken_once(house: SmallHouse, jo: InSession) -> None:
    way = ways(house, jo)["sms"]
    begin(house, jo, way)
    code = texted(house)
    prove(house, jo, {"code": code}, way)
    with pytest.raises(NotAllowed) as over:
        prove(house, jo, {"code": code}, way)
    assert not isinstance(over.value, Missed)


def test_another_text_waits_as_in_a_recovery_and_the_newest_code_counts(house: SmallHouse, jo: InSession) -> None:
    way = ways(house, jo)["sms"]
    begin(house, jo, way)
    first = texted(house)
    with pytest.raises(TooEarly):
        begin(house, jo, way)
    # The one that was sent is still good.
    assert house.staff.enrolling.proofs.pending(jo.who, way)
    house.clock.forward(seconds=31)
    begin(house, jo, way)
    second = texted(house)
    assert first != second
    with pytest.raises(Missed):
        prove(house, jo, {"code": first}, way)
    prove(house, jo, {"code": second}, way)


def test_a_phone_gets_no_more_texts_than_by_other_ways(house: SmallHouse, jo: InSession) -> None:
    way = ways(house, jo)["sms"]
    house.work()
    before = len(house.sent("sms"))
    for wait in (31, 61, 121, 301):
        begin(house, jo, way)
        house.work()
        house.clock.forward(seconds=wait)
    assert len(house.sent("sms")) - before == limits.DESTINATION_SENDS_QUARTER.most
    assert "limit.reached" in events(house)


def test_a_code_is_good_for_as_long_as_it_says(house: SmallHouse, jo: InSession) -> None:
    way = ways(house, jo)["sms"]
    begin(house, jo, way)
    code = texted(house)
    house.clock.forward(minutes=5)
    with pytest.raises(NotAllowed):
        prove(house, jo, {"code": code}, way)


def test_the_last_saved_code_is_told_wherever_it_was_used(house: SmallHouse, jo: InSession) -> None:
    way = ways(house, jo)["saved_codes"]
    for place, paper in enumerate(house.paper):
        assert "enrolment.running-out" not in events(house), place
        begin(house, jo, way)
        prove(house, jo, {"code": paper}, way)
    house.work()
    assert events(house).count("enrolment.running-out") == 1
    assert str(house.sent("email")[-1].subject) == "That was your last saved code"
