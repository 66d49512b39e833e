"""Clients hear at once that somebody has a new password: once each, signed, and nobody but the client itself."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, jsonify
from joserfc import jwt
from joserfc.jwk import KeySet
from joserfc.jws import extract_compact
from servers import signal_receiver
from servers.authority import Authority
from servers.client_house import KeyMaker
from servers.http_sink import Answer, HttpSink
from servers.on_a_port import on_a_port
from servers.signal_receiver import SignalReceiver
from servers.small_house import NEW, Cloud, SmallHouse, small_house
from sqlalchemy import select

from keyback.core.contracts.entry import Entry, OidcClient, SubjectKind
from keyback.core.db.session import Database
from keyback.core.db.tables import event
from keyback.core.outside import Outside
from keyback.core.service.administrators.actor import Actor, Role
from keyback.core.service.clients.client_keys import ClientKeys
from keyback.core.service.clients.end_at_clients import EndingAtClients
from keyback.core.service.clients.entry_desk import EntryDesk
from keyback.core.service.ruling.kept_rules import Change
from keyback.core.service.writing.end_sessions import MOST_TRIES
from keyback.idp_bridge.claims import BACK_CHANNEL
from keyback.idp_bridge.keys import public
from keyback.idp_bridge.logout_push import LogoutPush

INES = Actor("ines", "Ines Roth", frozenset({Role.ADMINISTRATOR}))
CLIENT = OidcClient(("https://idp.example/cb",), store="fake")


@dataclass
class Told:
    """A house whose clients want to hear that sessions are over."""

    house: SmallHouse
    keys: ClientKeys
    issuer: str
    _version: int = 0

    def listen(self, *networks: str, ca_file: Path) -> None:
        outside = Outside(networks, str(ca_file))
        tell = LogoutPush(self.issuer, self.keys, outside)
        ending = EndingAtClients(ending=self.house.staff.ending, snapshots=self.house.snapshots, tell=tell)
        ending.teach(self.house.staff.office)

    def register(self, url: str, key: str = "idp", **values: Any) -> None:
        """As an administrator does."""
        client = replace(CLIENT, backchannel_logout_uri=url, **values)
        self._version = self._desk.make(Entry(key, "Sign-in", client=client), Change(INES, "asked for", 0)).version

    def retire(self, key: str = "idp") -> None:
        self._desk.retire(key, Change(INES, "over", self._version), anyway=True)

    @property
    def _desk(self) -> EntryDesk:
        house = self.house
        return EntryDesk(records=house.records, snapshots=house.snapshots, around=house.around, local=True)

    def reset(self, name: str = "jo") -> None:
        visit = self.house.start(name)
        visit.prove_by_mail()
        visit.prove_by_paper()
        visit.renew(NEW)

    def later(self, **delta: float) -> None:
        self.house.clock.forward(**delta)
        self.house.work()

    @property
    def log(self) -> list[tuple[str, str]]:
        """What the log says of sessions, and of whom."""
        with self.house.records.db.read() as tx:
            rows = tx.execute(select(event.c.name, event.c.data).where(event.c.name.like("sessions.%"))).all()
        return [(name, json.loads(data)["store"]) for name, data in rows]


@pytest.fixture
def told(tmp_path: Path, migrated: Path) -> Iterator[Told]:
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'keyback.db')}")
    with on_a_port() as (server, issuer):
        house = small_house(database, cloud=Cloud())
        keys = ClientKeys(records=house.records, around=house.around, make=KeyMaker())
        app = Flask("provider")
        app.add_url_rule("/jwks.json", "jwks", lambda: jsonify(keys=[public(key) for key in keys.shown()]))
        server.app = app
        yield Told(house, keys, issuer)
    database.close()


@pytest.fixture
def receiver(told: Told, tmp_path: Path) -> Iterator[SignalReceiver]:
    """The client "idp", by another author's library."""
    if why := signal_receiver.missing():
        pytest.skip(why)
    authority = Authority(tmp_path / "authority")
    told.listen("127.0.0.0/8", ca_file=authority.ca_file)
    with signal_receiver.signal_receiver(authority, told.issuer, "", "") as receiver:
        receiver.lives_at(told.house.clock())
        yield receiver


@pytest.fixture
def sink(told: Told, tmp_path: Path) -> Iterator[HttpSink]:
    """A client that answers as a script says."""
    with HttpSink(tmp_path / "sink") as sink:
        told.listen("127.0.0.0/8", ca_file=sink.ca_file)
        yield sink


def claims(told: Told, sink: HttpSink) -> list[dict[str, Any]]:
    """What it was told, verified by our keys."""
    keys = KeySet.import_key_set({"keys": [public(key) for key in told.keys.shown()]})  # type: ignore[typeddict-item]
    tokens = [asked.form["logout_token"][0] for asked in sink.asked]
    return [dict(jwt.decode(token, keys, algorithms=["RS256"]).claims) for token in tokens]


def test_a_client_that_verifies_strictly_ends_the_persons_sessions(told: Told, receiver: SignalReceiver) -> None:
    told.register(f"{receiver.url}/logout")
    told.reset()
    assert receiver.ended == [], "no page waits for it"
    told.house.work()
    assert receiver.ended == ["id-of-jo"]
    assert told.log == [("sessions.ended", "client:idp")]


