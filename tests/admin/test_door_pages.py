"""The console's own door, over HTTP: who comes in by it comes in once, and no page of another's moves it.

What its screens make of forged and strange forms is walked beside this; the door stands before every screen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from servers.console_door import CALLBACK, SESSION, WAY_BACK, DoorBrowser, Doorway, doorway
from servers.console_forms import words
from servers.foreign import FOREIGN, HOST, SAME, in_words
from servers.rows import Row, rows_at

from keyback.core.db.session import Database

STRANGE = "This form holds something that its page doesn't offer. Nothing was changed."
UNREADABLE = "This holds characters that can't be kept. Nothing was changed."
TOLD = "/admin/sign-out/back-channel"
Rows = Callable[[], set[Row]]


@pytest.fixture
def at(database: Database) -> Iterator[Doorway]:
    with doorway(database) as at:
        yield at


@pytest.fixture
def rows(tmp_path: Path, at: Doorway) -> Rows:
    """All that this console's database keeps at the moment."""
    return lambda: rows_at(f"sqlite:///{tmp_path / 'keyback.db'}")


@pytest.fixture
def ines(at: Doorway) -> DoorBrowser:
    """An administrator, signed in."""
    browser = at.browser()
    browser.signs_in()
    assert browser.is_in
    return browser


def test_these_are_all_its_addresses_that_take_a_form(at: Doorway) -> None:
    rules = (rule for rule in at.app.url_map.iter_rules() if rule.endpoint.startswith("door."))
    assert {rule.rule for rule in rules if "POST" in (rule.methods or ())} == {
        "/admin/link/<token>",
        "/admin/sign-out",
        TOLD,
    }


# A page of another site ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", FOREIGN, ids=in_words)
def test_a_page_of_another_site_signs_nobody_out_and_opens_nothing(
    at: Doorway, ines: DoorBrowser, rows: Rows, headers: Mapping[str, str]
) -> None:
    link, token = at.link(), ines.token
    before = rows()
    assert ines.post("/admin/sign-out", {"token": token}, headers).status_code == 403
    assert ines.post(link, headers=headers).status_code == 403
    assert rows() == before
    assert ines.is_in
    assert at.browser().post(link).status_code == 200


def test_only_a_form_of_this_very_session_signs_out(at: Doorway, ines: DoorBrowser, rows: Rows) -> None:
    other, nobody = at.browser(), at.browser()
    other.signs_in("sub-owen")
    assert nobody.token == ""
    for token in ("", " ", "x" * 64, other.token, ines.token[:-2], f"{ines.token}00"):
        before = rows()
        assert ines.post("/admin/sign-out", {"token": token}).status_code == 403, token
        assert rows() == before
    assert ines.post("/admin/sign-out").status_code == 403
    assert ines.is_in
    assert ines.post("/admin/sign-out", {"token": ines.token}).status_code == 200
    assert not ines.is_in
    assert other.is_in


def test_whoever_is_not_in_signs_nobody_out(at: Doorway, ines: DoorBrowser, rows: Rows) -> None:
    token, before = ines.token, rows()
    assert at.browser().post("/admin/sign-out", {"token": token}).status_code == 200
    assert rows() == before
    assert ines.is_in


# What no page of ours sends --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"beyond": "1"}, STRANGE),
        ({"role": "administrator"}, STRANGE),
        ({"to": "https://evil.example/"}, STRANGE),
        ({"token": ["a", "b"]}, STRANGE),
        ({"token": "a\0"}, UNREADABLE),
    ],
)
def test_a_field_that_its_page_does_not_offer_is_refused(
    at: Doorway, ines: DoorBrowser, rows: Rows, more: Mapping[str, object], said: str
) -> None:
    link, token, nobody = at.link(), ines.token, at.browser()
    before = rows()
    for browser, address in ((nobody, link), (nobody, "/admin/sign-out"), (ines, link)):
        page = browser.post(address, more)
        assert page.status_code == 400, address
        assert said in words(page)
    if "token" not in more:
        assert ines.post("/admin/sign-out", {"token": token, **more}).status_code == 400
    assert rows() == before
    assert ines.is_in
    assert nobody.post(link).status_code == 200


