"""One URL per recovery: what a form does, and what the page says then."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pretend_portal import HOME, ID, LISTED, NOW, PROOF, SUBJECT, Portal, a_pick, a_recovery, answering

from keyback.core.contracts.errors import MustWait, NotAllowed, OutOfTurn, PasswordRefused, StoreUnavailable
from keyback.core.contracts.people import AccountKey
from keyback.core.contracts.store import Outcome, OutcomeKind
from keyback.core.contracts.text import Text
from keyback.core.recovery.state import Recovery, Sent, Stage
from keyback.core.service.tickets import Answered, Ticket

MINE = AccountKey("embedded", "7")
FIRST = Ticket(ID, "first-key")


def renewing(**values: Any) -> Recovery:
    return a_recovery(stage=Stage.RENEWING, found=True, subject=SUBJECT, proofs=(PROOF,), **values)


def says(response: Any, *sentences: str) -> bool:
    """Whether the page has all of them, as people read them."""
    text = response.text.replace("’", "'")
    return all(sentence in text for sentence in sentences)


# Choosing -----------------------------------------------------------------------------------------------------


def test_every_way_stands_there_as_a_radio_and_the_first_is_chosen(portal: Portal) -> None:
    page = portal.holding().get()
    assert says(page, '<main data-page="choosing" data-stage="choosing">', 'data-method="email"', 'data-method="sms"')
    assert says(page, '<input type="radio" name="offer" value="email" checked>')
    assert says(page, "You need two proofs of different kinds. This is the first.")


def test_picking_is_one_call_with_this_turns_token(portal: Portal) -> None:
    assert portal.moved(portal.holding().post(offer="email"))
    assert portal.service.asked_for("pick") == [["email", ""]]


def test_choosing_nothing_is_said_at_the_list(portal: Portal) -> None:
    response = portal.holding().post()
    assert response.status_code == 422
    assert says(response, '<a href="#offer">Choose one way</a>')


def test_a_way_that_is_not_offered_cannot_be_picked(portal: Portal) -> None:
    assert portal.holding().post(offer="voice").status_code == 422
    assert portal.service.asked_for("pick") == []


def test_a_whole_number_is_asked_for_on_a_page_of_its_own(portal: Portal) -> None:
    response = portal.holding().post(offer="sms")
    assert (response.status_code, response.location) == (303, f"/recover/{ID}?method=sms")
    assert portal.service.asked_for("pick") == []
    page = portal.get(response.location)
    assert says(page, 'data-page="destination"', 'data-stage="choosing"', "We only text or call if it matches.")
    assert says(page, 'name="destination" type="tel"', 'autocomplete="tel"', 'name="offer" value="sms"')


def test_the_number_goes_with_the_choice(portal: Portal) -> None:
    assert portal.moved(portal.holding().post(offer="sms", destination=" +44 1632 960005 "))
    assert portal.service.asked_for("pick") == [["sms", "+44 1632 960005"]]


def test_an_empty_number_is_asked_for_again(portal: Portal) -> None:
    response = portal.holding().post(offer="sms", destination=" ")
    assert response.status_code == 422
    assert says(response, 'data-page="destination"', "Type your whole number", 'aria-invalid="true"')


def test_only_a_way_with_a_number_has_that_page(portal: Portal) -> None:
    assert says(portal.holding().get(f"/recover/{ID}?method=email"), 'data-page="choosing"')
    assert says(portal.get(f"/recover/{ID}?method=<script>"), 'data-page="choosing"')


def test_from_the_number_back_to_the_list_moves_nothing(portal: Portal) -> None:
    assert portal.moved(portal.holding().post(move="back", offer="sms", destination=""))
    assert portal.service.asked_for("go_back") == []


def test_picking_too_early_says_how_long(portal: Portal) -> None:
    portal.service.answers["pick"] = MustWait(NOW + timedelta(seconds=24))
    response = portal.holding().post(offer="email")
    assert (response.status_code, response.headers["Retry-After"]) == (429, "24")
    assert says(response, "You can ask for another code in 24 seconds.")


def test_after_the_first_proof_the_page_asks_for_one_more(portal: Portal, known: Recovery) -> None:
    page = portal.holding(known).get()
    assert says(page, "One more proof", "That worked. Now choose a second way, of a different kind.", "m••••@ho••••")


# Answering ----------------------------------------------------------------------------------------------------


def test_the_code_field_is_what_browsers_and_managers_expect(portal: Portal) -> None:
    page = portal.holding(answering()).get()
    assert says(page, 'name="code"', 'autocomplete="one-time-code"', 'inputmode="numeric"', 'data-method="sms"')
    assert says(page, "You can ask for another code in <b>30 seconds</b>", "Send another code")


def test_a_folded_answer_is_judged(portal: Portal) -> None:
    portal.service.answers["answer"] = Answered(replace(answering(), turn=2), FIRST)
    assert portal.moved(portal.holding(answering()).post(code="4821 0937"))
    assert portal.service.asked_for("answer") == [[{"code": "48210937"}]]


def test_a_code_of_the_wrong_length_is_not_looked_at(portal: Portal) -> None:
    response = portal.holding(answering()).post(code="4821093")
    assert response.status_code == 422
    assert says(response, "The code has 8 digits; this has 7.", 'value="4821093"')
    assert portal.service.asked_for("answer") == []


def test_a_wrong_code_says_how_often_it_may_be_tried_and_keeps_what_was_typed(portal: Portal) -> None:
    missed = answering(turn=2)
    missed = replace(missed, pick=a_pick(tries=2))
    portal.service.answers["answer"] = Answered(missed, FIRST, "wrong")
    response = portal.holding(answering()).post(code="4821 0937")
    assert response.status_code == 422
    assert says(response, "That code isn't right. Check the newest message. You can try 3 more times.")
    assert says(response, 'value="4821 0937"', 'value="token-2"', "<title>Problem: ")


def test_the_last_wrong_code_closes_this_way(portal: Portal) -> None:
    left = a_recovery(turn=2, used_up=("sms",))
    portal.service.answers["answer"] = Answered(left, FIRST, "wrong")
    response = portal.holding(answering()).post(code="48210937")
    assert says(response, 'data-stage="choosing"', "That's 5 wrong codes, so this way is closed for now.")


def test_the_last_way_closed_leads_to_the_closed_page(portal: Portal) -> None:
    closed = a_recovery(stage=Stage.CLOSED, closed_because="no-way-left", turn=2)
    portal.service.answers["answer"] = Answered(closed, FIRST, "wrong")
    assert portal.moved(portal.holding(answering()).post(code="48210937"))
    page = portal.get()
    assert says(page, "We couldn't confirm that it's you.", "give reference 01234567", "Start again")


def test_an_answer_before_the_look_up_is_kept_and_asked_for_in_a_moment(portal: Portal) -> None:
    portal.service.answers["answer"] = Answered(answering(), FIRST, "not-yet")
    response = portal.holding(answering()).post(code="48210937")
    assert response.status_code == 200
    assert says(response, 'data-page="waiting"', 'data-stage="answering"', "One moment", "Continue")
    assert says(response, '<input type="hidden" name="code" value="48210937">', 'name="token" value="token-1"')


def test_an_old_code_says_so_and_offers_another(portal: Portal) -> None:
    portal.service.answers["answer"] = Answered(answering(), FIRST, "expired")
    response = portal.holding(answering()).post(code="48210937")
    assert says(response, "That code is too old.", "Send another code")


def test_a_limit_while_answering_keeps_the_page_and_says_how_long(portal: Portal) -> None:
    portal.service.answers["answer"] = MustWait(NOW + timedelta(minutes=2))
    response = portal.holding(answering()).post(code="48210937")
    assert (response.status_code, response.headers["Retry-After"]) == (429, "120")
    assert says(response, "Too many tries for now. Wait 2 minutes.", 'data-stage="answering"', 'value="48210937"')


def test_another_code_is_one_call_and_the_page_says_so_afterwards(portal: Portal) -> None:
    portal.holding(answering())
    portal.service.answers["again"] = replace(answering(), sent=(Sent("sms", NOW), Sent("sms", NOW)), turn=2)
    assert portal.moved(portal.post(move="again", code=""))
    assert says(portal.get(), "Another code is on its way if that number or address is yours.")


def test_asking_too_early_keeps_the_code_good(portal: Portal) -> None:
    portal.service.answers["again"] = MustWait(NOW + timedelta(seconds=24))
    response = portal.holding(answering()).post(move="again", code="")
    assert response.status_code == 429
    assert says(response, "You can ask for another code in 24 seconds. The one you have is still good.")


def test_when_all_sends_are_used_nothing_more_can_be_asked(portal: Portal) -> None:
    spent = replace(answering(), sent=(Sent("sms", NOW),) * 6)
    assert says(portal.holding(spent).get(), "No more codes can be sent in this try. Choose another way.")
    assert portal.post(move="again", code="").status_code == 422
    assert portal.service.asked_for("again") == []


def test_going_back_more_time_and_cancel_are_one_call_each(portal: Portal) -> None:
    for move, call in (("more_time", "more_time"), ("back", "go_back"), ("cancel", "cancel")):
        portal.holding(answering())
        assert portal.moved(portal.post(move=move, code=""))
        assert len(portal.service.asked_for(call)) == 1


def test_cancelling_says_that_nothing_was_changed(portal: Portal) -> None:
    response = portal.holding().post(move="cancel")
    assert response.headers["Clear-Site-Data"] == '"cache"'
    assert says(portal.get(), "Nothing was changed.", "Start again")


def test_more_time_is_offered_after_eight_minutes_and_once(portal: Portal) -> None:
    # Its place is kept from the beginning, so that nothing jumps when a script shows it.
    assert says(portal.holding().get(), '<div class="time" data-warn-in="780">', 'class="second waits"')
    portal.clock[0] = NOW + timedelta(minutes=8)
    assert says(portal.get(), '<div class="time" data-warn-in="300">', "Give me 15 more minutes")
    assert not says(portal.get(), "waits")
    extended = portal.holding(a_recovery(extended=True)).get()
    assert says(extended, 'data-warn-in="300"', 'data-warning="2 minutes left."')
    assert not says(extended, "more minutes")


# Tokens and turns ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["token-0", "token-2", "", "\u00e4", "token-1 "])
@pytest.mark.parametrize("move", ["continue", "back", "again", "more_time", "cancel"])
def test_a_form_of_another_turn_moves_nothing(portal: Portal, token: str, move: str) -> None:
    response = portal.holding(answering()).post(token=token, move=move, code="48210937")
    assert response.status_code == 409
    assert says(response, "This step was already done in another window.", 'data-stage="answering"', "token-1")
    assert portal.service.asked == []


def test_a_move_that_came_too_late_shows_where_it_stands(portal: Portal) -> None:
    portal.service.answers["pick"] = OutOfTurn("somebody else moved it meanwhile")
    response = portal.holding().post(offer="email")
    assert response.status_code == 409
    assert says(response, "Go on there, or here from where it stands now.")


@pytest.mark.parametrize("stage", [Stage.WRITING, Stage.UNSETTLED, Stage.DONE, Stage.CLOSED])
def test_where_nothing_is_asked_nothing_can_be_sent(portal: Portal, stage: Stage) -> None:
    portal.holding(a_recovery(stage=stage, closed_because="expired" if stage is Stage.CLOSED else ""))
    response = portal.post(new_password="four plain words", new_password_again="four plain words")
    assert response.status_code == 409
    assert portal.service.asked_for("renew") == []


def test_a_password_cannot_be_sent_before_its_turn(portal: Portal) -> None:
    for recovery in (a_recovery(), answering()):
        response = portal.holding(recovery).post(new_password="four plain words", new_password_again="four plain words")
        assert response.status_code == 400
    assert portal.service.asked == []


# A new password -----------------------------------------------------------------------------------------------


def test_the_password_page_helps_managers(portal: Portal) -> None:
    page = portal.holding(renewing()).get()
    assert says(page, 'name="new_password" type="password"', 'autocomplete="new-password"', 'autocomplete="username"')
    assert says(page, "15 characters or more", 'data-store="embedded"', '<span class="soft">maya.okafor</span>')
    assert not says(page, 'type="checkbox"')


@pytest.mark.parametrize(
    ("password", "again", "said"),
    [
        ("", "", "Choose a new password"),
        ("four plain words", "", "Type the password again"),
        ("four plain words", "four plain word", "The two passwords differ. Press Show to compare."),
    ],
)
def test_a_mistyped_password_is_said_and_never_shown(portal: Portal, password: str, again: str, said: str) -> None:
    response = portal.holding(renewing()).post(new_password=password, new_password_again=again)
    assert response.status_code == 422
    assert says(response, said)
    assert "plain" not in response.text
    assert portal.service.asked_for("renew") == []


def test_a_password_is_passed_on_letter_by_letter(portal: Portal) -> None:
    odd = "  ｆour Pläin wörds \u0301 \n "
    portal.service.answers["renew"] = replace(renewing(), stage=Stage.DONE)
    assert portal.moved(portal.holding(renewing()).post(new_password=odd, new_password_again=odd))
    assert portal.service.asked_for("renew") == [[odd, "1"]]


def test_a_refused_password_comes_with_every_reason_and_without_the_password(portal: Portal) -> None:
    portal.service.answers["renew"] = PasswordRefused([Text("{n} characters or more", n=15), Text("Too easy")])
    response = portal.holding(renewing()).post(new_password="hunter22", new_password_again="hunter22")
    assert response.status_code == 422
    assert says(response, "15 characters or more", "Too easy", 'data-stage="renewing"')
    assert "hunter22" not in response.text


def test_a_silent_directory_changed_nothing_and_the_page_stays(portal: Portal) -> None:
    portal.service.answers["renew"] = StoreUnavailable("no answer")
    response = portal.holding(renewing()).post(new_password="four plain words", new_password_again="four plain words")
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    assert says(response, "Alderwick's directory doesn't answer. Nothing was changed; your old password still works.")
    assert says(response, "We keep your proofs for 10 minutes.")


def test_an_account_that_may_not_be_reset_here_says_whom_to_call(portal: Portal) -> None:
    portal.service.answers["renew"] = NotAllowed(Text("Your organisation resets this account by hand."))
    response = portal.holding(renewing()).post(new_password="four plain words", new_password_again="four plain words")
    assert response.status_code == 403
    assert says(response, "Your organisation resets this account by hand.", "Help desk 01632 960 123")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (OutcomeKind.REFUSED, "directory refused it. Choose another password. used before"),
        (OutcomeKind.NOT_SET, "didn't answer. Nothing was changed there, and your old password still works."),
    ],
)
def test_what_became_of_each_account_is_said(portal: Portal, kind: OutcomeKind, said: str) -> None:
    reasons = (Text("used before"),) if kind is OutcomeKind.REFUSED else ()
    page = portal.holding(renewing(outcomes=(Outcome(MINE, kind, reasons),))).get()
    assert says(page, f'data-store="embedded" data-outcome="{kind}"', said, "No password was changed")
    assert says(page, "you can try again without proving who you are")


def test_an_unknown_outcome_is_called_unknown(portal: Portal) -> None:
    unsettled = replace(renewing(), stage=Stage.UNSETTLED, outcomes=(Outcome(MINE, OutcomeKind.UNKNOWN),))
    page = portal.holding(unsettled).get()
    assert says(page, "We don't know yet", 'data-outcome="unknown"', f'data-poll="/recover/{ID}/stage"', "Continue")


def test_done_says_for_what_and_leads_back(portal: Portal) -> None:
    done = replace(
        renewing(), stage=Stage.DONE, entry="alderwick", return_to=LISTED, outcomes=(Outcome(MINE, OutcomeKind.SET),)
    )
    page = portal.holding(done).get()
    assert says(page, "Your new password is set", 'data-outcome="set">maya.okafor', f'href="{LISTED}"')
    assert says(page, "Back to Alderwick sign-in", "We're also telling you by e-mail and text.")
    assert "<form" not in page.text


def test_an_address_that_is_no_longer_listed_leads_home(portal: Portal) -> None:
    done = replace(renewing(), stage=Stage.DONE, entry="alderwick", return_to="https://was.listed.example/")
    page = portal.holding(done).get().text
    assert f'href="{HOME}"' in page
    assert "was.listed" not in page


def test_without_a_door_done_leads_nowhere(portal: Portal) -> None:
    assert "Back to" not in portal.holding(replace(renewing(), stage=Stage.DONE)).get().text


# Looking ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("stage", list(Stage))
def test_looking_moves_nothing(portal: Portal, method: str, stage: Stage) -> None:
    recovery = answering() if stage is Stage.ANSWERING else a_recovery(stage=stage)
    portal.holding(recovery)
    for path in (f"/recover/{ID}", f"/recover/{ID}/stage", f"/recover/{ID}?move=cancel&token=token-1"):
        response = portal.browser.open(path, base_url="https://reset.alderwick.example", method=method)
        assert response.status_code == 200
    assert portal.service.asked == []
    assert portal.service.recovery is recovery


def test_a_waiting_page_learns_the_stage_and_the_turn(portal: Portal) -> None:
    writing = a_recovery(stage=Stage.WRITING, turn=7, version=31, proofs=(PROOF,))
    response = portal.holding(writing).get(f"/recover/{ID}/stage")
    assert response.json == {"stage": "writing", "version": 7, "waiting": False, "heard": False, "stands": ""}


def test_no_page_refreshes_itself(portal: Portal) -> None:
    for stage in (Stage.WRITING, Stage.UNSETTLED):
        response = portal.holding(a_recovery(stage=stage)).get()
        assert "Refresh" not in response.headers
        assert "http-equiv" not in response.text.lower()


@pytest.mark.parametrize("because", ["expired", "cancelled", "no-way-left", "superseded", "something new"])
def test_every_closed_page_says_why_and_what_to_do(portal: Portal, because: str) -> None:
    page = portal.holding(a_recovery(stage=Stage.CLOSED, closed_because=because)).get()
    assert page.status_code == 200
    assert says(page, 'data-stage="closed"', "<h1>", "Start again", "Help desk 01632 960 123", "reference 01234567")


def test_who_could_not_prove_it_learns_when_it_works_again(portal: Portal) -> None:
    page = portal.holding(a_recovery(stage=Stage.CLOSED, closed_because="no-way-left")).get()
    assert says(page, "Try again after 15 minutes, or call the help desk and give reference 01234567.")


@pytest.mark.parametrize("because", ["expired", "cancelled"])
def test_what_ended_after_one_account_was_set_does_not_say_that_nothing_was(portal: Portal, because: str) -> None:
    both = (Outcome(MINE, OutcomeKind.SET), Outcome(AccountKey("openldap", "8"), OutcomeKind.NOT_SET))
    page = portal.holding(replace(renewing(outcomes=both), stage=Stage.CLOSED, closed_because=because)).get()
    assert says(page, "Nothing was changed unless we told you so.", 'data-store="embedded" data-outcome="set"')
    assert not says(page, "Nothing was changed.")
    assert not says(page, "old password is still the right one")


def test_starting_again_uses_the_same_door(portal: Portal) -> None:
    page = portal.holding(a_recovery(stage=Stage.CLOSED, closed_because="expired", entry="alderwick")).get()
    assert says(page, 'href="/go/alderwick"')