def test_one_that_was_away_is_told_when_it_is_back(told: Told, receiver: SignalReceiver) -> None:
    told.register(f"{receiver.url}/logout")
    receiver.is_in("away")
    told.reset()
    told.house.work()
    assert (receiver.ended, told.log) == ([], [])
    receiver.is_in("ready")
    told.house.clock.forward(minutes=2)
    receiver.lives_at(told.house.clock())
    told.house.work()
    assert receiver.ended == ["id-of-jo"]


def test_one_whose_answer_was_lost_is_told_again_and_takes_it_again(told: Told, receiver: SignalReceiver) -> None:
    told.register(f"{receiver.url}/logout")
    receiver.is_in("silent")
    told.reset()
    told.house.work()
    receiver.is_in("ready")
    told.house.clock.forward(seconds=10)
    receiver.lives_at(told.house.clock())
    told.house.work()
    assert receiver.ended == ["id-of-jo", "id-of-jo"]
    assert [name for name, _ in told.log] == ["sessions.ended"]


def test_the_same_word_twice_and_one_for_another_client_end_nothing_there(
    told: Told, receiver: SignalReceiver, sink: HttpSink
) -> None:
    told.register(sink.url)
    told.register(sink.url, "other")
    told.reset()
    told.house.work()
    said = zip(claims(told, sink), sink.asked, strict=True)
    tokens = {one["aud"]: asked.form["logout_token"][0] for one, asked in said}
    assert [receiver.log_out(tokens["other"]), receiver.ended] == [400, []]
    assert [receiver.log_out(tokens["idp"]), receiver.log_out(tokens["idp"])] == [200, 400]
    assert receiver.ended == ["id-of-jo"]


def test_the_word_is_signed_typed_short_lived_and_nobodys_sign_in(told: Told, sink: HttpSink) -> None:
    told.register(sink.url)
    told.reset()
    told.house.work()
    (said,), (asked,) = claims(told, sink), sink.asked
    now = int(told.house.clock().timestamp())
    assert said.pop("jti")
    assert said == {
        "iss": told.issuer,
        "aud": "idp",
        "sub": "id-of-jo",
        "iat": now,
        "exp": now + 120,
        "events": {BACK_CHANNEL: {}},
    }
    header = extract_compact(asked.form["logout_token"][0].encode()).headers()
    assert (header["typ"], header["alg"]) == ("logout+jwt", "RS256")
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("subject", "upn", "called"),
    [
        (SubjectKind.NAME, "", "jo"),
        (SubjectKind.UPN, "jo@alderwick.example", "jo@alderwick.example"),
        (SubjectKind.UPN, "", None),
    ],
)
def test_each_client_hears_the_name_that_it_knows_and_none_that_it_does_not(
    told: Told, sink: HttpSink, subject: SubjectKind, upn: str, called: str | None
) -> None:
    told.house.store.change("id-of-jo", upn=upn)
    told.register(sink.url, subject=subject)
    told.reset()
    told.house.work()
    assert [one["sub"] for one in claims(told, sink)] == ([called] if called else [])


def test_each_try_has_another_name_and_after_the_last_an_administrator_is_told(told: Told, sink: HttpSink) -> None:
    told.register(sink.url)
    sink.usual = lambda _: Answer(400)
    told.reset()
    for _ in range(MOST_TRIES + 2):
        told.later(minutes=1)
    assert told.log == [("sessions.not-ended", "client:idp")]
    names = [one["jti"] for one in claims(told, sink)]
    assert len(set(names)) == len(names) == MOST_TRIES + 1


def test_a_redirect_is_not_followed(told: Told, sink: HttpSink) -> None:
    told.register(sink.url)
    sink.script.append(Answer(302, b"", (("Location", f"{sink.url}/elsewhere"),)))
    told.reset()
    told.house.work()
    assert [asked.target for asked in sink.asked] == ["/send"]
    assert told.log == []


def test_nothing_inside_the_house_is_asked_unless_it_is_listed(told: Told, sink: HttpSink) -> None:
    told.listen(ca_file=sink.ca_file)
    told.register(sink.url)
    told.reset()
    told.house.work()
    assert (sink.asked, told.log) == ([], [])


def test_one_that_was_retired_meanwhile_hears_nothing(told: Told, sink: HttpSink) -> None:
    told.register(sink.url)
    told.reset()
    told.retire()
    told.house.work()
    assert (sink.asked, told.log) == ([], [])


def test_a_client_of_another_directory_hears_nothing(told: Told, sink: HttpSink) -> None:
    told.register(sink.url, "another", store="cloud")
    told.register(sink.url)
    told.reset()
    told.house.work()
    assert [one["aud"] for one in claims(told, sink)] == ["idp"]


def test_one_that_cannot_be_reached_holds_up_no_other(told: Told, sink: HttpSink) -> None:
    told.register("http://127.0.0.1:9/logout", "away")
    told.register(sink.url)
    told.reset()
    told.house.work()
    assert told.log == [("sessions.ended", "client:idp")]
