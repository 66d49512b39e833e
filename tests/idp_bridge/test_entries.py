"""Doors know where people go back to, letter by letter."""

from __future__ import annotations

import pytest

from keyback.core.contracts.entry import Entry, OidcClient, SubjectKind
from keyback.core.contracts.errors import SettingsInvalid
from keyback.core.service.clients.entry_rules import address_problem, digest
from keyback.idp_bridge.entries import Entries

LISTED = "https://sign-in.alderwick.example/back?from=reset&lang=en"
HOME = "https://sign-in.alderwick.example/"
TABLES = {"alderwick": {"name": "Alderwick sign-in", "home_url": HOME, "return_urls": [LISTED]}}


def test_a_listed_address_is_allowed_and_its_door_leads_back_there() -> None:
    entries = Entries.from_config(TABLES)
    assert entries.allowed("alderwick", LISTED) == LISTED
    door = entries.get("alderwick")
    assert door is not None
    assert (door.name, door.way_back(LISTED), door.way_back("")) == ("Alderwick sign-in", LISTED, HOME)


@pytest.mark.parametrize(
    "address",
    [
        "",
        HOME,
        LISTED + "#",
        LISTED + "&x=1",
        LISTED[:-1],
        " " + LISTED,
        LISTED.upper(),
        LISTED.replace("https", "http"),
        LISTED.replace("&", "&amp;"),
        LISTED.replace("/back", "/./back"),
        LISTED.replace("back", "%62ack"),
        "//evil.example",
    ],
)
def test_anything_else_is_dropped(address: str) -> None:
    entries = Entries.from_config(TABLES)
    assert entries.allowed("alderwick", address) == ""
    door = entries.get("alderwick")
    assert door is not None
    assert door.way_back(address) == HOME


def test_a_door_that_is_not_there_allows_nothing() -> None:
    entries = Entries.from_config(TABLES)
    assert entries.get("nobody") is None
    assert entries.allowed("nobody", LISTED) == ""
    assert Entries.from_config({}).get("alderwick") is None


@pytest.mark.parametrize(
    "address",
    [
        "http://alderwick.example/",
        "https://",
        "https:///x",
        "//alderwick.example/",
        "/back",
        "javascript:alert(1)",
        "https://maya@alderwick.example/",
        "https://alderwick.example/#x",
        "https://alderwick.example/\\x",
        "https://alderwick.example/a b",
        "https://alderwick.example/\n",
        "https://\u0430lderwick.example/",
        "https://alderwick.example:99999/",
        "https://[::1/",
        "data:text/html,x",
        'https://alderwick.example/"x',
        "",
    ],
)
def test_an_address_that_browsers_read_differently_may_not_be_listed(address: str) -> None:
    assert address_problem(address)


@pytest.mark.parametrize(
    "address", [LISTED, HOME, "https://alderwick.example:8443/a%20b?x=[1]", "http://localhost:8080/demo"]
)
def test_a_plain_address_may_be_listed(address: str) -> None:
    assert address_problem(address) is None


def test_every_problem_is_named_at_once() -> None:
    tables = {
        "Bad Key": {"name": "x"},
        "nameless": {"name": " ", "home_url": "http://alderwick.example/"},
        "fine": {"name": "Fine", "return_urls": ["javascript:alert(1)"]},
    }
    with pytest.raises(SettingsInvalid) as raised:
        Entries.from_config(tables)
    assert [problem.partition(":")[0] for problem in raised.value.problems] == [
        "entries.Bad Key",
        "entries.nameless",
        "entries.nameless",
        "entries.fine",
    ]


SECRET = "s" * 32
CLIENT = {"name": "Intranet", "redirect_uris": ["https://idp.example/cb?x=1"], "store": "openldap"}


def test_a_door_with_addresses_for_answers_is_a_client_too() -> None:
    entry = Entries.from_config({"intranet": {**CLIENT, "client_secret": SECRET, "subject": "upn", "pkce": False}}).get(
        "intranet"
    )
    assert entry is not None
    assert entry.kind == "oidc"
    assert entry.client == OidcClient(
        ("https://idp.example/cb?x=1",), digest(SECRET), subject=SubjectKind.UPN, store="openldap", pkce=False
    )
    assert SECRET not in repr(entry)
    assert digest(SECRET) not in repr(entry)


def test_a_door_without_them_is_a_link() -> None:
    entry = Entries.from_config(TABLES).get("alderwick")
    assert entry is not None
    assert (entry.kind, entry.client) == ("link", None)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"client_secret": "s" * 31}, "32 signs at least"),
        ({}, "a secret or a key of its own"),
        ({"client_secret": SECRET, "client_keys": '{"keys": []}'}, "and not both"),
        ({"client_secret": SECRET, "store": ""}, "directory is missing"),
        ({"client_secret": SECRET, "redirect_uris": []}, "redirect address is missing"),
        ({"client_secret": SECRET, "redirect_uris": ["http://idp.example/cb"]}, "must begin with https://"),
        ({"client_secret": SECRET, "redirect_uris": ["https://idp.example/cb#x"]}, "or a #"),
    ],
)
def test_a_client_that_could_not_be_safe_is_none(changes: dict[str, object], why: str) -> None:
    with pytest.raises(SettingsInvalid) as raised:
        Entries.from_config({"intranet": {**CLIENT, **changes}})
    assert why in str(raised.value.problems)
    assert SECRET not in str(raised.value.problems)


def test_what_the_file_decides_no_saved_entry_changes() -> None:
    saved = {"alderwick": Entry("alderwick", "Another"), "intranet": Entry("intranet", "Intranet")}
    entries = Entries.from_config(TABLES, lambda: saved)
    found = [entries.get(key) for key in ("alderwick", "intranet", "nobody")]
    assert [entry and entry.name for entry in found] == ["Alderwick sign-in", "Intranet", None]


@pytest.mark.parametrize("name", ["jwks_uri", "backchannel_logout_uri"])
def test_half_a_client_is_refused_and_not_taken_for_a_link(name: str) -> None:
    with pytest.raises(SettingsInvalid, match="The redirect address is missing"):
        Entries.from_config({"idp": {"name": "IdP", name: "https://idp.example/x"}})
