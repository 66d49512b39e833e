"""Several accounts on the password page: which to set it for, and what became of each."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pretend_portal import HOME, ID, NOW, PERSON, PROOF, SUBJECT, Portal, a_recovery

from keyback.core.contracts.errors import PasswordRefused, StoreUnavailable
from keyback.core.contracts.people import Account, AccountKey
from keyback.core.contracts.store import Outcome, OutcomeKind
from keyback.core.contracts.text import Text
from keyback.core.portal.outcomes import again_for
from keyback.core.recovery.state import Recovery, Stage
from keyback.core.service.writing.accounts import BY_HAND
from keyback.core.service.writing.write import NO_ANSWER, NOT_ASKED

MINE, CLOUD = AccountKey("embedded", "7"), AccountKey("cloud", "canary-id")
TWO = replace(SUBJECT, person=replace(PERSON, accounts=(*PERSON.accounts, Account(CLOUD, "maya@cloud.example"))))
TYPED = {"new_password": "four plain words", "new_password_again": "four plain words"}
SET, REFUSED, NOT_SET, UNKNOWN = OutcomeKind.SET, OutcomeKind.REFUSED, OutcomeKind.NOT_SET, OutcomeKind.UNKNOWN


def renewing(*outcomes: Outcome, **values: Any) -> Recovery:
    return a_recovery(stage=Stage.RENEWING, found=True, subject=TWO, proofs=(PROOF,), outcomes=outcomes, **values)


def ticked(page: Any) -> dict[str, bool]:
    boxes = re.findall(r'type="checkbox" name="account" value="(\d)"([^>]*)>', page.text)
    return {value: "checked" in rest for value, rest in boxes}


def says(page: Any, *sentences: str) -> bool:
    text = " ".join(page.text.replace("’", "'").split())
    return all(sentence in text for sentence in sentences)


def test_two_accounts_are_two_ticked_boxes(portal: Portal) -> None:
    page = portal.holding(renewing()).get()
    assert ticked(page) == {"1": True, "2": True}
    assert says(page, "<legend>Set it for</legend>", 'data-store="embedded"', 'data-store="cloud"')
    assert says(page, 'Cloud <span class="soft">maya@cloud.example</span>')


def test_no_id_of_a_directory_stands_on_the_page(portal: Portal) -> None:
    silent = Outcome(CLOUD, NOT_SET, (NO_ANSWER,))
    for recovery in (renewing(), renewing(Outcome(MINE, SET), silent)):
        assert "canary" not in portal.holding(recovery).get().text


def test_what_is_ticked_is_what_is_set(portal: Portal) -> None:
    portal.service.answers["renew"] = replace(renewing(), stage=Stage.DONE)
    portal.holding(renewing()).post(**TYPED, account=["1", "2"])
    assert portal.service.asked_for("renew") == [["four plain words", "1", "2"]]


def test_choosing_none_is_said_at_the_boxes(portal: Portal) -> None:
    page = portal.holding(renewing()).post(**TYPED)
    assert page.status_code == 422
    assert says(page, '<a href="#account">Choose at least one account</a>', 'aria-describedby="account-error"')
    assert ticked(page) == {"1": False, "2": False}
    assert portal.service.asked_for("renew") == []


@pytest.mark.parametrize(
    ("trouble", "status"), [(PasswordRefused([Text("No.")]), 422), (StoreUnavailable("no answer"), 503)]
)
def test_what_was_ticked_stays_after_an_error(portal: Portal, trouble: Exception, status: int) -> None:
    portal.service.answers["renew"] = trouble
    page = portal.holding(renewing()).post(**TYPED, account="2")
    assert (page.status_code, ticked(page)) == (status, {"1": False, "2": True})
    assert "four plain words" not in page.text


def test_passwords_that_differ_leave_the_ticks_too(portal: Portal) -> None:
    page = portal.holding(renewing()).post(new_password="four plain words", new_password_again="five", account="1")
    assert ticked(page) == {"1": True, "2": False}


def test_a_directory_that_was_silent_is_named(portal: Portal) -> None:
    portal.service.silent_ones = (Text("Windows"),)
    assert says(portal.holding(renewing()).get(), "Windows didn't answer, so its password stays as it is.")


# What became of each ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kinds", "heading"),
    [
        ((SET, SET), "Both passwords are set"),
        ((SET, NOT_SET), "One of two passwords is set"),
        ((REFUSED, NOT_SET), "No password was changed"),
    ],
)
def test_the_heading_counts(portal: Portal, kinds: tuple[OutcomeKind, ...], heading: str) -> None:
    outcomes = [Outcome(key, kind) for key, kind in zip((MINE, CLOUD), kinds, strict=True)]
    stage = Stage.DONE if set(kinds) == {SET} else Stage.RENEWING
    page = portal.holding(replace(renewing(*outcomes), stage=stage)).get()
    assert says(page, f"<h1>{heading}</h1>", f"<title>{heading} – Alderwick</title>")


def test_one_that_did_not_answer_can_be_tried_again(portal: Portal) -> None:
    recovery = renewing(Outcome(MINE, SET), Outcome(CLOUD, NOT_SET, (NO_ANSWER,)))
    page = portal.holding(recovery).get()
    assert says(page, 'data-page="outcomes" data-stage="renewing"', "The new password works now.")
    assert says(page, "Cloud didn't answer. Nothing was changed there, and your old password still works.</p>")
    assert says(page, "For the next 10 minutes you can try again without proving who you are.")
    assert says(page, f'href="/recover/{ID}?account=2">Try again for Cloud</a>')
    assert "new_password" not in page.text


def test_its_button_leads_to_the_form_for_it_alone(portal: Portal) -> None:
    recovery = renewing(Outcome(MINE, SET), Outcome(CLOUD, NOT_SET, (NO_ANSWER,)))
    page = portal.holding(recovery).get(f"/recover/{ID}?account=2")
    assert says(page, "<h1>Choose a new password</h1>", 'data-store="cloud"')
    assert not says(page, 'data-store="embedded"')
    portal.service.answers["renew"] = replace(recovery, stage=Stage.DONE)
    portal.post(**TYPED)
    assert portal.service.asked_for("renew") == [["four plain words", "2"]]


def test_where_both_failed_the_button_ticks_its_own(portal: Portal) -> None:
    recovery = renewing(Outcome(MINE, NOT_SET, (NO_ANSWER,)), Outcome(CLOUD, NOT_SET, (NO_ANSWER,)))
    page = portal.holding(recovery).get(f"/recover/{ID}?account=2")
    assert ticked(page) == {"1": False, "2": True}


def test_a_refused_password_is_chosen_anew_for_all_that_wait_for_it(portal: Portal) -> None:
    refused = Outcome(MINE, REFUSED, (Text("The directory says: used before."),))
    page = portal.holding(renewing(refused, Outcome(CLOUD, NOT_SET, (NOT_ASKED,)))).get()
    assert says(page, "Choose another password. The directory says: used before.")
    assert says(page, "Nothing was changed there, so that you don't end up with two passwords.")
    assert says(page, f'href="/recover/{ID}?account=1%202">Choose another password</a>')
    assert page.text.count('class="buttons"') == 1
    assert ticked(portal.get(f"/recover/{ID}?account=1%202")) == {"1": True, "2": True}


def test_one_that_is_reset_by_hand_has_no_button(portal: Portal) -> None:
    page = portal.holding(renewing(Outcome(MINE, SET), Outcome(CLOUD, REFUSED, (BY_HAND,)))).get()
    assert says(page, "Your organisation resets this account by hand. Call the help desk.")
    assert not says(page, "Choose another password")
    assert not says(page, "you can try again")


def test_whoever_has_enough_can_go_back(portal: Portal) -> None:
    half = renewing(Outcome(MINE, SET), Outcome(CLOUD, NOT_SET, (NO_ANSWER,)), entry="alderwick")
    assert says(portal.holding(half).get(), f'href="{HOME}" rel="noreferrer">Back to Alderwick sign-in</a>')


def test_the_outcomes_offer_more_time(portal: Portal) -> None:
    half = renewing(Outcome(MINE, SET), Outcome(CLOUD, NOT_SET, (NO_ANSWER,)), started_at=NOW - timedelta(minutes=9))
    page = portal.holding(half).get()
    assert says(page, 'value="more_time">Give me 15 more minutes</button>')
    assert portal.moved(portal.post(move="more_time"))


def test_one_unknown_of_two_is_told_beside_the_other(portal: Portal) -> None:
    unsettled = replace(renewing(Outcome(MINE, SET), Outcome(CLOUD, UNKNOWN)), stage=Stage.UNSETTLED)
    page = portal.holding(unsettled).get()
    assert says(page, 'data-store="embedded" data-outcome="set"', 'data-store="cloud" data-outcome="unknown"')
    assert says(page, "Cloud took the request but didn't confirm it. Try the new password first, then the old one.")


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(minutes=15), "next 10 minutes"),
        (timedelta(minutes=7, seconds=50), "next 7 minutes"),
        (timedelta(seconds=70), "next 1 minute "),
        (timedelta(seconds=20), "a few seconds"),
    ],
)
def test_no_more_time_is_promised_than_there_is(left: timedelta, said: str) -> None:
    assert said in str(again_for(left))


def test_whatever_a_link_asks_for_moves_nothing(portal: Portal) -> None:
    for odd in ("9", "", "<script>", "1 1 1", "x" * 4000):
        page = portal.holding(renewing()).get(f"/recover/{ID}?account={odd}")
        assert page.status_code == 200
        assert "<script>" not in page.text
    assert portal.service.asked == []


def test_somebody_with_one_account_sees_the_form_beneath(portal: Portal) -> None:
    one = replace(renewing(Outcome(MINE, NOT_SET, (NO_ANSWER,))), subject=SUBJECT)
    page = portal.holding(one).get()
    assert says(page, "Alderwick's directory didn't answer.", 'name="new_password"', "No password was changed")
