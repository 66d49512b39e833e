"""Who hears of new passwords: administrators say so, auditors see it, and a token is shown once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.signals import ADDRESS, TO_PUSH, Telling
from servers.small_console import ADMINISTRATOR, AUDITOR, HELP_DESK, SmallConsole, opened

from keyback.core.service.clients.signal_post import Became, Brought

SIEM = {
    "key": "siem",
    "name": "Our SIEM",
    "audience": "https://siem.example.org",
    "store": "fake",
    "naming": "mail",
    "issuer": "",
    "endpoint": "",
    "why": "the SOC asked for it",
}
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def console(tmp_path: Path, migrated: Path) -> Iterator[SmallConsole]:
    with opened(migrated, tmp_path, signals=True) as console:
        yield console


def token_of(page: str) -> str:
    found = re.search(r'<p class="code">([0-9a-f]{64})</p>', page)
    assert found, page
    return found[1]


def test_a_receiver_is_added_and_its_token_is_shown_once(console: SmallConsole) -> None:
    assert "Nobody hears of new passwords" in console.get("/admin/signals/").text
    token = token_of(console.post("/admin/signals/new", SIEM).text)
    telling = Telling(console.house)
    assert telling.who(token).receiver.audience == "https://siem.example.org"
    for path in ("/admin/signals/", "/admin/signals/siem"):
        page = console.get(path).text
        assert "Our SIEM" in page
        assert "No stream yet" in page
        assert token not in page


def test_a_receiver_that_is_pushed_to_shows_what_arrived_and_what_was_refused(console: SmallConsole) -> None:
    console.post("/admin/signals/new", {**SIEM, "endpoint": ADDRESS})
    telling = Telling(console.house)
    telling.listener.script = [Brought(Became.REFUSED, "invalid_audience")]
    telling.reset()
    telling.tick()
    page = console.get("/admin/signals/siem").text
    assert "Brought to it" in page
    assert "Password changed" in page
    assert "It expects another name in events" in page
    assert f"{console.house.clock():%Y-%m-%d %H:%M:%S}" in page
    assert ADDRESS not in page


def test_what_stands_in_the_way_is_said(console: SmallConsole) -> None:
    console.post("/admin/signals/new", {**SIEM, "endpoint": ADDRESS})
    telling = Telling(console.house)
    telling.listener.usual = Brought(Became.NOT_YET, "unreachable")
    telling.reset()
    telling.tick()
    page = console.get("/admin/signals/siem").text
    assert "be reached." in page
    assert "Not arriving" in page
    assert re.search(r'<td class="number">2</td>', console.get("/admin/signals/").text)
    telling.listener.usual = Brought(Became.NOT_YET, "status-503")
    console.house.clock.forward(seconds=5)
    telling.tick()
    assert "It answers, but not as it should." in console.get("/admin/signals/siem").text


def test_a_test_event_goes_the_way_of_all_others_once_a_minute(console: SmallConsole) -> None:
    console.post("/admin/signals/new", {**SIEM, "endpoint": ADDRESS})
    sent = console.post("/admin/signals/siem/test")
    assert sent.status_code == 303
    assert "on its way" in console.get(sent.location).text
    assert console.post("/admin/signals/siem/test").status_code == 429
    telling = Telling(console.house)
    telling.tick()
    assert telling.listener.kinds == ["verification"]


def test_a_new_token_ends_the_old_one(console: SmallConsole) -> None:
    old = token_of(console.post("/admin/signals/new", SIEM).text)
    assert "over at once" in console.get("/admin/signals/siem/token").text
    new = token_of(console.post("/admin/signals/siem/token").text)
    telling = Telling(console.house)
    assert telling.streams.whoever(old) is None
    assert telling.who(new)


def test_a_receiver_is_removed_with_a_reason(console: SmallConsole) -> None:
    console.post("/admin/signals/new", SIEM)
    assert console.post("/admin/signals/siem/remove", {"why": ""}).status_code == 422
    assert console.post("/admin/signals/siem/remove", {"why": "contract ended"}).status_code == 303
    assert console.get("/admin/signals/siem").status_code == 404
    for path in ("/admin/signals/siem/test", "/admin/signals/siem/token"):
        assert console.post(path).status_code == 404


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("key", "Not a key", "Use small letters"),
        ("key", "", "Type a key."),
        ("name", " ", "Type a name."),
        ("name", "x" * 81, "80 characters at most"),
        ("audience", "", "Type its name in events."),
        ("store", "elsewhere", "Choose one of these."),
        ("naming", "shoe-size", "Choose one of these."),
        ("endpoint", "https://evil.example/", "under [signals] push_hosts"),
        ("endpoint", "http://169.254.169.254/", "under [signals] push_hosts"),
        ("why", "", "Say why"),
    ],
)
def test_what_is_typed_wrong_is_said_at_its_field(console: SmallConsole, field: str, value: str, words: str) -> None:
    page = console.post("/admin/signals/new", {**SIEM, field: value})
    assert page.status_code == 422
    assert words in page.text
    assert f'href="#{field}"' in page.text
    assert Telling(console.house).desk.all() == []


def test_two_have_not_the_same_key(console: SmallConsole) -> None:
    console.post("/admin/signals/new", SIEM)
    again = console.post("/admin/signals/new", SIEM)
    assert again.status_code == 422
    assert "Another one has this key." in again.text


def test_nothing_that_was_typed_or_told_runs(console: SmallConsole) -> None:
    console.post("/admin/signals/new", {**SIEM, "name": SCRIPT, "audience": SCRIPT, "issuer": SCRIPT})
    telling = Telling(console.house)
    telling.streams.make(telling.one(), TO_PUSH)
    for path in ("/admin/signals/", "/admin/signals/siem"):
        page = console.get(path).text
        assert SCRIPT not in page
        assert "&lt;script&gt;" in page
    wrong = console.post("/admin/signals/new", {**SIEM, "key": SCRIPT, "endpoint": SCRIPT, "why": SCRIPT}).text
    assert SCRIPT not in wrong


def test_auditors_look_and_change_nothing_and_the_help_desk_sees_nothing(console: SmallConsole) -> None:
    console.post("/admin/signals/new", {**SIEM, "endpoint": ADDRESS})
    auditor = console.as_(AUDITOR)
    page = auditor.get("/admin/signals/siem").text
    assert "Our SIEM" in page
    for words in ("Send a test event", "New token", "Remove"):
        assert words not in page
    for path in ("new", "siem/test", "siem/token", "siem/remove"):
        assert auditor.post(f"/admin/signals/{path}", SIEM).status_code == 403
        assert console.as_(HELP_DESK).post(f"/admin/signals/{path}", SIEM).status_code == 403
    assert console.as_(HELP_DESK).get("/admin/signals/").status_code == 403
    assert console.as_(ADMINISTRATOR).get("/admin/signals/siem").status_code == 200


def test_where_nobody_may_hear_it_says_how_to_switch_it_on(tmp_path: Path, migrated: Path) -> None:
    with opened(migrated, tmp_path) as console:
        page = console.get("/admin/signals/").text
    assert "[signals] enabled = true" in page
    assert "Add a receiver" not in page


def test_an_address_that_was_typed_is_not_kept_while_somebody_signs_in_again(console: SmallConsole) -> None:
    from datetime import timedelta

    console.desk.ago = timedelta(minutes=6)
    assert console.post("/admin/signals/new", {**SIEM, "endpoint": ADDRESS}).status_code == 403
    kept = console.desk.kept["/admin/signals/new"]
    assert kept["key"] == ["siem"]
    assert "endpoint" not in kept
