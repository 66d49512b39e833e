"""Entries are made, set up, tested and retired by pages that name what each step means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from servers.console_forms import sent, words
from servers.small_console import ADMINISTRATOR, AUDITOR, HELP_DESK, SmallConsole, console_of, opened, small_console
from servers.small_house import SmallHouse
from werkzeug.test import TestResponse

from keyback.core.contracts.entry import Entry, OidcClient
from keyback.core.db.client_key_sets import ClientKeySet
from keyback.core.service.clients.entry_desk import EntryDesk
from keyback.core.service.clients.entry_rules import digest
from keyback.core.service.start import Arrival

HERE = "/admin/entries/"
LINK = {"door": "intranet", "called": "Intranet", "home_url": "https://intranet.example/", "why": "new"}
CLIENT = {
    "door": "idp", "called": "Sign-in", "redirect_uris": "https://idp.example/cb", "store": "fake", "subject": "id",
    "proof": "secret", "pkce": "y", "nonce": "y", "why": "new",
}  # fmt: skip
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def console(tmp_path: Path, migrated: Path) -> Iterator[SmallConsole]:
    with opened(migrated, tmp_path) as console:
        yield console


@pytest.fixture
def house(console: SmallConsole) -> SmallHouse:
    return console.house


def kept(console: SmallConsole) -> dict[str, Entry]:
    return dict(console.house.snapshots.current.entries)


def edit(console: SmallConsole, key: str, **typed: Any) -> TestResponse:
    place = f"{HERE}one/{key}"
    return console.post(place, {**sent(console.get(place), place), "why": "because", **typed})


def test_a_link_is_made_changed_and_retired(console: SmallConsole) -> None:
    assert console.post(f"{HERE}new/link", LINK).status_code == 303
    assert kept(console)["intranet"].home_url == "https://intranet.example/"
    assert edit(console, "intranet", called="Our intranet").status_code == 303
    assert kept(console)["intranet"].name == "Our intranet"
    assert edit(console, "intranet", language="en").status_code == 303
    assert kept(console)["intranet"].language == "en"
    history = words(console.get(f"{HERE}one/intranet/history"))
    assert "Ines Roth" in history
    assert "because" in history
    asks = console.get(f"{HERE}one/intranet/retire")
    assert "leads nowhere any more" in words(asks)
    version = re.search(r'name="version" value="(\d+)"', asks.text)
    assert version is not None
    gone = console.post(f"{HERE}one/intranet/retire", {"version": version[1], "why": "over"})
    assert gone.status_code == 303
    assert kept(console) == {}


def test_a_secret_is_shown_once(console: SmallConsole) -> None:
    page = console.post(f"{HERE}new/oidc", CLIENT)
    (secret,) = re.findall(r"<code>([0-9a-f]{64})</code>", page.text)
    client = kept(console)["idp"].client
    assert client is not None
    assert client.secret_digest == digest(secret)
    assert "no-store" in page.headers["Cache-Control"]
    for path in ("", "one/idp", "one/idp/setup", "one/idp/history"):
        text = console.get(HERE + path).text
        assert secret not in text
        assert client.secret_digest not in text
    asks = console.get(f"{HERE}one/idp/secret")
    version = re.search(r'name="version" value="(\d+)"', asks.text)
    assert version is not None
    other = console.post(f"{HERE}one/idp/secret", {"version": version[1], "why": "it leaked"})
    (new,) = re.findall(r"<code>([0-9a-f]{64})</code>", other.text)
    assert new != secret


def test_a_client_says_where_it_hears_that_sessions_are_over(console: SmallConsole) -> None:
    console.post(f"{HERE}new/oidc", {**CLIENT, "backchannel_logout_uri": "https://idp.example/logout"})
    client = kept(console)["idp"].client
    assert client is not None
    assert client.backchannel_logout_uri == "https://idp.example/logout"
    assert edit(console, "idp", backchannel_logout_uri="").status_code == 303
    client = kept(console)["idp"].client
    assert client is not None
    assert client.backchannel_logout_uri == ""


def test_a_client_that_publishes_its_keys_gets_no_secret_and_its_page_says_when_they_were_read(
    console: SmallConsole,
) -> None:
    page = console.post(f"{HERE}new/oidc", {**CLIENT, "proof": "published", "jwks_uri": "https://idp.example/keys"})
    assert page.status_code == 303
    client = kept(console)["idp"].client
    assert client is not None
    assert (client.jwks_uri, client.secret_digest) == ("https://idp.example/keys", "")
    assert "Its keys were read Never" in words(console.get(f"{HERE}one/idp"))
    records, now = console.house.records, console.house.clock()
    with records.db.write() as tx:
        read = ClientKeySet("idp", client.jwks_uri, "{}", now)
        records.client_key_sets.put(tx, read, tried_at=now, due_at=now)
        records.client_key_sets.miss(tx, "idp", "provider-down", now)
    shown = words(console.get(f"{HERE}one/idp"))
    assert "Its keys were read 2030-06-01 12:00 UTC Last try: provider-down" in shown
    assert "New secret" not in shown


@pytest.mark.parametrize(
    ("kind", "typed", "said"),
    [
        ("link", {"door": "No Key"}, "small letters, digits and dashes only"),
        ("link", {"door": "", "called": "", "why": ""}, "Type a key. Type a name. Say why, in one line."),
        ("link", {"called": ""}, "Type a name."),
        ("link", {"why": ""}, "Say why, in one line."),
        ("link", {"language": "tlh"}, "Choose one of these."),
        ("link", {"home_url": "javascript:alert(1)"}, "has a host and no user name"),
        ("link", {"return_urls": "https://a.example/\nhttp://b.example/"}, "must begin with https://"),
        ("oidc", {"redirect_uris": ""}, "The redirect address is missing"),
        ("oidc", {"backchannel_logout_uri": "http://idp.example/logout"}, "must begin with https://"),
        ("oidc", {"backchannel_logout_uri": "https://x@idp.example/"}, "has a host and no user name"),
        ("oidc", {"store": "nowhere"}, "Choose one of these."),
        ("oidc", {"subject": "everything"}, "Choose one of these."),
        ("oidc", {"proof": "keys"}, "Paste the client's public keys."),
        ("oidc", {"proof": "keys", "jwks": "x"}, "This is no JWKS"),
        ("oidc", {"proof": "published"}, "Type the address of the client's keys."),
        ("oidc", {"proof": "published", "jwks_uri": "http://idp.example/keys"}, "must begin with https://"),
    ],
)
def test_what_cannot_hold_is_said_and_nothing_is_kept(
    console: SmallConsole, kind: str, typed: dict[str, Any], said: str
) -> None:
    page = console.post(f"{HERE}new/{kind}", {**(LINK if kind == "link" else CLIENT), **typed})
    assert page.status_code == 422
    assert said in words(page)
    assert kept(console) == {}


def test_the_summary_names_the_fields_where_several_lack_the_same(console: SmallConsole) -> None:
    long = "x" * 401
    page = words(console.post(f"{HERE}new/oidc", {**CLIENT, "home_url": long, "jwks_uri": long, "called": ""}))
    assert "Where people go back to – At most 400 characters" in page
    assert "Name – " not in page


def test_administrators_change_auditors_look_and_nobody_else_comes_in(console: SmallConsole) -> None:
    console.post(f"{HERE}new/link", LINK)
    for path in ("", "one/intranet", "one/intranet/setup", "one/intranet/history"):
        seen = [console.as_(who).get(HERE + path).status_code for who in (ADMINISTRATOR, AUDITOR, HELP_DESK)]
        assert seen == [200, 200, 403]
    shown = console.as_(AUDITOR).get(f"{HERE}one/intranet").text
    assert "Your role can&#39;t change this." in shown
    assert "/test" not in shown
    for path in ("new/link", "one/intranet", "one/intranet/retire", "one/intranet/test"):
        assert console.as_(AUDITOR).post(HERE + path, LINK).status_code == 403
        assert console.post(HERE + path, LINK, token="another").status_code == 403


def test_what_the_file_decides_is_shown_with_the_reason_and_never_changed(house: SmallHouse) -> None:
    client = OidcClient(("https://idp.example/cb",), "digest", store="fake")
    desk = EntryDesk(
        records=house.records, snapshots=house.snapshots, around=house.around,
        pinned={"idp": Entry("idp", "Sign-in", client=client)},
    )  # fmt: skip
    console = small_console(house, console=console_of(house, entries=desk))
    assert "Set in keyback.toml" in words(console.get(HERE))
    page = console.get(f"{HERE}one/idp")
    assert "Set in keyback.toml and can only be changed there." in words(page)
    assert "<button>Save</button>" not in page.text
    assert console.post(f"{HERE}one/idp", CLIENT).status_code == 404
    for what in ("retire", "secret"):
        assert console.get(f"{HERE}one/idp/{what}").status_code == 404
        assert console.post(f"{HERE}one/idp/{what}", {"why": "x", "version": "0"}).status_code == 404


def test_one_in_use_is_retired_only_by_who_ticks_it(console: SmallConsole) -> None:
    console.post(f"{HERE}new/link", LINK)
    console.house.service.starting.start("jo", {"human": "yes"}, Arrival("192.0.2.1", entry="intranet"))
    asks = console.get(f"{HERE}one/intranet/retire")
    assert "It is in use" in words(asks)
    version = re.findall(r'name="version" value="(\d+)"', asks.text)[0]
    refused = console.post(f"{HERE}one/intranet/retire", {"version": version, "why": "over"})
    assert (refused.status_code, set(kept(console))) == (422, {"intranet"})
    form = {"version": version, "why": "over", "anyway": "y"}
    assert console.post(f"{HERE}one/intranet/retire", form).status_code == 303
    assert kept(console) == {}


def test_the_second_of_two_administrators_is_told(console: SmallConsole) -> None:
    console.post(f"{HERE}new/link", LINK)
    old = sent(console.get(f"{HERE}one/intranet"), f"{HERE}one/intranet")
    edit(console, "intranet", called="First")
    late = console.post(f"{HERE}one/intranet", {**old, "called": "Second", "why": "me too"})
    assert late.status_code == 409
    assert "Somebody else saved this" in words(late)
    assert kept(console)["intranet"].name == "First"


def test_every_snippet_holds_this_entrys_own_address(console: SmallConsole) -> None:
    console.post(f"{HERE}new/oidc", CLIENT)
    page = console.get(f"{HERE}one/idp/setup").text
    for provider in ("LemonLDAP::NG", "Keycloak", "authentik", "Entra", "AD FS", "Okta", "Zitadel", "Shibboleth",
                     "CAS", "Google"):  # fmt: skip
        assert provider in page
    assert page.count("https://reset.example.org/go/idp") >= 10
    assert "https://idp.example/cb" in page
    assert "https://reset.example.org/.well-known/openid-configuration" in page


def test_the_test_button_tells_what_it_saw_and_what_it_could_not(console: SmallConsole) -> None:
    console.post(f"{HERE}new/link", {**LINK, "home_url": "https://10.0.0.1/"})
    page = words(console.post(f"{HERE}one/intranet/test"))
    assert "Can't be seen from here" in page
    assert "Keyback asks nothing there" in page


def test_a_script_in_a_name_is_words(console: SmallConsole) -> None:
    console.post(f"{HERE}new/link", {**LINK, "called": SCRIPT, "why": SCRIPT})
    for path in ("", "one/intranet", "one/intranet/setup", "one/intranet/history", "one/intranet/retire"):
        page = console.get(HERE + path).text
        assert SCRIPT not in page
        assert "&lt;script&gt;" in page


def test_what_no_form_shows_changes_nothing(console: SmallConsole) -> None:
    console.post(f"{HERE}new/oidc", CLIENT)
    before = kept(console)["idp"].client
    edit(console, "idp", secret_digest="0" * 64, door="other", enabled="y", seal="x")
    assert set(kept(console)) == {"idp"}
    assert kept(console)["idp"].client == before
