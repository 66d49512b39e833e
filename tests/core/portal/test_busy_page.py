"""The page for whoever comes when too many are here: the usual one, in the usual language, and nearly for nothing."""

from __future__ import annotations

import re
import time

import pytest
from pretend_portal import ORIGIN, open_portal, portal_settings
from werkzeug.test import Client, TestResponse
from werkzeug.wrappers import Response

from keyback.core.portal.busy_page import WAITS, BusyPage
from keyback.core.portal.headers import of_every_response


@pytest.fixture(scope="module")
def busy() -> BusyPage:
    return BusyPage(open_portal().app, portal_settings())


def ask(busy: BusyPage, path: str = "/recover", method: str = "GET", **headers: str) -> TestResponse:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Client(busy, Response, use_cookies=False).open(path, method=method, base_url=ORIGIN, headers=names)


@pytest.mark.parametrize(
    ("path", "headers", "language", "heading"),
    [
        ("/", {}, "en", "A lot of people are here right now."),
        ("/", {"Accept_Language": "de-AT"}, "de", "Im Moment sind sehr viele Leute hier."),
        ("/recover", {"Accept_Language": "de", "Cookie": "__Host-kb_language=en"}, "en", "A lot of people"),
        ("/recover", {"Cookie": "__Host-kb_language=de"}, "de", "Im Moment"),
        ("/go/alderwick?ui_locales=de", {}, "de", "Im Moment"),
    ],
)
def test_it_speaks_as_the_page_would(
    busy: BusyPage, path: str, headers: dict[str, str], language: str, heading: str
) -> None:
    page = ask(busy, path, **headers)
    assert page.headers["Content-Language"] == language
    assert f'<html lang="{language}"' in page.text
    assert f"<h1>{heading}" in page.text


def test_it_says_when_to_come_again_and_not_to_all_the_same(busy: BusyPage) -> None:
    pages = [ask(busy) for _ in range(100)]
    assert {page.status_code for page in pages} == {503}
    for page in pages:
        assert f"Wait {page.headers['Retry-After']} seconds and press Continue." in page.text
    assert 1 < len({page.headers["Retry-After"] for page in pages}) <= len(WAITS)


def test_continue_leads_to_the_same_address_with_all_that_it_says(busy: BusyPage) -> None:
    page = ask(busy, "/go/alderwick?login_hint=maya&return_to=%2F%2Fevil.example").text
    assert '<a class="button" href="">Continue</a>' in page
    assert "evil.example" not in page
    assert "maya" not in page


def test_it_has_the_headers_of_every_page_and_a_nonce_of_its_own(busy: BusyPage) -> None:
    pages = [ask(busy) for _ in range(2)]
    nonces = [re.findall(r"'nonce-([^']+)'", page.headers["Content-Security-Policy"])[0] for page in pages]
    assert nonces[0] != nonces[1]
    for page, nonce in zip(pages, nonces, strict=True):
        assert set(of_every_response(nonce, secure=True).items()) <= set(page.headers.items())
        assert set(re.findall(r'nonce="([^"]*)"', page.text)) == {nonce}
        assert "Set-Cookie" not in page.headers
        assert int(page.headers["Content-Length"]) == len(page.data)


def test_whoever_asks_for_the_head_gets_no_page(busy: BusyPage) -> None:
    head = ask(busy, method="HEAD")
    assert (head.status_code, head.data) == (503, b"")
    assert int(head.headers["Content-Length"]) > 1000


def test_it_costs_well_below_a_millisecond(busy: BusyPage) -> None:
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/recover", "SERVER_NAME": "x", "SERVER_PORT": "80"}
    environ |= {"wsgi.url_scheme": "http", "HTTP_ACCEPT_LANGUAGE": "de-AT,de;q=0.9,en;q=0.8"}

    def took(times: int = 100) -> float:
        began = time.thread_time()
        for _ in range(times):
            busy(dict(environ), lambda *_: lambda _: None)  # type: ignore[arg-type, return-value]
        return (time.thread_time() - began) / times

    assert min(took() for _ in range(5)) < 0.001
