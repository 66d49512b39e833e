"""Unlock my account: two steps, nothing asked after the proofs, and every end said as it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pretend_portal import ID, LISTED, MAYA, NOW, PERSON, PROOF, SUBJECT, Portal, a_recovery, answering

from keyback.core.contracts.errors import NotAllowed, OutcomeUnknown, OutOfTurn, StoreUnavailable
from keyback.core.contracts.people import Account, AccountKey, AccountState
from keyback.core.contracts.store import Outcome, OutcomeKind
from keyback.core.contracts.text import Text
from keyback.core.recovery.policy import Purpose
from keyback.core.recovery.state import Recovery, Stage
from keyback.core.service.tickets import Answered, Ticket
from keyback.core.service.writing.write import STILL_LOCKED

CLOUD = Account(AccountKey("cloud", "8"), "maya@cloud.example")
PROVEN = a_recovery(stage=Stage.RENEWING, purpose=Purpose.UNLOCK, found=True, subject=SUBJECT, proofs=(PROOF,), turn=5)
FORM = {"identifier": "maya", "proof_of_work": "solved"}


def told(stage: Stage, *kinds: OutcomeKind, **changes: Any) -> Recovery:
    accounts = (MAYA, CLOUD)[: max(1, len(kinds))]
    outcomes = tuple(Outcome(account.key, kind) for account, kind in zip(accounts, kinds, strict=False))
    subject = replace(SUBJECT, person=replace(PERSON, accounts=accounts))
    return replace(PROVEN, stage=stage, outcomes=outcomes, subject=subject, **changes)


def prove(portal: Portal, answer: Any = None) -> Any:
    """The last proof, and what the service says to the order that follows it."""
    portal.holding(replace(answering(), purpose=Purpose.UNLOCK))
    portal.service.answers["answer"] = Answered(PROVEN, Ticket(ID, "key-after-the-proof"), "")
    portal.service.answers["unlock"] = answer or told(Stage.DONE, OutcomeKind.SET)
    return portal.post(code="48210973")


def test_it_is_offered_only_where_it_can_be_done(portal: Portal) -> None:
    assert "Unlock my account" not in portal.get("/").text
    portal.service.answers["offered"] = True
    page = portal.get("/").text
    assert page.index("Reset my password") < page.index('href="/unlock">Unlock my account')


def test_its_start_says_that_the_password_stays_and_counts_two_steps(portal: Portal) -> None:
    portal.service.answers["offered"] = True
    page = portal.get("/unlock?login_hint=maya").text
    assert "Your password stays the same. First prove it’s you." in page
    assert "Step 1 of 2:" in page
    assert "new password" not in page
    assert 'value="maya"' in page


def test_where_it_cannot_be_done_it_leads_to_a_reset(portal: Portal) -> None:
    page = portal.get("/unlock?login_hint=maya")
    assert (page.status_code, page.location) == (302, "/recover?login_hint=maya")


@pytest.mark.parametrize(
    ("here", "there", "words"),
    [
        ("/recover", "/unlock", "Know your password, but locked out? Unlock instead"),
        ("/recover?login_hint=maya", "/unlock?login_hint=maya", "Know your password, but locked out? Unlock instead"),
        ("/unlock", "/recover", "Forgot it? Reset it instead"),
        ("/go/alderwick", "/go/alderwick/unlock", "Know your password, but locked out? Unlock instead"),
        ("/go/alderwick/unlock", "/go/alderwick", "Forgot it? Reset it instead"),
    ],
)
def test_whoever_came_for_the_other_one_gets_there(portal: Portal, here: str, there: str, words: str) -> None:
    portal.service.answers["offered"] = True
    assert f'<a href="{there}">{words}</a>' in portal.get(here).text


@pytest.mark.parametrize("here", ["/recover", "/go/alderwick", "/call"])
def test_where_nobody_can_be_unlocked_no_start_speaks_of_it(portal: Portal, here: str) -> None:
    assert "nlock" not in portal.get(here).text


def test_the_name_that_was_typed_gets_into_no_address(portal: Portal) -> None:
    portal.service.answers["offered"] = True
    page = portal.post("/recover", identifier="maya", check="picture").text
    assert 'value="maya"' in page
    assert '<a href="/unlock">' in page


def test_whoever_comes_by_a_door_to_unlock_goes_back_by_it(portal: Portal) -> None:
    portal.service.answers["offered"] = True
    page = portal.get("/go/alderwick/unlock", query_string={"return_to": LISTED}).text
    assert "Step 1 of 2:" in page
    assert 'action="/unlock"' in page
    assert portal.moved(portal.post("/unlock", **FORM, entry="alderwick", return_to=LISTED))
    *_, arrival = portal.service.asked_for("start")[-1]
    assert (arrival.purpose, arrival.entry, arrival.return_to) == (Purpose.UNLOCK, "alderwick", LISTED)


def test_a_door_to_unlock_by_leads_to_a_reset_where_it_cannot_be_done(portal: Portal) -> None:
    page = portal.get("/go/alderwick/unlock").text
    assert "Step 1 of 3:" in page
    assert 'action="/recover"' in page


def test_an_unknown_door_opens_nothing_here_either(portal: Portal) -> None:
    portal.service.answers["offered"] = True
    assert portal.get("/go/nobody/unlock").status_code == 404


@pytest.mark.parametrize(
    ("because", "leads"), [("not-locked", '"/go/alderwick">Reset'), ("expired", '"/go/alderwick/unlock">Start again')]
)
def test_every_end_leads_on_by_the_same_door(portal: Portal, because: str, leads: str) -> None:
    assert leads in portal.holding(told(Stage.CLOSED, closed_because=because, entry="alderwick")).get().text


def test_the_start_says_what_for(portal: Portal) -> None:
    for path, purpose in (("/unlock", Purpose.UNLOCK), ("/recover", Purpose.RESET)):
        assert portal.moved(portal.post(path, **FORM))
        assert portal.service.asked_for("start")[-1][2].purpose is purpose


def test_whoever_keeps_no_cookies_is_told_here_too(portal: Portal) -> None:
    page = portal.get(headers={"Referer": "https://reset.alderwick.example/unlock"})
    assert "keep cookies for this page" in page.text


@pytest.mark.parametrize("stage", [Stage.CHOOSING, Stage.ANSWERING, Stage.WRITING, Stage.UNSETTLED, Stage.RENEWING])
def test_every_page_on_the_way_counts_two_steps_and_speaks_of_no_new_password(portal: Portal, stage: Stage) -> None:
    recovery = replace(answering() if stage is Stage.ANSWERING else PROVEN, stage=stage, purpose=Purpose.UNLOCK)
    page = portal.holding(recovery).get().text
    assert "Step 2 of 2:" in page
    assert "new password" not in page


def test_after_the_last_proof_nothing_more_is_asked(portal: Portal) -> None:
    page = prove(portal)
    assert portal.moved(page)
    assert portal.service.asked_for("unlock") == [["token-5"]]
    cookies = page.headers.getlist("Set-Cookie")
    assert any("key-after-unlocking" in cookie for cookie in cookies)
    # Whoever finished here gets a lane of their own, as after a reset.
    assert any("marked" in cookie for cookie in cookies)


def test_a_silent_directory_changed_nothing_and_the_key_of_the_proof_is_handed_out(portal: Portal) -> None:
    page = prove(portal, StoreUnavailable("down"))
    assert page.status_code == 503
    assert "directory doesn’t answer. Nothing was changed." in page.text
    assert "old password" not in page.text
    assert "key-after-the-proof" in page.headers["Set-Cookie"]
    assert ">Try again</button>" in page.text


@pytest.mark.parametrize("error", [OutcomeUnknown("lost"), NotAllowed(Text("No.")), OutOfTurn("late")])
def test_whatever_went_wrong_the_page_shows_where_it_stands(portal: Portal, error: Exception) -> None:
    page = prove(portal, error)
    assert portal.moved(page)
    assert "key-after-the-proof" in page.headers["Set-Cookie"]


def test_it_is_tried_again_by_one_button(portal: Portal) -> None:
    portal.holding(told(Stage.RENEWING, OutcomeKind.NOT_SET)).service.answers["unlock"] = told(Stage.DONE)
    assert 'data-outcome="not-set"' in portal.get().text
    assert portal.moved(portal.post())


def test_no_password_is_taken_from_whoever_came_to_unlock(portal: Portal) -> None:
    page = portal.holding(PROVEN).post(new_password="four plain words", new_password_again="four plain words")
    assert page.status_code == 400
    assert portal.service.asked_for("renew") == portal.service.asked_for("unlock") == []


def test_done_says_that_the_password_is_the_same_and_why_it_may_lock_again(portal: Portal) -> None:
    page = portal.holding(told(Stage.DONE, OutcomeKind.SET)).get().text
    assert "<h1>Your account is unlocked</h1>" in page
    assert 'data-outcome="set">Your password is the same as before.' in page
    assert "an old password may be saved on a phone or computer" in page
    assert "wrong passwords locked it" not in page


def test_since_when_it_was_locked_is_said_where_the_directory_tells(portal: Portal) -> None:
    state = AccountState(locked=True, locked_since=NOW - timedelta(minutes=12))
    subject = replace(SUBJECT, person=replace(PERSON, accounts=(replace(MAYA, state=state),)))
    page = portal.holding(replace(told(Stage.DONE, OutcomeKind.SET), subject=subject)).get().text
    assert "Too many wrong passwords locked it 12 minutes ago." in page


@pytest.mark.parametrize(
    ("kind", "heading", "said"),
    [
        (OutcomeKind.SET, "2 of 2 accounts are unlocked", "Your password is the same as before."),
        (OutcomeKind.REFUSED, "1 of 2 accounts is unlocked", "Your organisation unlocks this account by hand."),
    ],
)
def test_each_of_two_accounts_has_its_own_statement(portal: Portal, kind: OutcomeKind, heading: str, said: str) -> None:
    page = portal.holding(told(Stage.DONE, OutcomeKind.SET, kind)).get().text
    assert f"<h1>{heading}</h1>" in page
    cloud = page.partition('data-store="cloud"')[2]
    assert said in cloud


@pytest.mark.parametrize(
    ("because", "heading", "leads"),
    [
        ("not-locked", "Your account isn’t locked.", '"/recover">Reset my password'),
        ("reset-instead", "Your account is still locked.", '"/recover">Reset my password'),
        ("expired", "Your time is up.", '"/unlock">Start again'),
    ],
)
def test_every_end_leads_on(portal: Portal, because: str, heading: str, leads: str) -> None:
    page = portal.holding(told(Stage.CLOSED, closed_because=because)).get().text
    assert f"<h1>{heading}</h1>" in page
    assert leads in page


def test_what_is_unlocked_by_hand_leads_to_the_help_desk(portal: Portal) -> None:
    page = portal.holding(told(Stage.CLOSED, closed_because="by-hand")).get().text
    assert "Your organisation unlocks this account by hand. Call the help desk." in page
    assert "Start again" not in page
    assert f"reference {ID[:8].upper()}" in page


def test_a_new_password_that_left_the_lock_is_not_said_to_work(portal: Portal) -> None:
    reset = told(Stage.DONE, OutcomeKind.SET)
    outcomes = (replace(reset.outcomes[0], reasons=(STILL_LOCKED,)),)
    page = portal.holding(replace(reset, purpose=Purpose.RESET, outcomes=outcomes)).get().text
    assert "Your account is still locked." in page
    assert "works now" not in page
    assert 'href="/unlock">Unlock my account' in page
