"""A client may publish its keys: they are read before anybody needs them, and not believed for ever."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import sqlalchemy
from joserfc import jwt
from joserfc.jwk import ECKey
from servers.client_house import ORIGIN, ClientHouse
from servers.http_sink import Answer, HttpSink
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from keyback.core.db.bridge_tables import client_key_set
from keyback.core.db.client_key_sets import ClientKeySet
from keyback.core.db.tables import event
from keyback.core.outside import Outside
from keyback.core.service.clients.client_desk import KEYS_BELIEVED
from keyback.core.service.clients.key_fetching import KIND, KeyFetching
from keyback.core.service.snapshot import Snapshots

REFUSED = {"error": "invalid_client"}


def published(*keys: tuple[str, ECKey], **more: Any) -> bytes:
    """As a client shows its keys."""
    shown = [{**key.as_dict(private=False), "kid": kid, "use": "sig", "alg": "ES256", **more} for kid, key in keys]
    return json.dumps({"keys": shown}).encode()


@dataclass
class Published:
    """The client "idp", and the address of its keys."""

    clients: ClientHouse
    sink: HttpSink
    fetching: KeyFetching
    keys: dict[str, ECKey] = field(default_factory=dict)
    _said: int = 0

    def shows(self, *names: str) -> None:
        """From now on these keys are at its address."""
        for name in names:
            self.keys.setdefault(name, ECKey.generate_key("P-256"))
        body = published(*((name, self.keys[name]) for name in names))
        self.sink.usual = lambda _: Answer(200, body)

    def tick(self, **later: float) -> None:
        """What a back office does every second, after this time."""
        self.clients.house.clock.forward(**later)
        self.fetching.look(self.clients.house.clock())
        self.clients.house.work()

    def proves(self, name: str) -> TestResponse:
        """The client brings a made-up code, and proves who it is by this key."""
        self._said += 1
        now = int(self.clients.house.clock().timestamp())
        claims = {"iss": "idp", "sub": "idp", "aud": ORIGIN, "exp": now + 60, "iat": now, "jti": f"j{self._said}"}
        signed = jwt.encode({"alg": "ES256", "kid": name}, claims, self.keys[name])
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        return self.clients.token("x", {}, client_assertion=signed, client_assertion_type=kind)

    def is_believed(self, name: str) -> bool:
        """Whether it gets as far as its code, which is made up."""
        answer = self.proves(name).json
        assert answer in (REFUSED, {"error": "invalid_grant"})
        return answer != REFUSED

    @property
    def known(self) -> ClientKeySet:
        with self.clients.house.records.db.read() as tx:
            found = self.clients.house.records.client_key_sets.get(tx, "idp")
        assert found
        return found


def log(client: Published) -> list[str]:
    with client.clients.house.records.db.read() as tx:
        return list(tx.scalars(select(event.c.name)))


def fetching(clients: ClientHouse, outside: Outside) -> KeyFetching:
    house = clients.house
    snapshots = cast("Snapshots", SimpleNamespace(current=SimpleNamespace(entries=clients.entries)))
    made = KeyFetching(
        records=house.records,
        snapshots=snapshots,
        office=house.staff.office,
        around=house.around,
        outside=lambda: outside,
    )
    house.staff.office.teach(KIND, made.work)
    return made


@pytest.fixture
def client(clients: ClientHouse, tmp_path: Path) -> Iterator[Published]:
    with HttpSink(tmp_path / "client") as sink:
        clients.change(secret_digest="", jwks_uri=sink.url)
        outside = Outside(("127.0.0.0/8",), str(sink.ca_file))
        client = Published(clients, sink, fetching(clients, outside))
        client.shows("one")
        yield client


def test_they_are_read_before_the_client_comes_and_never_while_it_waits(client: Published) -> None:
    assert not client.is_believed("one")
    assert client.sink.asked == []
    client.tick()
    asked = len(client.sink.asked)
    assert asked == 1
    assert client.is_believed("one")
    assert len(client.sink.asked) == asked


def test_a_new_key_is_known_within_the_hour_and_an_old_one_is_gone(client: Published) -> None:
    client.tick()
    client.shows("two")
    client.tick(minutes=59)
    assert client.is_believed("one")
    client.tick(minutes=2)
    assert (client.is_believed("two"), client.is_believed("one")) == (True, False)


def test_a_client_that_uses_a_new_key_at_once_is_believed_a_moment_later(client: Published) -> None:
    client.tick()
    client.shows("one", "two")
    client.clients.house.clock.forward(minutes=2)
    assert not client.is_believed("two")
    client.tick(seconds=1)
    assert client.is_believed("two")


def test_a_stranger_has_them_read_once_a_minute_at_most(client: Published) -> None:
    client.keys["strange"] = ECKey.generate_key("P-256")
    client.tick()
    for _ in range(120):
        assert not client.is_believed("strange")
        client.tick(seconds=1)
    assert len(client.sink.asked) <= 3


def test_a_strangers_proofs_are_written_down_once_a_minute_at_most(client: Published) -> None:
    client.keys["strange"] = ECKey.generate_key("P-256")
    client.tick()
    engine, written = client.clients.house.records.db._engine, list[str]()

    @sqlalchemy.event.listens_for(engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("UPDATE"):
            written.append(statement.split()[1])

    for _ in range(20):
        client.clients.house.clock.forward(seconds=1)
        assert not client.is_believed("strange")
    assert written == ["client_key_set"]


def test_while_its_address_is_silent_they_are_believed_for_a_day_and_no_longer(client: Published) -> None:
    client.tick()
    client.sink.usual = lambda _: Answer(503)
    client.tick(hours=2)
    assert (client.known.trouble, client.is_believed("one")) == ("provider-down", True)
    client.tick(seconds=(KEYS_BELIEVED - timedelta(hours=2)).total_seconds())
    assert not client.is_believed("one")
    client.shows("one")
    client.tick(minutes=2)
    assert (client.known.trouble, client.is_believed("one")) == ("", True)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Answer(200, b"<html>"), "no-key-set"),
        (Answer(200, b'{"keys": []}'), "no-key-set"),
        (Answer(200, b'{"keys": [{"kty": "oct", "k": "AQAB"}]}'), "no-key-set"),
        (Answer(200, b'{"keys": [{"kty": ["EC"]}]}'), "no-key-set"),
        (Answer(200, b'{"keys": [{"kty": "AKP", "alg": "ML-DSA-44", "pub": "AQAB"}]}'), "no-key-set"),
        (Answer(200, published(("x", ECKey.generate_key("P-256")), d="AQAB")), "no-key-set"),
        (Answer(200, b" " * 100_000), "no-key-set"),
        (Answer(302, b"", (("Location", "https://evil.example/"),)), "refused"),
        (Answer(404), "refused"),
        (Answer(hang_up=True), "unreachable"),
    ],
)
def test_what_is_no_key_set_changes_nothing(client: Published, answer: Answer, why: str) -> None:
    client.tick()
    client.sink.usual = lambda _: answer
    client.tick(hours=2)
    assert (client.known.trouble, client.is_believed("one")) == (why, True)


@pytest.mark.parametrize(
    "other",
    [
        {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AQAB"},
        {"kty": "EC", "crv": "brainpoolP256r1", "x": "AQAB", "y": "AQAB"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AQAB"},
    ],
)
def test_a_key_of_another_kind_does_not_spoil_those_beside_it(client: Published, other: dict[str, str]) -> None:
    mine = json.loads(published(("one", client.keys["one"])))["keys"]
    body = json.dumps({"keys": [other, *mine]}).encode()
    client.sink.usual = lambda _: Answer(200, body)
    client.tick()
    assert (client.known.trouble, client.is_believed("one")) == ("", True)


def test_nothing_inside_the_house_is_asked_unless_it_is_listed(client: Published) -> None:
    client.fetching = fetching(client.clients, Outside((), str(client.sink.ca_file)))
    client.tick()
    assert (client.known.trouble, client.sink.asked, client.is_believed("one")) == ("private-address", [], False)


def test_another_address_means_other_keys(client: Published) -> None:
    client.tick()
    client.clients.change(jwks_uri=f"{client.sink.url}/other")
    assert not client.is_believed("one"), "they were read elsewhere"
    client.tick()
    assert client.is_believed("one")
    assert [asked.target for asked in client.sink.asked] == ["/send", "/send/other"]


def test_a_client_that_proves_itself_otherwise_by_now_is_not_believed_by_them(client: Published) -> None:
    client.tick()
    client.clients.change(jwks_uri="", secret_digest="d" * 64)
    assert not client.is_believed("one")
    client.tick(hours=2)
    assert len(client.sink.asked) == 1


def test_keys_that_somebody_put_there_without_the_key_are_none(client: Published) -> None:
    client.keys["forged"] = ECKey.generate_key("P-256")
    client.tick()
    body = published(("forged", client.keys["forged"])).decode()
    with client.clients.house.records.db.write() as tx:
        tx.execute(update(client_key_set).values(keys=body))
    assert not client.is_believed("forged")
    assert "seal.broken" in log(client)
    client.tick()
    assert (client.is_believed("forged"), client.is_believed("one")) == (False, True)


def test_the_log_says_when_they_are_others(client: Published) -> None:
    client.tick()
    client.tick(hours=2)
    client.shows("two")
    client.tick(hours=2)
    assert log(client).count("client.keys-changed") == 2
