"""The Test button of an entry tells what is so, and is no way into the house."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from servers.small_house import SmallHouse
from sqlalchemy import select

from keyback.core.contracts.entry import Entry, OidcClient
from keyback.core.db.tables import event
from keyback.core.outside import Outside
from keyback.core.service.administrators.actor import Actor
from keyback.core.service.clients import entry_checks
from keyback.core.service.clients.entry_checks import Check, EntryChecks, Result

INES = Actor("ines", "Ines Roth")


class Site(BaseHTTPRequestHandler):
    """Answers with the status that its path names, and counts."""

    asked: list[str] = []  # noqa: RUF012

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(int(self.path.strip("/")))
        self.send_header("Location", "/200")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    Site.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def checks(house: SmallHouse) -> EntryChecks:
    return EntryChecks(records=house.records, snapshots=house.snapshots, around=house.around, outside=Outside)


def test(checks: EntryChecks, *places: str) -> list[Check]:
    return list(checks.test(Entry("intranet", "Intranet", places), INES))


test.__test__ = False  # type: ignore[attr-defined]


def test_nothing_inside_the_house_is_asked(checks: EntryChecks, site: str) -> None:
    (here,) = test(checks, f"{site}/200")
    assert (here.result, here.found) == (Result.UNSEEN, entry_checks.NOT_FROM_HERE)
    for place in ("https://10.0.0.1/", "https://169.254.169.254/latest", "https://[::1]/", "https://localhost:1/"):
        assert test(checks, place)[0].result is Result.UNSEEN
    assert Site.asked == []


def test_what_answers_is_told_and_redirects_lead_nowhere(checks: EntryChecks, site: str) -> None:
    checks = replace(checks, outside=lambda: Outside(("127.0.0.0/8",)))
    found = test(checks, *(f"{site}/{status}" for status in (200, 302, 400, 404, 500)))
    assert [one.result for one in found] == [Result.OK, Result.OK, Result.OK, Result.BAD, Result.BAD]
    assert sorted(Site.asked) == ["/200", "/302", "/400", "/404", "/500"]


def test_a_name_or_a_port_without_anybody_is_told(checks: EntryChecks) -> None:
    checks = replace(checks, outside=lambda: Outside(("127.0.0.0/8",)))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shut, nobody = test(checks, f"http://127.0.0.1:{port}/", "https://nobody.invalid/")
    assert (shut.result, nobody.result) == (Result.BAD, Result.BAD)
    assert str(nobody.found) == "No host has this name."


def test_whoever_pressed_it_waits_no_longer_than_said(checks: EntryChecks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry_checks, "SECONDS", 0.2)
    checks = replace(checks, outside=lambda: Outside(("127.0.0.0/8",)))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        (one,) = test(checks, f"http://127.0.0.1:{silent.getsockname()[1]}/")
    assert (one.result, one.found) == (Result.BAD, entry_checks.TOO_LATE)


def test_a_clients_directory_and_keys_are_looked_at(checks: EntryChecks, house: SmallHouse) -> None:
    client = OidcClient(("https://10.0.0.1/cb",), keys='{"keys": []}', store="nowhere")
    _, store, keys = checks.test(Entry("idp", "Sign-in", client=client), INES)
    assert (store.result, keys.result) == (Result.BAD, Result.BAD)
    whole = '{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AQAB"}]}'
    _, store, keys = checks.test(Entry("idp", "Sign-in", client=replace(client, keys=whole, store="fake")), INES)
    assert (store.result, keys.result, str(keys.found)) == (Result.OK, Result.OK, "1 key can be read.")
    with house.records.db.read() as tx:
        kept = tx.scalars(select(event.c.name).where(event.c.name == "entry.tested")).all()
    assert len(kept) == 2
