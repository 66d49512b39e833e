"""Phones that approve: what they see, what their answer is worth, and what nobody else learns."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from servers.held_rows import behind
from servers.phone import Phone
from servers.phone_home import HELP_DESK, KEY, WHERE, Home, a_home, asked
from servers.postgres import Postgres
from servers.small_house import MAIL, Visit
from sqlalchemy import select

from keyback.core.db.counters import Mark
from keyback.core.db.session import Database
from keyback.core.db.tables import event
from keyback.core.recovery.limits import PHONE_NUMBERS
from keyback.core.recovery.state import Stage
from keyback.core.service.enrolling.phones import Said
from keyback.plugins.methods.phone_approval import LIFETIME


@pytest.fixture
def home(tmp_path: Path, migrated: Path) -> Iterator[Home]:
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'phones.db')}")
    yield a_home(database)
    database.close()


@pytest.fixture
def on_a_server(postgres: Postgres, migrated_postgres: str) -> Iterator[Home]:
    """Where transactions run side by side."""
    database = Database(postgres.database(like=migrated_postgres))
    yield a_home(database)
    database.close()


def wrong(visit: Visit) -> dict[str, str]:
    return {"number": f"{(int(asked(visit).secret['number']) + 1) % 1000:03}"}


def events(home: Home) -> list[str]:
    with home.house.records.db.read() as tx:
        return list(tx.scalars(select(event.c.name)))


# Approving --------------------------------------------------------------------------------------------------------


def test_the_number_typed_on_the_phone_proves_it_once_the_browser_goes_on(home: Home) -> None:
    visit = home.visit()
    assert home.waiting(home.phone) == [asked(visit).secret["request"]]
    assert not home.heard(visit)
    assert home.approves(visit, home.phone) is Said.APPROVED
    assert home.heard(visit)
    assert home.goes_on(visit).reason == ""
    assert [proof.method for proof in visit.recovery.proofs] == [KEY]
    assert home.waiting(home.phone) == []


def test_the_phone_is_told_whose_password_it_is_about(home: Home) -> None:
    home.visit()
    (request,) = home.says(home.phone.says("asks", home.house.clock())).waiting
    assert request.account == "jo"
    assert request.ends_at - request.asked_at == LIFETIME


def test_a_wrong_number_is_said_on_the_phone_and_three_of_them_end_it(home: Home) -> None:
    visit = home.visit()
    left = [home.says(home.phone.approves(asked(visit), home.house.clock(), **wrong(visit))) for _ in range(3)]
    assert [(reply.said, reply.left) for reply in left] == [(Said.WRONG, 2), (Said.WRONG, 1), (Said.OVER, 0)]
    assert home.approves(visit, home.phone) is Said.OVER
    assert home.waiting(home.phone) == []
    assert not home.heard(visit)
    assert home.goes_on(visit).reason == "not-heard"


def test_a_number_does_not_overtake_those_before_it(on_a_server: Home) -> None:
    """Of many that are typed at the same moment, as many are looked at as of those typed one after the other."""
    home = on_a_server
    visit = home.visit()
    assert visit.recovery.pick
    mark = Mark(PHONE_NUMBERS.name, visit.recovery.pick.challenge_id, PHONE_NUMBERS.window, PHONE_NUMBERS.most)
    counters, now = home.house.records.counters, home.house.clock()
    approved = behind(
        home.house.records.db, lambda tx: counters.bump(tx, [mark], now), lambda: home.approves(visit, home.phone)
    )
    assert approved.result() is Said.OVER
    assert not home.heard(visit)


def test_a_request_is_answered_once(home: Home) -> None:
    visit = home.visit()
    said = home.phone.approves(asked(visit), home.house.clock())
    assert [home.says(said).said for _ in range(2)] == [Said.APPROVED, Said.OVER]
    home.goes_on(visit)
    assert home.says(said).said is Said.OVER


def test_a_stolen_signature_proves_nothing_in_another_recovery(home: Home) -> None:
    first, second = home.visit(), home.visit()
    said = home.phone.approves(asked(first), home.house.clock())
    assert home.says(said).said is Said.APPROVED
    assert home.goes_on(second).reason == "not-heard"
    request = asked(second).secret["request"]
    assert (
        home.says(replace(said, words=said.words.replace(asked(first).secret["request"], request))).said is Said.AGAIN
    )
    assert home.goes_on(second).reason == "not-heard"
    assert home.goes_on(first).reason == ""


def test_asking_again_draws_another_number_and_ends_the_first(home: Home) -> None:
    visit = home.visit()
    before = asked(visit)
    home.house.clock.forward(seconds=31)
    visit.send_again()
    assert home.waiting(home.phone) == [asked(visit).secret["request"]]
    assert home.says(home.phone.approves(before, home.house.clock())).said is Said.OVER
    assert home.approves(visit, home.phone) is Said.APPROVED


def test_after_five_minutes_it_is_too_late(home: Home) -> None:
    visit = home.visit()
    home.house.clock.forward(minutes=5)
    assert home.waiting(home.phone) == []
    assert home.approves(visit, home.phone) is Said.OVER
    assert home.goes_on(visit).reason == "expired"


def test_approved_in_time_and_taken_up_too_late_is_too_late(home: Home) -> None:
    visit = home.visit()
    home.house.clock.forward(minutes=4, seconds=59)
    assert home.approves(visit, home.phone) is Said.APPROVED
    home.house.clock.forward(seconds=1)
    assert home.goes_on(visit).reason == "expired"


def test_somebody_elses_phone_sees_and_answers_nothing(home: Home) -> None:
    home.house.add("kim")
    theirs = Phone()
    home.add(theirs, "kim")
    visit = home.visit()
    assert home.waiting(theirs) == []
    assert home.approves(visit, theirs) is Said.OVER
    assert not home.heard(visit)


def test_a_phone_that_was_removed_meanwhile_answers_nothing(home: Home) -> None:
    visit = home.visit()
    assert home.approves(visit, home.phone) is Said.APPROVED
    (mine,) = [one for one in home.house.staff.enrolling.mine.look(home.who()).mine if one.method == KEY]
    home.house.staff.enrolling.remove(home.who(), mine.id)
    assert home.says(home.phone.says("asks", home.house.clock())).said is Said.UNKNOWN
    # What it had said before proves nothing any more.
    assert home.goes_on(visit).reason == "wrong"


def test_as_second_proof_it_leads_to_the_new_password(home: Home) -> None:
    visit = home.house.start()
    visit.prove_by_mail()
    choice = next(one for one in home.house.service.choosing.choices(visit.recovery) if one.method == KEY)
    visit.pick(choice.value)
    assert home.approves(visit, home.phone) is Said.APPROVED
    home.goes_on(visit)
    assert visit.recovery.stage is Stage.RENEWING


def test_a_proof_is_the_phones_last_use(home: Home) -> None:
    visit = home.visit()
    home.house.clock.forward(minutes=1)
    home.approves(visit, home.phone)
    home.goes_on(visit)
    (mine,) = [one for one in home.house.staff.enrolling.mine.look(home.who()).mine if one.method == KEY]
    assert mine.used == home.house.clock()


# Declining --------------------------------------------------------------------------------------------------------


def test_declining_stops_self_service_and_tells_the_person_and_the_help_desk(home: Home) -> None:
    visit = home.visit()
    assert home.approves(visit, home.phone, decision="decline", number="") is Said.STOPPED
    home.house.work()
    assert "self-service.stopped" in events(home)
    told = {message.to for message in home.house.sent("email") if "Self-service is stopped" in str(message.subject)}
    assert told == {MAIL, HELP_DESK}
    (warned,) = [message for message in home.house.sent("email") if message.to == HELP_DESK]
    assert 'pressed "I didn\'t ask for this"' in str(warned.text)


def test_whoever_was_declined_before_any_proof_sees_no_difference(home: Home) -> None:
    visit, nobody = home.visit(), home.visit("xyz")
    home.approves(visit, home.phone, decision="decline", number="")
    for one in (visit, nobody):
        assert (one.recovery.stage, home.heard(one)) == (Stage.ANSWERING, False)
        assert home.goes_on(one).reason == "not-heard"
    home.house.clock.forward(minutes=5)
    assert [home.goes_on(one).reason for one in (visit, nobody)] == ["expired", "expired"]


def test_after_declining_nothing_more_waits_and_nothing_can_be_approved(home: Home) -> None:
    first, second = home.visit(), home.visit()
    home.approves(first, home.phone, decision="decline", number="")
    assert home.waiting(home.phone) == []
    assert home.approves(second, home.phone) is Said.OVER
    third = home.visit()
    assert home.waiting(home.phone) == []
    assert home.approves(third, home.phone) is Said.OVER


def test_only_a_request_that_waits_can_be_declined(home: Home) -> None:
    visit = home.visit()
    home.house.clock.forward(minutes=5)
    assert home.approves(visit, home.phone, decision="decline") is Said.OVER
    assert "self-service.stopped" not in events(home)


# Bombing and sameness -----------------------------------------------------------------------------------------------


def test_after_six_requests_a_day_the_phone_rests(home: Home) -> None:
    visits = []
    for _ in range(7):
        home.house.clock.forward(minutes=16)
        visits.append(home.visit())
    assert home.waiting(home.phone) == []
    assert home.approves(visits[-1], home.phone) is Said.OVER
    home.house.clock.forward(hours=24)
    assert home.waiting(home.phone) == []
    again = home.visit()
    assert home.approves(again, home.phone) is Said.APPROVED


def test_only_the_newest_few_are_shown_however_many_there_are(home: Home) -> None:
    visits = []
    for _ in range(6):
        home.house.clock.forward(seconds=1)
        visits.append(home.visit())
    assert home.waiting(home.phone) == [asked(visit).secret["request"] for visit in reversed(visits[1:])]


@pytest.mark.parametrize("name", ["jo", "kim", "xyz"])
def test_the_page_before_the_first_proof_is_everybodys(home: Home, name: str) -> None:
    home.house.add("kim")
    for _ in range(8):
        visit = home.visit(name)
        drawn = asked(visit)
        assert (str(drawn.prompt.heading), drawn.prompt.widget, drawn.lifetime) == (
            "Approve on my phone",
            "number",
            LIFETIME,
        )
        assert sorted(drawn.prompt.data) == ["number"]
        assert home.goes_on(visit).reason == "not-heard"
        assert len(visit.recovery.sent) == 1


def test_a_push_says_that_something_waits_and_goes_to_every_phone(home: Home) -> None:
    other = Phone(push=WHERE)
    home.add(other)
    home.visit()
    (message,) = home.house.sent("push")
    assert message.to == f"[{WHERE}]"
    assert str(message.text) == "Something waits for you at Acme."
