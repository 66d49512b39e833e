"""The console has a host of its own, and the settings that open it are refused where they are not safe."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from servers.http_sink import HttpSink

from keyback.config import key_file
from keyback.config.commands.opened import opened
from keyback.config.console import WSGI, ByHost, parts_of, rules_of
from keyback.config.loading import parse
from keyback.config.settings import Settings
from keyback.config.unsafe import unsafe
from keyback.core.contracts.entry import Entry, OidcClient
from keyback.core.service.administrators.actor import Actor, Role
from keyback.core.service.clients.entry_checks import Result

INES = Actor("ines", "Ines Roth", frozenset({Role.ADMINISTRATOR}))
SIGN_IN = {"issuer": "https://idp.example.org", "client_id": "kb", "client_secret": "s", "claim": "c"}
GOOD = {"url": "https://console.example.org", "administrators": ["kb admins"]}


def settings(**console: object) -> Settings:
    told = {"portal_url": "https://reset.example.org", "company": "Alderwick", "help_desk": "Room 7"}
    return parse({**told, "sign_in": {**SIGN_IN, "store": "openldap"}, "console": {**GOOD, **console}})


def test_a_whole_table_is_enough() -> None:
    assert unsafe(settings()) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"url": ""}, "console.url is missing"),
        ({"url": "http://console.example.org"}, "must begin with https://"),
        ({"url": "https://console.example.org/admin"}, "must be a whole address"),
        ({"url": "https://reset.example.org"}, "needs a host of its own"),
        ({"url": "https://RESET.example.org"}, "needs a host of its own"),
        ({"administrators": []}, "console.administrators is missing"),
        ({"groups_claim": ""}, "console needs groups_claim"),
        ({"scopes": ["profile"]}, "console needs groups_claim"),
    ],
)
def test_what_is_not_safe_is_said(changes: dict[str, object], said: str) -> None:
    problems = unsafe(settings(**changes))
    assert len(problems) == 1
    assert said in problems[0]


def test_a_shared_host_is_somebodys_own_wish() -> None:
    assert unsafe(settings(url="https://reset.example.org", allow_shared_host=True)) == []


def test_groups_become_roles() -> None:
    rules = rules_of(settings(help_desk=["kb desk"]))
    assert rules.roles_of({"kb desk", "kb admins"}) == {Role.HELP_DESK, Role.ADMINISTRATOR}
    assert rules.edition != rules_of(settings()).edition


def _app(name: bytes) -> WSGI:
    def answer(_environ: dict[str, Any], _start: Callable[..., Any]) -> Iterable[bytes]:
        return [name]

    return answer


@pytest.mark.parametrize(
    ("host", "path", "shared", "answers"),
    [
        ("console.example.org", "/admin/", False, b"console"),
        ("Console.Example.Org", "/admin/", False, b"console"),
        ("console.example.org", "/recover", False, b"console"),
        ("reset.example.org", "/admin/", False, b"portal"),
        ("", "/healthz", False, b"portal"),
        ("console.example.org", "/admin/", True, b"console"),
        ("console.example.org", "/admin", True, b"console"),
        ("console.example.org", "/administrators", True, b"portal"),
        ("console.example.org", "/recover", True, b"portal"),
        ("evil.example.org", "/admin/", True, b"portal"),
    ],
)
def test_each_host_has_its_own_pages_alone(host: str, path: str, shared: bool, answers: bytes) -> None:
    doors = ByHost(_app(b"portal"), _app(b"console"), "console.example.org", shared)
    assert doors({"HTTP_HOST": host, "PATH_INFO": path}, print) == [answers]


HOUSE = """
demo = true
portal_url = "https://reset.example.org"
company = "Alderwick"
help_desk = "Room 7"
key_file = "keyback.key"
data_dir = "."
[plugins]
load = ["saved_codes", "embedded", "proof_of_work"]
human_check_without_script = ""
[pin.store.embedded]
database = "people.db"
[clients]
private_networks = ["127.0.0.0/8", "::1/128"]
ca_file = "sink/ca.pem"
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    key_file.write(tmp_path / "keyback.key")
    return tmp_path


def test_an_entrys_addresses_are_tested_by_the_way_that_clients_are_reached(here: Path) -> None:
    with HttpSink(here / "sink") as sink:
        (here / "keyback.toml").write_text(HOUSE, encoding="utf-8")
        with opened() as house:
            house.records.db.upgrade()
            client = OidcClient(("https://idp.example.org/cb",), backchannel_logout_uri=sink.url)
            found = parts_of(house).entry_checks.test(Entry("idp", "Sign-in", client=client), INES)
    assert [one.result for one in found if one.about == sink.url] == [Result.OK]
