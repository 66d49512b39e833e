"""A receiver of shared signals, over HTTP: its stream, what it fetches, and whoever only pretends to be one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from joserfc import jwt
from joserfc.jwk import KeySet
from servers.client_house import ORIGIN, KeyMaker
from servers.http_sink import Answer, HttpSink
from servers.signals import ADDRESS, ADMINISTRATOR, Telling
from servers.small_house import small_house
from werkzeug.test import TestResponse

from keyback.core.contracts.signals import Naming, Receiver
from keyback.core.db.session import Database
from keyback.core.outside import Outside
from keyback.core.service.clients.client_keys import ClientKeys
from keyback.core.service.clients.signal_streams import Streams
from keyback.idp_bridge.keys import public
from keyback.idp_bridge.push_hosts import PushHosts
from keyback.idp_bridge.signal_pages import SignalPages, create_transmitter
from keyback.idp_bridge.signal_push import Pushing, Signing
from keyback.idp_bridge.signal_words import POLL, PUSH, TYPES

AUDIENCE = "https://siem.example.org"
FETCHED = {"delivery": {"method": POLL}}
PUSHED = {"delivery": {"method": PUSH, "endpoint_url": ADDRESS, "authorization_header": "Bearer theirs"}}
CHANGE, REVOKED, VERIFIED = TYPES.values()


@dataclass
class Receiving:
    """A receiver, with its token and what it can say."""

    telling: Telling
    app: Flask
    signing: Signing
    token: str

    def ask(self, verb: str, path: str, said: object = None, token: str | None = None, **query: str) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token if token is None else token}"}
        sent: dict[str, Any] = {} if said is None else {"json": said}
        client = self.app.test_client()
        return client.open(path, method=verb, headers=headers, query_string=query, base_url=ORIGIN, **sent)

    def make(self, said: Mapping[str, Any] = FETCHED) -> dict[str, Any]:
        made = self.ask("POST", "/ssf/stream", said)
        assert made.status_code == 201, made.text
        found: dict[str, Any] = made.json or {}
        return found

    def fetch(self, **said: Any) -> dict[str, Any]:
        got = self.ask("POST", "/ssf/events", said)
        assert got.status_code == 200, got.text
        found: dict[str, Any] = got.json or {}
        return found

    def read(self, token: str) -> dict[str, Any]:
        """Verified by what is shown of our keys."""
        keys = KeySet.import_key_set({"keys": [public(key) for key in self.signing.keys.shown()]})
        decoded = jwt.decode(token, keys, algorithms=["RS256"])
        assert decoded.header["typ"] == "secevent+jwt"
        return dict(decoded.claims)


@pytest.fixture
def receiving(tmp_path: Path, migrated: Path) -> Iterator[Receiving]:
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'keyback.db')}")
    house = small_house(database, signals=True, origin=ORIGIN)
    keys = ClientKeys(records=house.records, around=house.around, make=KeyMaker())
    telling, signing = Telling(house), Signing(keys, ORIGIN)
    app = Flask("receivers")
    app.register_blueprint(create_transmitter(SignalPages(telling.streams, ORIGIN, signing)))
    yield Receiving(telling, app, signing, telling.add(wish=None))
    database.close()


def test_it_reads_where_everything_is(receiving: Receiving) -> None:
    told = receiving.ask("GET", "/.well-known/ssf-configuration", token="").json
    assert told
    assert told["spec_version"] == "1_0"
    assert (told["issuer"], told["jwks_uri"]) == (ORIGIN, f"{ORIGIN}/jwks.json")
    assert set(told["delivery_methods_supported"]) == {PUSH, POLL}
    for name in ("configuration_endpoint", "status_endpoint", "verification_endpoint"):
        path = told[name].removeprefix(ORIGIN)
        assert receiving.ask("GET" if "verif" not in name else "POST", path, token="").status_code == 401


def test_it_makes_reads_changes_and_removes_its_stream(receiving: Receiving) -> None:
    assert receiving.ask("GET", "/ssf/stream").json == []
    made = receiving.make({**PUSHED, "events_requested": [CHANGE, "https://unknown"], "description": "SOC"})
    assert made["aud"] == AUDIENCE
    assert made["delivery"] == {"method": PUSH, "endpoint_url": ADDRESS}
    assert (made["events_requested"], made["events_supported"]) == ([CHANGE], [CHANGE, REVOKED])
    assert receiving.ask("GET", "/ssf/stream", stream_id=made["stream_id"]).json == made
    assert receiving.ask("GET", "/ssf/stream").json == [made]
    assert receiving.ask("POST", "/ssf/stream", FETCHED).status_code == 409
    patched = receiving.ask("PATCH", "/ssf/stream", {"stream_id": made["stream_id"], "events_requested": [REVOKED]})
    assert patched.json
    assert (patched.json["events_requested"], patched.json["delivery"]) == ([REVOKED], made["delivery"])
    put = receiving.ask("PUT", "/ssf/stream", {"stream_id": made["stream_id"], **FETCHED})
    assert put.json
    assert put.json["delivery"] == {"method": POLL, "endpoint_url": f"{ORIGIN}/ssf/events"}
    assert "description" not in put.json
    assert receiving.ask("DELETE", "/ssf/stream", stream_id=made["stream_id"]).status_code == 204
    assert receiving.ask("GET", "/ssf/stream", stream_id=made["stream_id"]).status_code == 404


def test_it_fetches_what_happened_signed_for_it(receiving: Receiving) -> None:
    receiving.make()
    receiving.telling.reset()
    got = receiving.fetch(maxEvents=1)
    assert got["moreAvailable"] is True
    ((name, first),) = got["sets"].items()
    now = int(receiving.telling.house.clock().timestamp())
    claims = receiving.read(first)
    about = claims["events"][CHANGE]
    assert claims == {
        "iss": ORIGIN,
        "aud": AUDIENCE,
        "iat": now,
        "jti": name,
        "txn": claims["txn"],
        "sub_id": {"format": "email", "email": "jo.frost@mail.example"},
        "events": {CHANGE: about},
    }
    assert (about["credential_type"], about["change_type"], about["event_timestamp"]) == ("password", "update", now)
    rest = receiving.fetch(ack=[name])
    ((other, second),) = rest["sets"].items()
    assert list(receiving.read(second)["events"]) == [REVOKED]
    assert receiving.fetch(setErrs={other: {"err": "invalid_audience", "description": "<script>"}})["sets"] == {}
    assert [one.error for one in receiving.telling.desk.refused("siem")] == ["invalid_audience"]


def test_what_waited_while_keys_turned_over_is_signed_by_the_key_that_is_believed(receiving: Receiving) -> None:
    receiving.make()
    receiving.telling.reset()
    receiving.signing.keys.rotate(at_once=True)
    receiving.signing.keys.rotate()
    receiving.telling.house.clock.forward(hours=1)
    sets = receiving.fetch()["sets"]
    assert [list(receiving.read(each)["events"]) for each in sets.values()] == [[CHANGE], [REVOKED]]


def test_a_test_carries_the_state_and_is_about_the_stream(receiving: Receiving) -> None:
    made = receiving.make()
    asked = {"stream_id": made["stream_id"], "state": "VGhpcyBpcw"}
    assert receiving.ask("POST", "/ssf/verify", asked).status_code == 204
    assert receiving.ask("POST", "/ssf/verify", asked).status_code == 429
    (token,) = receiving.fetch()["sets"].values()
    claims = receiving.read(token)
    assert claims["events"] == {VERIFIED: {"state": "VGhpcyBpcw"}}
    assert claims["sub_id"] == {"format": "opaque", "id": made["stream_id"]}


def test_it_stops_and_starts_its_stream(receiving: Receiving) -> None:
    name = receiving.make()["stream_id"]
    paused = receiving.ask("POST", "/ssf/status", {"stream_id": name, "status": "paused", "reason": "upkeep"})
    assert paused.json == {"stream_id": name, "status": "paused", "reason": "upkeep"}
    receiving.telling.reset()
    assert receiving.fetch()["sets"] == {}
    assert receiving.ask("GET", "/ssf/status", stream_id=name).json == paused.json
    receiving.ask("POST", "/ssf/status", {"stream_id": name, "status": "enabled"})
    assert len(receiving.fetch()["sets"]) == 2


@pytest.mark.parametrize("token", ["", "x", "0" * 64, "a" * 5000, "Bearer\u00e9"])
def test_a_stranger_gets_nothing_whatever_they_ask(receiving: Receiving, token: str) -> None:
    receiving.make()
    for verb, path in (
        ("GET", "/ssf/stream"),
        ("POST", "/ssf/stream"),
        ("PATCH", "/ssf/stream"),
        ("PUT", "/ssf/stream"),
        ("DELETE", "/ssf/stream"),
        ("GET", "/ssf/status"),
        ("POST", "/ssf/status"),
        ("POST", "/ssf/verify"),
        ("POST", "/ssf/events"),
    ):
        refused = receiving.ask(verb, path, {}, token=token)
        assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert refused.json == {"error": "invalid_token"}


@pytest.mark.parametrize(
    "said",
    [
        [],
        "text",
        {"delivery": 1},
        {"delivery": {"method": "other"}},
        {"delivery": {"method": PUSH}},
        {"delivery": {"method": PUSH, "endpoint_url": "https://evil.example/"}},
        {"delivery": {"method": PUSH, "endpoint_url": 5}},
        {"delivery": {"method": PUSH, "endpoint_url": ADDRESS, "authorization_header": "a\r\nHost: b"}},
        {"events_requested": "all"},
        {"events_requested": [1]},
        {"description": "x" * 201},
        {"description": {"a": []}},
    ],
)
def test_what_is_no_stream_is_refused_and_makes_none(receiving: Receiving, said: object) -> None:
    assert receiving.ask("POST", "/ssf/stream", said).status_code == 400
    assert receiving.ask("GET", "/ssf/stream").json == []


@pytest.mark.parametrize(
    "said",
    [
        {"maxEvents": -1},
        {"maxEvents": "1"},
        {"ack": "x"},
        {"ack": [1]},
        {"ack": ["a\0b"]},
        {"ack": ["half a sign \ud800"]},
        {"setErrs": {"a\0b": {"err": "invalid_key"}}},
        {"ack": ["x"] * 1001},
        {"setErrs": []},
    ],
)
def test_what_is_no_question_for_signals_is_refused(receiving: Receiving, said: object) -> None:
    receiving.make()
    assert receiving.ask("POST", "/ssf/events", said).status_code == 400


def test_what_is_no_json_is_refused(receiving: Receiving) -> None:
    for body, kind in ((b"[" * 50_000, "application/json"), (b"\xff", "application/json"), (b"{}", "text/plain")):
        headers = {"Authorization": f"Bearer {receiving.token}"}
        client = receiving.app.test_client()
        sent = client.post("/ssf/stream", data=body, content_type=kind, headers=headers, base_url=ORIGIN)
        assert sent.status_code == 400


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[HttpSink]:
    with HttpSink(tmp_path / "sink") as sink:
        sink.usual = lambda _: Answer(202, b"")
        yield sink


def pushing(receiving: Receiving, sink: HttpSink, *, networks: tuple[str, ...] = ("127.0.0.0/8",)) -> Telling:
    """The same house with a back office that really brings signals, to a server on this machine."""
    hosts = PushHosts(["localhost"])
    telling = receiving.telling
    telling.streams = Streams(records=telling.house.records, around=telling.house.around, may_push_to=hosts)
    telling.post = telling.posted_by(Pushing(receiving.signing, hosts, Outside(networks, str(sink.ca_file))))
    wish = {"method": PUSH, "endpoint_url": sink.url, "authorization_header": "Bearer theirs"}
    receiving.app = Flask("receivers")
    receiving.app.register_blueprint(create_transmitter(SignalPages(telling.streams, ORIGIN, receiving.signing)))
    receiving.make({"delivery": wish})
    return telling


def test_it_is_brought_each_signal_in_one_request(receiving: Receiving, sink: HttpSink) -> None:
    telling = pushing(receiving, sink)
    telling.reset()
    telling.tick()
    assert [list(receiving.read(asked.body.decode())["events"]) for asked in sink.asked] == [[CHANGE], [REVOKED]]
    first = sink.asked[0]
    assert first.headers["Content-Type"] == "application/secevent+jwt"
    assert first.headers["Authorization"] == "Bearer theirs"
    assert telling.waiting() == []


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (Answer(500), "status-500"),
        (Answer(302, b"", (("Location", "https://evil.example/"),)), "status-302"),
        (Answer(401), "status-401"),
        (Answer(400, b'{"err": "authentication_failed"}'), "authentication_failed"),
        (Answer(hang_up=True), "unreachable"),
    ],
)
def test_what_may_pass_is_tried_again(receiving: Receiving, sink: HttpSink, answer: Answer, trouble: str) -> None:
    telling = pushing(receiving, sink)
    sink.script.append(answer)
    telling.reset()
    telling.tick()
    assert (len(sink.asked), telling.one().trouble) == (1, trouble)
    telling.house.clock.forward(seconds=5)
    telling.tick()
    assert sink.asked[0].body.count(b".") == 2
    names = [receiving.read(asked.body.decode())["jti"] for asked in sink.asked]
    assert names[0] == names[1]
    assert (len(names), telling.waiting(), telling.one().trouble) == (3, [], "")


@pytest.mark.parametrize(
    ("body", "error"),
    [(b'{"err": "invalid_audience"}', "invalid_audience"), (b'{"err": "<b>"}', "other"), (b"[[[", "other")],
)
def test_what_is_refused_for_good_is_kept(receiving: Receiving, sink: HttpSink, body: bytes, error: str) -> None:
    telling = pushing(receiving, sink)
    sink.script.append(Answer(400, body))
    telling.reset()
    telling.tick()
    assert len(sink.asked) == 2
    assert [one.error for one in telling.desk.refused("siem")] == [error]


def test_nothing_is_brought_into_a_private_network_that_is_not_listed(receiving: Receiving, sink: HttpSink) -> None:
    telling = pushing(receiving, sink, networks=())
    telling.reset()
    telling.tick()
    assert (sink.asked, telling.one().trouble) == ([], "private-address")


def test_a_host_that_is_taken_from_the_list_gets_nothing_more(receiving: Receiving, sink: HttpSink) -> None:
    telling = pushing(receiving, sink)
    outside = Outside(("127.0.0.0/8",), str(sink.ca_file))
    telling.post = telling.posted_by(Pushing(receiving.signing, PushHosts(["other.example"]), outside))
    telling.reset()
    telling.tick()
    assert (sink.asked, telling.one().trouble) == ([], "host-not-listed")


@pytest.mark.parametrize(
    ("address", "may"),
    [
        ("https://siem.example.org/x", True),
        ("https://SIEM.example.org:8443/x", True),
        ("https://a.okta.example/x", True),
        ("https://okta.example/x", False),
        ("https://evilokta.example/x", False),
        ("https://siem.example.org.evil.example/", False),
        ("https://user@siem.example.org/", False),
        ("http://siem.example.org/", False),
        ("https://siem.example.org\\@evil.example/", False),
        ("", False),
    ],
)
def test_only_listed_hosts_may_be_named(address: str, *, may: bool) -> None:
    assert PushHosts(["siem.example.org", "*.okta.example"])(address) is may


def test_no_signal_looks_like_a_sign_in(receiving: Receiving) -> None:
    receiving.make()
    receiving.telling.reset()
    for token in receiving.fetch()["sets"].values():
        assert not {"sub", "exp", "nonce"} & set(receiving.read(token))


@pytest.mark.parametrize(
    ("naming", "told"),
    [
        (Naming.NAME, {"iss": "https://idp.example.org", "sub": "jo"}),
        # An id of the directory was never the identity provider's word.
        (Naming.ID, {"iss": ORIGIN, "sub": "id-of-jo"}),
    ],
)
def test_names_that_another_issuer_gave_are_told_as_its_own(
    receiving: Receiving, naming: Naming, told: dict[str, str]
) -> None:
    named = Receiver("idp", "IdP", AUDIENCE, naming=naming, issuer="https://idp.example.org")
    receiving.token = receiving.telling.desk.add(ADMINISTRATOR, named, "", "why")
    receiving.make()
    receiving.telling.reset()
    token = next(iter(receiving.fetch()["sets"].values()))
    assert receiving.read(token)["sub_id"] == {"format": "iss_sub", **told}
