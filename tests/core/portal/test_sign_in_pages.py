"""Signing in and out, as a browser sees it: two cookies, one link there, one page back."""

from __future__ import annotations

from typing import Any

import pytest
from pretend_portal import ORIGIN, SIGNED_IN, Portal

from keyback.core.contracts.errors import MustWait
from keyback.core.service.enrolling.signing_in import Arrived
from keyback.core.service.enrolling.vouching import SignInRefused, SignInUnavailable

BACK = "/sign-in/callback?state=s&code=c"


def cookies(response: Any) -> list[str]:
    return list(response.headers.getlist("Set-Cookie"))


def wishes(portal: Portal) -> Any:
    """With which wishes the browser set out."""
    ((_, _, asked),) = portal.service.asked_for("set_out")
    return asked


def holding(portal: Portal, name: str, value: str) -> None:
    portal.browser.set_cookie(name, value, domain="reset.alderwick.example", secure=True)


def test_a_link_leads_to_the_identity_provider_and_leaves_a_name_that_comes_back(portal: Portal) -> None:
    there = portal.get("/sign-in")
    assert (there.status_code, there.location) == (303, "https://idp.alderwick.example/authorize?state=s")
    (cookie,) = cookies(there)
    assert cookie.startswith("__Host-kb_o=first-browser; ")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=600"} <= set(cookie.split("; "))


def test_what_the_browser_has_already_goes_along(portal: Portal) -> None:
    holding(portal, "__Host-kb_o", "other-tab")
    holding(portal, "__Host-kb_s", "old-session")
    portal.get("/sign-in?again=yes", headers={"Accept-Language": "de"})
    ((address, browser, asked),) = portal.service.asked_for("set_out")
    assert (address, browser) == ("127.0.0.1", "other-tab")
    assert asked == {"to": "/", "fresh": True, "key": "old-session", "language": "de", "joins": False}


def test_whoever_signs_in_to_join_an_account_stays_who_they_are(portal: Portal) -> None:
    holding(portal, "__Host-kb_s", "old-session")
    portal.get("/sign-in?join=1&to=/accounts/join/signed-in")
    assert wishes(portal)["joins"] is True
    portal.service.answers["come_back"] = Arrived("", "next-browser", "/accounts/join/signed-in")
    back = portal.get(BACK)
    assert back.headers["Refresh"] == "0; url=/accounts/join/signed-in"
    assert [cookie.partition("=")[0] for cookie in cookies(back)] == ["__Host-kb_o"]


@pytest.mark.parametrize("to", ["/methods", "/methods/add/phone", "/"])
def test_people_come_to_the_page_that_they_wanted(portal: Portal, to: str) -> None:
    portal.get(f"/sign-in?to={to}")
    assert wishes(portal)["to"] == to
    portal.service.answers["come_back"] = to
    back = portal.get(BACK)
    assert back.headers["Refresh"] == f"0; url={to}"
    assert f'<a class="button" href="{to}">Continue</a>' in back.text


@pytest.mark.parametrize(
    "to",
    ["//evil.example", "https://evil.example", "/\\evil.example", "methods", "/me?x=1", "/%0d%0aX", "/a;b",
     "/" + "a" * 99, "/methods&to=/other"],
)  # fmt: skip
def test_and_to_no_other(portal: Portal, to: str) -> None:
    portal.get(f"/sign-in?to={to}")
    assert wishes(portal)["to"] == "/"


