"""A recovery through the service: what it takes, what it refuses, what it leaves behind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from servers.small_house import NEW, OLD, PHONE, SmallHouse, small_house

from keyback.core.contracts.errors import MustWait, NotAllowed, OutOfTurn, PasswordRefused, StoreUnavailable
from keyback.core.contracts.method import Challenge
from keyback.core.contracts.people import AccountState
from keyback.core.db.session import Database
from keyback.core.recovery.state import Lane, Stage
from keyback.plugins.methods.email import Email


def test_two_proofs_set_a_new_password(house: SmallHouse) -> None:
    visit = house.start()
    assert visit.prove_by_mail().recovery.stage is Stage.CHOOSING
    assert visit.prove_by_paper().recovery.stage is Stage.RENEWING
    assert visit.renew().stage is Stage.DONE
    assert house.opens("jo", NEW)
    assert not house.opens("jo", OLD)


def test_one_proof_is_not_enough_for_a_password(house: SmallHouse) -> None:
    visit = house.start()
    visit.prove_by_mail()
    with pytest.raises(OutOfTurn):
        visit.renew()
    assert house.store.writes == []


def test_the_owner_is_told_on_every_address(house: SmallHouse) -> None:
    visit = house.start()
    visit.prove_by_mail()
    visit.prove_by_paper()
    visit.renew()
    house.work()
    told = [str(message.subject) for message in house.sent("email")]
    assert any("new password is set" in subject for subject in told)
    assert any("started" in subject for subject in told)


def test_a_code_goes_only_to_the_number_that_was_typed_whole(house: SmallHouse) -> None:
    visit = house.start()
    house.work()
    visit.pick("sms", "+436649999999")
    house.work()
    assert house.sent("sms") == []
    house.clock.forward(seconds=31)
    visit.send_again()
    house.work()
    assert house.sent("sms") == []
    visit = house.start()
    house.work()
    visit.pick("sms", PHONE)
    house.work()
    assert [message.to for message in house.sent("sms")] == [PHONE]


def test_a_code_of_one_recovery_proves_nothing_in_another(house: SmallHouse) -> None:
    first, second = house.start(), house.start()
    house.work()
    first.pick("email")
    second.pick("email")
    house.work()
    assert second.answer(first.code()).reason == "wrong"


def test_a_code_is_worthless_a_second_time(house: SmallHouse) -> None:
    visit = house.start()
    house.work()
    visit.pick("email")
    code, token, ticket = visit.code(), visit.token, visit.ticket
    visit.answer(code)
    with pytest.raises(NotAllowed):
        house.service.proving.answer(ticket, token, {"code": code})


def test_another_browser_cannot_go_on(house: SmallHouse) -> None:
    visit, other = house.start(), house.start()
    stolen = type(visit.ticket)(visit.ticket.recovery_id, other.ticket.key)
    with pytest.raises(NotAllowed):
        house.service.tickets.look(stolen)


def test_five_wrong_answers_close_the_way(house: SmallHouse) -> None:
    visit = house.start()
    house.work()
    visit.pick("email")
    for _ in range(5):
        visit.answer("00000000")
    assert "email" not in [choice.method for choice in house.service.choosing.choices(visit.recovery)]


def test_wrong_answers_are_counted_by_person_over_all_recoveries_and_spellings(house: SmallHouse) -> None:
    for name in ("jo", "jo", "jo"):
        visit = house.start(name)
        house.work()
        visit.pick("email")
        try:
            for _ in range(4):
                visit.answer("00000000")
        except MustWait:
            return
    pytest.fail("twelve wrong answers were judged")


def test_strangers_cannot_use_up_what_nobody_can_guess(house: SmallHouse) -> None:
    """Codes by mail may be closed for a while by somebody who guesses; the codes on paper never are."""
    for _ in range(4):
        visit = house.start()
        house.work()
        visit.pick("saved_codes")
        for number in range(4):
            assert visit.answer(f"{number:016d}").reason == "wrong"
    visit = house.start()
    house.work()
    visit.pick("saved_codes")
    assert visit.answer(house.paper[0]).reason == ""


def test_nobody_and_somebody_run_out_at_the_same_answer(house: SmallHouse) -> None:
    def reasons(name: str) -> list[str]:
        found = []
        for _ in range(3):
            visit = house.start(name)
            house.work()
            visit.pick("email")
            for _ in range(4):
                try:
                    found.append(visit.answer("00000000").reason)
                except MustWait:
                    found.append("wait")
        return found

    assert reasons("jo") == reasons("nobody at all")


def test_an_answer_before_the_find_is_neither_judged_nor_counted(house: SmallHouse) -> None:
    visit = house.start()
    visit.pick("email")
    assert visit.answer("00000000").reason == "not-yet"
    house.work()
    assert visit.recovery.pick is not None
    assert visit.recovery.pick.tries == 0


def test_nobody_and_somebody_are_first_judged_at_the_same_moment(database: Database) -> None:
    house = small_house(database, look_up=timedelta(seconds=3))
    visits = [house.start("jo"), house.start("nobody")]
    house.work()
    for visit in visits:
        visit.pick("email")
        assert visit.answer("00000000").reason == "not-yet"
    house.clock.forward(seconds=2.9)
    assert [visit.answer("00000000").reason for visit in visits] == ["not-yet", "not-yet"]
    house.clock.forward(seconds=0.1)
    assert [visit.answer("00000000").reason for visit in visits] == ["wrong", "wrong"]


def test_a_code_that_is_too_old_proves_nothing(house: SmallHouse) -> None:
    visit = house.start()
    house.work()
    visit.pick("email")
    house.clock.forward(minutes=14, seconds=59)
    code = visit.code()
    visit.more_time()
    house.clock.forward(seconds=1)
    assert visit.answer(code).reason == "expired"


@pytest.mark.parametrize(
    "changes",
    [
        {"privileged": True},
        {"state": AccountState(enabled=False)},
        {"state": AccountState(locked_by_admin=True)},
        {"state": AccountState(expired=True)},
    ],
)
def test_accounts_out_of_scope_are_nobody_to_the_outside(house: SmallHouse, changes: dict[str, object]) -> None:
    house.add("kim", **changes)
    visit = house.start("kim")
    house.work()
    recovery = visit.pick("email")
    house.work()
    assert recovery.subject is None
    assert house.sent("email") == []


def test_an_account_that_is_disabled_meanwhile_is_not_written(house: SmallHouse) -> None:
    visit = house.start()
    visit.prove_by_mail()
    visit.prove_by_paper()
    house.add("jo", state=AccountState(enabled=False))
    with pytest.raises(NotAllowed):
        visit.renew()
    assert house.store.writes == []


def test_a_weak_password_is_refused_and_changes_nothing(house: SmallHouse) -> None:
    visit = house.start()
    visit.prove_by_mail()
    visit.prove_by_paper()
    with pytest.raises(PasswordRefused):
        visit.renew("short")
    assert visit.recovery.stage is Stage.RENEWING
    assert house.store.writes == []


def test_a_silent_store_keeps_the_proofs(house: SmallHouse) -> None:
    visit = house.start()
    visit.prove_by_mail()
    visit.prove_by_paper()
    house.store.trouble = StoreUnavailable("down")
    with pytest.raises(StoreUnavailable):
        visit.renew()
    house.store.trouble = None
    assert visit.renew().stage is Stage.DONE


def test_a_lost_answer_is_found_out_at_once_when_the_store_can_tell(house: SmallHouse) -> None:
    visit = house.start()
    visit.prove_by_mail()
    visit.prove_by_paper()
    house.store.loses_answers = True
    assert visit.renew().stage is Stage.DONE
    assert len(house.store.writes) == 1


def test_a_done_recovery_ends_the_others_of_the_same_person(house: SmallHouse) -> None:
    first, second = house.start(), house.start()
    second.prove_by_mail()
    house.clock.forward(seconds=31)
    first.prove_by_mail()
    first.prove_by_paper()
    first.renew()
    assert second.recovery.closed_because == "superseded"


def test_one_without_a_proof_ends_unseen(house: SmallHouse) -> None:
    """A stranger who watches theirs must not learn that the owner got in; but no code opens it any more."""
    strangers, owners = house.start(), house.start()
    house.work()
    strangers.pick("email")
    code = strangers.code()
    house.clock.forward(seconds=31)
    owners.prove_by_mail()
    owners.prove_by_paper()
    owners.renew()
    assert strangers.recovery.stage is Stage.ANSWERING
    assert strangers.answer(code).reason == "wrong"


def test_a_saved_code_is_good_once_over_all_recoveries(house: SmallHouse) -> None:
    first, second = house.start(), house.start()
    house.work()
    for visit in (first, second):
        visit.pick("saved_codes")
    assert first.answer(house.paper[0]).reason == ""
    assert second.answer(house.paper[0]).reason == "wrong"
    assert second.answer(house.paper[1]).reason == ""


def test_a_browser_that_finished_once_has_a_lane_of_its_own(house: SmallHouse) -> None:
    visit = house.start()
    visit.prove_by_mail()
    visit.prove_by_paper()
    done = visit.renew()
    mark = house.service.renewing.browser_mark(done, "")
    assert mark is not None
    house.clock.forward(minutes=1)
    again = house.start(browser=mark)
    house.work()
    assert again.recovery.subject is not None
    assert again.recovery.subject.lane is Lane.KNOWN_BROWSER


def test_a_human_check_is_taken_once(house: SmallHouse) -> None:
    from keyback.core.service.start import Arrival

    arrival = Arrival("192.0.2.1")
    house.service.starting.start("jo", {"human": "yes", "once": "this"}, arrival)
    with pytest.raises(NotAllowed):
        house.service.starting.start("jo", {"human": "yes", "once": "this"}, arrival)


def test_a_source_that_starts_too_often_must_wait(house: SmallHouse) -> None:
    with pytest.raises(MustWait):
        for _ in range(301):
            house.start()


def test_time_ends_a_recovery(house: SmallHouse) -> None:
    visit = house.start()
    house.clock.forward(minutes=15, seconds=1)
    assert visit.recovery.closed_because == "expired"


def test_a_job_that_saves_meanwhile_makes_no_form_stale(house: SmallHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """The find lands between the page's look and its save: the pick is made all the same."""
    visit = house.start()
    draw = Email.begin

    def find_first(*arguments: Any) -> Challenge:
        house.work()
        return draw(*arguments)

    monkeypatch.setattr(Email, "begin", find_first)
    assert visit.pick("email").stage is Stage.ANSWERING
    assert visit.recovery.found