@pytest.mark.parametrize("verb", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_no_other_verb_changes_anything_where_a_form_is_taken(
    at: Doorway, ines: DoorBrowser, rows: Rows, verb: str
) -> None:
    link = at.link()
    before = rows()
    for browser in (ines, at.browser()):
        for address in (link, f"/admin/sign-out?token={ines.token}", f"{TOLD}?logout_token=x"):
            page = browser.client.open(address, method=verb, headers=SAME, base_url=f"https://{HOST}")
            asks = verb in {"GET", "HEAD"} and not address.startswith(TOLD)
            assert page.status_code == (200 if asks else 405), address
    assert rows() == before
    assert ines.is_in
    assert at.browser().post(link).status_code == 200


# A link that opens it once ---------------------------------------------------------------------------------------


def test_a_link_that_was_used_opens_nothing_however_it_is_written(at: Doorway) -> None:
    link, first = at.link(), at.browser()
    assert first.post(link).status_code == 200
    assert first.is_in
    body, seal = link[:-64], link[-64:]
    spellings = (link, body + seal.upper(), body + seal.title(), f"{body}{seal[:8]}%20{seal[8:]}", f"{link}%20")
    for spelling in spellings:
        again = at.browser()
        assert again.post(spelling).status_code == 403, spelling
        assert not again.key
        assert not again.is_in
    # A form is no proof of who sends it: the one who is in sends it in vain as well.
    assert first.post(link).status_code == 403
    assert first.is_in


def test_of_two_browsers_that_use_a_link_at_once_one_gets_in(either_database: Database) -> None:
    with doorway(either_database) as at:
        for _ in range(5):
            link, browsers, start = at.link(), [at.browser(), at.browser()], Barrier(2)

            def use(browser: DoorBrowser, link: str = link, start: Barrier = start) -> int:
                start.wait(30)
                return browser.post(link).status_code

            with ThreadPoolExecutor(2) as threads:
                statuses = list(threads.map(use, browsers))
            assert sorted(statuses) == [200, 403]
            assert [browser.is_in for browser in browsers] == [status == 200 for status in statuses]


def test_who_only_looks_at_a_link_leaves_it_good(at: Doorway, rows: Rows) -> None:
    link = at.link()
    before = rows()
    for _ in range(3):
        assert at.browser().get(link).status_code == 200
    assert rows() == before
    assert at.browser().post(link).status_code == 200


# Before and after a sign-in --------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["signs in again", "uses a link"])
def test_the_session_is_another_and_what_was_before_is_worth_nothing(
    at: Doorway, ines: DoorBrowser, rows: Rows, how: str
) -> None:
    key, token = ines.key, ines.token
    # The same person, who left the page with its form open in another tab.
    assert (ines.signs_in(wish="again=yes") if how == "signs in again" else ines.post(at.link())).status_code == 200
    assert ines.key != key
    assert ines.token != token
    before = rows()
    old = at.browser()
    old.holds(SESSION, key)
    assert not old.is_in
    for address in ("/admin/sign-out", "/admin/brand/", "/admin/people/"):
        assert ines.post(address, {"token": token}).status_code == 403, address
    assert rows() == before
    assert ines.is_in


def test_a_key_that_somebody_planted_is_never_the_sessions(at: Doorway) -> None:
    for planted in ("a" * 64, "administrator"):
        victim, stranger = at.browser(), at.browser()
        for browser in (victim, stranger):
            browser.holds(SESSION, planted)
        victim.signs_in()
        assert victim.is_in
        assert victim.key != planted
        assert not stranger.is_in


def test_a_page_that_nobody_is_signed_in_on_holds_no_token(at: Doorway) -> None:
    link, nobody = at.link(), at.browser()
    for address in ("/admin/sign-out", link, "/admin/link/x", CALLBACK, "/admin/nothing"):
        assert 'name="token"' not in nobody.get(address).text, address


def test_the_token_of_somebody_with_fewer_roles_is_theirs_alone(at: Doorway, ines: DoorBrowser, rows: Rows) -> None:
    hana = at.browser()
    hana.signs_in("sub-hana", "kb desk")
    before = rows()
    for address in ("/admin/people/", "/admin/brand/", "/admin/sign-out"):
        assert ines.post(address, {"token": hana.token}).status_code == 403
        assert hana.post(address, {"token": ines.token}).status_code == 403
    assert rows() == before


# The way back from the identity provider -------------------------------------------------------------------------


def test_a_way_back_is_good_once_and_in_the_browser_that_set_out(at: Doorway) -> None:
    set_out, stranger = at.browser(), at.browser()
    stranger.sets_out()
    asked = set_out.sets_out()
    set_out.is_vouched_for(asked)
    for browser in (at.browser(), stranger):
        assert browser.comes_back(asked).status_code == 403
        assert not browser.is_in
    assert set_out.comes_back(asked).status_code == 200
    key = set_out.key
    assert set_out.comes_back(asked).status_code == 403
    assert (set_out.key, set_out.is_in) == (key, True)


def test_nobody_is_signed_in_as_a_stranger_by_the_strangers_answer(at: Doorway, ines: DoorBrowser) -> None:
    stranger, key = at.browser(), ines.key
    asked = stranger.sets_out()
    stranger.is_vouched_for(asked, "sub-stranger")
    assert ines.comes_back(asked).status_code == 403
    assert (ines.key, ines.is_in) == (key, True)


@pytest.mark.parametrize(
    "answer", ["state={0}&state=x&code=c", "state={0}&code=c&code=d", "state={0}&code=c&iss=a&iss=b"]
)
def test_an_answer_that_can_be_read_in_two_ways_is_not_read(at: Doorway, answer: str) -> None:
    browser = at.browser()
    asked = browser.sets_out()
    browser.is_vouched_for(asked)
    assert browser.get(f"{CALLBACK}?{answer.format(asked['state'])}").status_code == 400
    assert not browser.is_in
    assert browser.comes_back(asked).status_code == 200


def test_of_two_cookies_that_could_be_meant_neither_is(at: Doorway, ines: DoorBrowser) -> None:
    for name in (SESSION, WAY_BACK):
        kept = ines.client.get_cookie(name, HOST)
        assert kept is not None
        twice = {"Cookie": f"{name}={kept.value}; {name}=planted"}
        clean = at.app.test_client(use_cookies=False)
        address = "/admin/" if name == SESSION else f"{CALLBACK}?state=s&code=c"
        assert clean.get(address, headers=twice, base_url=f"https://{HOST}").status_code == 400


@pytest.mark.parametrize(
    "to",
    ["//evil.example", "https://evil.example", "/admin//evil.example", "/admin/../recover", "/recover",
     "/admin/x&to=/admin/y", "/admin/\\evil", "/admin/sign-out?x", "javascript:evil()"],
)  # fmt: skip
def test_nobody_is_led_out_of_the_console_by_a_sign_in(at: Doorway, to: str) -> None:
    browser = at.browser()
    assert browser.signs_in(wish=f"to={to}").headers["Refresh"] == "0; url=/admin/"


@pytest.mark.parametrize("again", ["", "to=/admin/&to=/admin/"])
def test_posting_to_where_one_sets_out_or_comes_back_does_nothing(at: Doorway, rows: Rows, again: str) -> None:
    browser = at.browser()
    asked = browser.sets_out(again)
    before = rows()
    for address in ("/admin/sign-in", f"{CALLBACK}?code=a-code&state={asked['state']}"):
        assert browser.post(address, {"state": asked["state"], "code": "a-code"}).status_code == 405
    assert rows() == before


# What the identity provider itself says --------------------------------------------------------------------------


def test_from_wherever_it_comes_only_what_the_identity_provider_signed_ends_a_session(
    at: Doorway, ines: DoorBrowser, rows: Rows
) -> None:
    before = rows()
    good = at.idp.logout_token(sub="sub-ines")
    for headers in (SAME, *FOREIGN):
        for sent in ({}, {"logout_token": ""}, {"logout_token": "a.b.c"}, {"logout_token": [good, good]}):
            assert ines.post(TOLD, sent, headers).status_code == 400
    others = at.idp.logout_token(sub="sub-owen", jti="other")
    assert at.browser().post(TOLD, {"logout_token": others}).status_code == 200
    assert {row for row in rows() - before if row[0] == "console_session"} == set()
    assert ines.is_in
    # What it adds and we do not know is not looked at: so the standard wants it.
    assert at.browser().post(TOLD, {"logout_token": good, "beyond": "1"}, FOREIGN[0]).status_code == 200
    assert not ines.is_in
    assert at.browser().post(TOLD, {"logout_token": good}).status_code == 400