def test_back_from_there_is_a_page_so_that_the_strict_cookie_comes_along_next(portal: Portal) -> None:
    holding(portal, "__Host-kb_o", "first-browser")
    back = portal.get(f"{BACK}&iss=i&session_state=x")
    assert back.status_code == 200
    assert portal.service.asked_for("come_back") == [[{"state": "s", "code": "c", "iss": "i"}, "first-browser"]]
    assert cookies(back)[0] == "__Host-kb_s=session-key; Secure; HttpOnly; Path=/; SameSite=Strict"
    assert cookies(back)[1].startswith("__Host-kb_o=next-browser; ")
    assert (back.headers["Cache-Control"], back.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    # The language menu of this page must not bring the code back once more.
    assert "code=c" not in back.text


@pytest.mark.parametrize("answer", ["state=s&state=t", "code=c&code=d&state=s", "iss=a&iss=b"])
def test_an_answer_that_can_be_read_in_two_ways_is_not_read(portal: Portal, answer: str) -> None:
    assert portal.get(f"/sign-in/callback?{answer}").status_code == 400
    assert portal.service.asked_for("come_back") == []


def test_who_is_refused_gets_no_cookie_and_no_reason_that_helps_a_stranger(portal: Portal) -> None:
    portal.service.answers["come_back"] = SignInRefused("nonce")
    back = portal.get(BACK)
    assert (back.status_code, cookies(back)) == (403, [])
    assert "We couldn’t sign you in." in back.text
    assert "nonce" not in back.text.partition("<main")[2]
    assert '<a class="button" href="/sign-in">Continue</a>' in back.text


@pytest.mark.parametrize("when", ["set_out", "come_back"])
def test_an_identity_provider_that_is_away_is_told_and_everything_else_works(portal: Portal, when: str) -> None:
    portal.service.answers[when] = SignInUnavailable("late")
    page = portal.get("/sign-in" if when == "set_out" else BACK)
    assert (page.status_code, page.headers["Retry-After"]) == (503, "10")
    assert "You can’t sign in right now." in page.text
    assert portal.get("/recover").status_code == 200


def test_too_many_who_set_out_are_told_to_wait(portal: Portal) -> None:
    portal.service.answers["set_out"] = MustWait(portal.clock[0])
    assert portal.get("/sign-in").status_code == 429


# Signed in -----------------------------------------------------------------------------------------------------


def test_the_start_greets_whoever_is_signed_in_and_offers_the_way_out(portal: Portal) -> None:
    portal.service.answers["whoever"] = SIGNED_IN
    page = portal.get("/").text
    assert 'Maya Okafor&#160;· <a href="/sign-out">Sign out</a>' in page
    assert "Sign in first" not in page


def test_a_link_signs_nobody_out(portal: Portal) -> None:
    portal.service.answers["whoever"] = SIGNED_IN
    page = portal.get("/sign-out")
    assert (page.status_code, cookies(page)) == (200, [])
    assert '<button name="move" value="sign_out">' in page.text
    assert portal.service.asked_for("leave") == []


def test_the_button_does_and_says_where_else_one_may_still_be_known(portal: Portal) -> None:
    holding(portal, "__Host-kb_s", "session-key")
    portal.service.answers |= {"whoever": SIGNED_IN, "leave": "https://idp.alderwick.example/end?hint=t"}
    page = portal.browser.post(
        "/sign-out", base_url=ORIGIN, data={"move": "sign_out"}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert "You’re signed out" in page.text
    assert 'href="https://idp.alderwick.example/end?hint=t"' in page.text
    assert portal.service.asked_for("leave") == [["session-key"]]
    (cookie,) = cookies(page)
    assert cookie.startswith("__Host-kb_s=; ")
    assert "Max-Age=0" in cookie
    assert page.headers["Clear-Site-Data"] == '"cache"'


def test_a_foreign_page_signs_nobody_out(portal: Portal) -> None:
    page = portal.browser.post(
        "/sign-out", base_url=ORIGIN, data={"move": "sign_out"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert page.status_code == 403
    assert portal.service.asked_for("leave") == []


def test_who_comes_back_from_signing_out_there_is_told_so(portal: Portal) -> None:
    page = portal.get("/sign-out?state=x")
    assert page.status_code == 200
    assert "You’re signed out" in page.text
    assert "<form" not in page.text.partition("<main")[2]


# Said by the identity provider ---------------------------------------------------------------------------------


def back_channel(portal: Portal, **form: str) -> Any:
    return portal.browser.post("/sign-out/back-channel", base_url=ORIGIN, data=form)


def test_the_identity_provider_says_it_without_a_browser(portal: Portal) -> None:
    answer = back_channel(portal, logout_token="a.logout.token", more="x")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert portal.service.asked_for("told") == [["a.logout.token"]]


def test_a_logout_token_that_is_refused_is_answered_so(portal: Portal) -> None:
    portal.service.answers["told"] = SignInRefused("signature")
    answer = back_channel(portal, logout_token="a.logout.token")
    assert (answer.status_code, answer.json) == (400, {"error": "invalid_request"})


def test_no_token_or_two_are_not_read(portal: Portal) -> None:
    assert back_channel(portal, more="x").status_code == 400
    twice = portal.browser.post(
        "/sign-out/back-channel", base_url=ORIGIN, content_type="application/x-www-form-urlencoded",
        data="logout_token=a&logout_token=b",
    )  # fmt: skip
    assert twice.status_code == 400
    assert portal.service.asked_for("told") == []
