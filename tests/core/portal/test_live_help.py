"""Help while a password is typed: who may ask, what is answered, and that nothing comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from pretend_portal import ID, NOW, ORIGIN, PROOF, SUBJECT, Portal, a_recovery, answering

from keyback.core.contracts.errors import MustWait
from keyback.core.recovery.state import Recovery, Stage

PATH = f"/recover/{ID}/password"
FORM = "application/x-www-form-urlencoded"
OURS = {"Sec-Fetch-Site": "same-origin"}
RENEWING = a_recovery(stage=Stage.RENEWING, found=True, subject=SUBJECT, proofs=(PROOF,))


def ask(portal: Portal, typed: str = "lamp-harvest", *, headers: Mapping[str, str] = OURS, **more: str) -> Any:
    """As the page's script asks."""
    fields = {"token": portal.service.form_token(portal.service.recovery), "new_password": typed, **more}
    return portal.browser.post(PATH, base_url=ORIGIN, data=fields, headers=headers)


def send(portal: Portal, body: str | bytes, kind: str = FORM) -> Any:
    return portal.browser.post(PATH, base_url=ORIGIN, data=body, content_type=kind, headers=OURS)


def test_every_rule_the_strength_and_no_advice_where_none_is_needed(portal: Portal) -> None:
    response = ask(portal.holding(RENEWING))
    assert response.status_code == 200
    assert response.json == {
        "rules": [
            {"state": "needed", "text": "15 characters or more: 3 to go"},
            {"state": "met", "text": "At most 128 characters"},
            {"state": "met", "text": "Not in any known data leak"},
            {"state": "met", "text": 'Without your name or "Alderwick"'},
            {"state": "later", "text": "Not one of your last 12: checked when you save"},
        ],
        "score": 2,
        "strength": "Fair",
        "advice": "",
    }


def test_an_easy_one_is_told_why_and_what_to_change(portal: Portal) -> None:
    answer = ask(portal.holding(RENEWING), "aaaaaaaaaaaaaaaa").json
    assert answer["strength"] == "Too easy"
    assert answer["advice"] == "This is easy to guess because it repeats itself. Add another word."
    assert ask(portal, "correct horse battery").json["advice"].startswith("This password is in a known data leak.")


def test_it_is_looked_at_letter_by_letter_and_never_given_back(portal: Portal) -> None:
    odd = "  ｃanary Pläin+%&=7d01 "
    response = ask(portal.holding(RENEWING), odd)
    assert portal.service.asked_for("check") == [[odd]]
    assert "7d01" not in f"{response.text} {response.headers}"


def test_the_answer_is_kept_nowhere(portal: Portal) -> None:
    response = ask(portal.holding(RENEWING))
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Content-Type"] == "application/json"
    assert "Set-Cookie" not in response.headers


def test_nothing_is_moved_by_it(portal: Portal) -> None:
    portal.holding(RENEWING)
    for _ in range(3):
        ask(portal)
    assert {kind for kind, *_ in portal.service.asked} == {"check"}
    assert portal.service.recovery is RENEWING


@pytest.mark.parametrize("token", ["token-0", "token-2", "", "ä"])
def test_a_form_of_another_turn_learns_nothing(portal: Portal, token: str) -> None:
    response = ask(portal.holding(RENEWING), token=token)
    assert (response.status_code, response.json) == (409, {})
    assert portal.service.asked == []


@pytest.mark.parametrize("recovery", [a_recovery(), answering(), *(a_recovery(stage=s) for s in list(Stage)[3:])])
def test_in_another_stage_nobody_learns_anything(portal: Portal, recovery: Recovery) -> None:
    response = ask(portal.holding(recovery))
    assert (response.status_code, response.json) == (409, {})
    assert portal.service.asked == []


def test_only_the_browser_that_holds_the_recovery_may_ask(portal: Portal) -> None:
    portal.service.recovery = RENEWING
    assert ask(portal).status_code == 403
    portal.browser.set_cookie("__Host-kb_j", f"{ID}.a-stranger", domain="reset.alderwick.example", secure=True)
    assert ask(portal).status_code == 403
    portal.browser.set_cookie("__Host-kb_j", "other.first-key", domain="reset.alderwick.example", secure=True)
    assert ask(portal).status_code == 403
    assert portal.service.asked == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
    ],
)
def test_only_our_own_page_may_ask(portal: Portal, headers: dict[str, str]) -> None:
    assert ask(portal.holding(RENEWING), headers=headers).status_code == 403
    assert portal.service.asked == []


@pytest.mark.parametrize(
    "body",
    [
        "token=token-1&new_password=one&new_password=two",
        "token=token-1&token=token-1&new_password=one",
        "token=token-1&new_password=one&move=continue",
        "token=token-1&new_password=one&new_password_again=one",
        "token=token-1",
        "new_password=one",
        "token=token-1&new_password=%FF",
        "",
    ],
)
def test_a_body_that_our_script_does_not_send_is_refused(portal: Portal, body: str) -> None:
    portal.holding(RENEWING)
    assert portal.service.form_token(RENEWING) == "token-1"
    assert send(portal, body).status_code == 400
    assert portal.service.asked == []


def test_no_other_way_of_sending_is_understood(portal: Portal) -> None:
    portal.holding(RENEWING)
    assert send(portal, '{"token": "token-1", "new_password": "x"}', "application/json").status_code == 415
    assert portal.get(f"{PATH}?token=token-1&new_password=x").status_code == 405
    assert send(portal, f"token=token-1&new_password={'m' * 70_000}").status_code == 413
    assert portal.service.asked == []


def test_too_often_says_when_to_ask_again(portal: Portal) -> None:
    portal.service.answers["check"] = MustWait(NOW + timedelta(seconds=2, milliseconds=1))
    response = ask(portal.holding(RENEWING))
    assert (response.status_code, response.headers["Retry-After"], response.json) == (429, "3", {})
