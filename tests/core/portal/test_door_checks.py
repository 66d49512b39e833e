"""What is checked of every request before a page is entered."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from pretend_portal import ORIGIN, Portal, open_portal

from keyback.core.portal.client import client_address

SELF = {"Sec-Fetch-Site": "same-origin"}


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "reset.alderwick.example.evil.example",
        "evil.example:443",
        "reset.alderwick.example:8443",
        "reset.alderwick.example, evil.example",
        "reset.alderwick.example.",
        "127.0.0.1",
        "",
        "evil.example#@",
        "reset.alderwick.example@evil.example",
        # No host can be called so; Flask makes no addresses for them.
        "a" * 64 + ".evil.example",
        "evil..example",
    ],
)
def test_a_foreign_host_is_refused_and_never_repeated(portal: Portal, host: str) -> None:
    response = portal.get("/recover", headers={"Host": host})
    assert response.status_code == 400
    assert "evil.example" not in response.text
    assert f"Open {ORIGIN} instead" in response.text


@pytest.mark.parametrize("name", ["X-Forwarded-Host", "Forwarded", "X-Host", "X-Original-Host", "X-Rewrite-URL"])
def test_no_other_header_can_name_a_host(portal: Portal, name: str) -> None:
    response = portal.get("/recover", headers={name: "evil.example"})
    assert response.status_code == 200
    assert "evil.example" not in response.text + str(response.headers)


def test_our_host_may_be_written_in_capitals(portal: Portal) -> None:
    assert portal.get("/recover", headers={"Host": "RESET.Alderwick.Example"}).status_code == 200


def test_a_port_of_our_own_is_part_of_the_host() -> None:
    portal = open_portal(portal_url="http://localhost:8080", secure=False)
    assert portal.browser.get("/recover", base_url="http://localhost:8080").status_code == 200
    assert portal.browser.get("/recover", base_url="http://localhost:9090").status_code == 400


def test_probes_may_come_by_address(portal: Portal) -> None:
    assert portal.browser.get("/healthz", base_url="http://10.0.0.7:8080").text == "ok\n"
    assert portal.browser.get("/readyz", base_url="http://10.0.0.7:8080").status_code == 200


def test_a_probe_in_another_language_may_not_come_to_what_is_no_host(portal: Portal) -> None:
    assert portal.get("/healthz?language=en", headers={"Host": "evil..example"}).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": ""},
        {"Sec-Fetch-Site": "same-origin, cross-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": ORIGIN},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Origin": "https://evil.alderwick.example"},
        {"Origin": "http://reset.alderwick.example"},
        {"Origin": ""},
    ],
)
def test_a_form_from_elsewhere_starts_and_moves_nothing(portal: Portal, headers: dict[str, str]) -> None:
    portal.holding()
    assert portal.post("/recover", headers, identifier="maya").status_code == 403
    assert portal.post(headers=headers, offer="email").status_code == 403
    assert [what for what, *_ in portal.service.asked] == []


@pytest.mark.parametrize("headers", [SELF, {**SELF, "Origin": "null"}, {"Origin": ORIGIN}, {}])
def test_our_own_form_and_a_client_that_is_no_browser_may_start(portal: Portal, headers: dict[str, str]) -> None:
    assert portal.post("/recover", headers, identifier="maya").status_code == 303


def test_a_client_that_is_no_browser_still_needs_the_token(portal: Portal) -> None:
    response = portal.holding().post(headers={}, offer="email", token="guessed")
    assert response.status_code == 409
    assert portal.service.asked_for("pick") == []


def test_a_link_from_elsewhere_may_open_the_start(portal: Portal) -> None:
    assert portal.get("/go/alderwick", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.7", "198.51.100.1", "192.0.2.7"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "203.0.113.66, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "no address", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1, <script>", "10.0.0.1"),
        ("fd00::1", "2001:db8::9", "2001:db8::9"),
        ("::ffff:192.0.2.7", "", "192.0.2.7"),
        ("", "198.51.100.1", "127.0.0.1"),
    ],
)
def test_only_a_listed_proxy_may_name_the_client(peer: str, forwarded: str, address: str) -> None:
    assert client_address(peer, forwarded, PROXIES) == address


def test_without_proxies_nobody_can_borrow_an_address(portal: Portal) -> None:
    portal.get("/recover", headers={"X-Forwarded-For": "198.51.100.1"})
    assert portal.service.asked_for("widget") == [["127.0.0.1"]]


def test_behind_a_listed_proxy_the_client_counts() -> None:
    portal = open_portal(trusted_proxies=("127.0.0.0/8",))
    portal.get("/recover", headers={"X-Forwarded-For": "198.51.100.1"})
    assert portal.service.asked_for("widget") == [["198.51.100.1"]]
