"""Which browser holds which recovery."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pretend_portal import ID, ORIGIN, PROOF, SUBJECT, Portal, a_recovery, answering, open_portal

from keyback.core.recovery.state import Stage
from keyback.core.service.tickets import Answered, Ticket


def test_the_start_page_sets_no_cookie(portal: Portal) -> None:
    for path in ("/", "/recover", "/go/alderwick?login_hint=maya", "/nowhere"):
        assert "Set-Cookie" not in portal.get(path).headers


def test_starting_hands_out_a_cookie_that_only_this_host_gets(portal: Portal) -> None:
    response = portal.post("/recover", identifier="maya")
    assert response.headers.getlist("Set-Cookie") == [
        f"__Host-kb_j={ID}.first-key; Secure; HttpOnly; Path=/; SameSite=Strict"
    ]


def test_a_plain_http_demo_has_cookies_without_secure() -> None:
    portal = open_portal(portal_url="http://localhost:8080", secure=False)
    response = portal.browser.post("/recover", base_url="http://localhost:8080", data={"identifier": "maya"})
    assert response.headers["Set-Cookie"] == f"kb_j={ID}.first-key; HttpOnly; Path=/; SameSite=Strict"


def test_a_proof_renews_the_cookie(portal: Portal) -> None:
    proven = a_recovery(found=True, subject=SUBJECT, proofs=(PROOF,), turn=2)
    portal.service.answers["answer"] = Answered(proven, Ticket(ID, "second-key"))
    response = portal.holding(answering()).post(code="12345678")
    assert portal.moved(response)
    assert response.headers["Set-Cookie"].startswith(f"__Host-kb_j={ID}.second-key; Secure;")
    assert portal.get().status_code == 200


def test_other_moves_leave_the_cookie_alone(portal: Portal) -> None:
    assert "Set-Cookie" not in portal.holding().post(offer="email").headers


def test_a_new_password_renews_the_cookie_and_remembers_the_browser(portal: Portal) -> None:
    renewing = a_recovery(stage=Stage.RENEWING, subject=SUBJECT, proofs=(PROOF,))
    portal.service.answers["renew"] = replace(renewing, stage=Stage.DONE)
    response = portal.holding(renewing).post(new_password="four plain words", new_password_again="four plain words")
    journey, browser = sorted(response.headers.getlist("Set-Cookie"), key=lambda cookie: "kb_d" in cookie)
    assert journey.startswith(f"__Host-kb_j={ID}.key-after-renewing; ")
    assert browser.startswith("__Host-kb_d=marked; ")
    assert "Max-Age=15552000" in browser
    assert browser.endswith("Secure; HttpOnly; Path=/; SameSite=Strict")


def test_an_unfinished_recovery_remembers_no_browser(portal: Portal) -> None:
    assert "kb_d" not in str(portal.holding().get().headers)


@pytest.mark.parametrize("separator", ["; ", ","])
def test_two_cookies_of_one_name_are_refused(portal: Portal, separator: str) -> None:
    mine, other = f"__Host-kb_j={ID}.first-key", f"__Host-kb_j={'f' * 32}.other-key"
    for both in (mine + separator + other, other + separator + mine):
        response = portal.app.test_client(use_cookies=False).get(
            f"/recover/{ID}", base_url=ORIGIN, headers={"Cookie": both}
        )
        assert response.status_code == 400


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        f"__Host-kb_j={ID}",
        f"__Host-kb_j={ID}.",
        "__Host-kb_j=.first-key",
        f"kb_j={ID}.first-key",
        f"__Host-kb_j={ID}.first-key%0d%0a",
        f"__Host-kb_j={ID}.{'k' * 600}",
        f"__host-kb_j={ID}.first-key",
        f"__Host-kb_j={'f' * 32}.first-key",
        f"__Host-kb_j={ID}.second-key",
    ],
)
def test_whoever_does_not_hold_it_sees_nothing_of_it(portal: Portal, cookie: str) -> None:
    browser = portal.app.test_client(use_cookies=False)
    for path in (f"/recover/{ID}", f"/recover/{ID}/stage"):
        response = browser.get(path, base_url=ORIGIN, headers={"Cookie": cookie})
        assert response.status_code == 403
        assert "Open this in the browser where you started." in response.text


def test_a_recovery_that_is_not_there_looks_like_somebody_elses(portal: Portal) -> None:
    theirs, nobodys = portal.get(f"/recover/{ID}"), portal.get("/recover/ffffffffffffffffffffffffffffffff")
    assert (theirs.status_code, len(theirs.data)) == (nobodys.status_code, len(nobodys.data))


def test_a_browser_that_keeps_no_cookies_is_told_so(portal: Portal) -> None:
    response = portal.get(headers={"Referer": f"{ORIGIN}/recover"})
    assert response.status_code == 403
    assert "keep cookies for this page" in response.text
    assert "Allow them for reset.alderwick.example" in response.text


def test_a_referer_that_is_no_address_says_nothing(portal: Portal) -> None:
    response = portal.get(headers={"Referer": "http://[::1"})
    assert response.status_code == 403
    assert "Open this in the browser where you started" in response.text


def test_the_known_browser_cookie_is_handed_on_and_junk_is_not(portal: Portal) -> None:
    browser = portal.app.test_client(use_cookies=False)
    for cookie, heard in (("abc.def", "abc.def"), ("<script>", ""), ("x" * 600, "")):
        browser.post(
            "/recover", base_url=ORIGIN, data={"identifier": "maya"}, headers={"Cookie": f"__Host-kb_d={cookie}"}
        )
        *_, arrival = portal.service.asked_for("start")[-1]
        assert arrival.browser == heard
