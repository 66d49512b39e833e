"""Shared signals as another author's library reads them: fetched, brought, after an hour away, and never twice."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, jsonify
from servers import signal_receiver
from servers.authority import Authority
from servers.client_house import KeyMaker
from servers.on_a_port import on_a_port
from servers.signal_receiver import SignalReceiver
from servers.signals import Telling
from servers.small_house import small_house

from keyback.core.db.session import Database
from keyback.core.outside import Outside
from keyback.core.service.clients.client_keys import ClientKeys
from keyback.core.service.clients.signal_streams import Streams
from keyback.idp_bridge.keys import public
from keyback.idp_bridge.push_hosts import PushHosts
from keyback.idp_bridge.signal_pages import SignalPages, create_transmitter
from keyback.idp_bridge.signal_push import Pushing, Signing
from keyback.idp_bridge.signal_words import TYPES

CHANGE, REVOKED, VERIFIED = TYPES.values()
HOSTS = PushHosts(["localhost"])


@dataclass
class Heard:
    """A house, and who hears of it."""

    telling: Telling
    keys: ClientKeys
    receiver: SignalReceiver

    @property
    def kinds(self) -> list[str]:
        return [one["event"] for one in self.receiver.heard]


@pytest.fixture
def heard(tmp_path: Path, migrated: Path) -> Iterator[Heard]:
    if why := signal_receiver.missing():
        pytest.skip(why)
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'keyback.db')}")
    authority = Authority(tmp_path / "authority")
    with on_a_port() as (server, issuer):
        house = small_house(database, signals=True)
        keys = ClientKeys(records=house.records, around=house.around, make=KeyMaker())
        telling, signing = Telling(house), Signing(keys, issuer)
        streams = Streams(records=house.records, around=house.around, may_push_to=HOSTS)
        server.app = _app(SignalPages(streams, issuer, signing), keys)
        outside = Outside(("127.0.0.0/8",), str(authority.ca_file))
        telling.post = telling.posted_by(Pushing(signing, HOSTS, outside))
        token = telling.add(wish=None)
        with signal_receiver.signal_receiver(authority, issuer, token, "https://siem.example.org") as receiver:
            yield Heard(telling, keys, receiver)
    database.close()


def _app(pages: SignalPages, keys: ClientKeys) -> Flask:
    app = Flask("transmitter")
    app.register_blueprint(create_transmitter(pages))
    app.add_url_rule("/jwks.json", "jwks", lambda: jsonify(keys=[public(key) for key in keys.shown()]))
    return app


def test_it_fetches_a_reset_and_a_test(heard: Heard) -> None:
    stream = heard.receiver.make(push=False)
    heard.telling.reset()
    heard.telling.house.clock.forward(seconds=1)
    assert heard.receiver.verify(stream, "by itself") == 204
    change, revoked, test = heard.receiver.fetch(stream)
    assert [one["event"] for one in (change, revoked, test)] == [CHANGE, REVOKED, VERIFIED]
    assert change["about"] == {"format": "email", "email": "jo.frost@mail.example"}
    assert change["says"]["change_type"] == "update"
    assert test["says"] == {"state": "by itself"}
    assert heard.telling.waiting() == []


def test_after_an_hour_away_everything_is_brought_once_and_in_order_by_a_newer_key(heard: Heard) -> None:
    heard.receiver.make(push=True)
    heard.receiver.is_in("away")
    for number in range(3):
        heard.telling.house.add(f"person{number}")
        heard.telling.reset(f"person{number}")
        heard.telling.tick()
        heard.telling.house.clock.forward(minutes=20)
    kept = [queued.id for queued in heard.telling.waiting()]
    heard.keys.rotate(at_once=True)
    heard.receiver.is_in("ready")
    heard.telling.tick()
    assert [one["jti"] for one in heard.receiver.heard] == kept
    assert heard.kinds == [CHANGE, REVOKED] * 3


def test_what_arrived_unheard_of_comes_again_by_its_name(heard: Heard) -> None:
    heard.receiver.make(push=True)
    heard.receiver.is_in("silent")
    heard.telling.reset()
    heard.telling.tick()
    assert len(heard.telling.waiting()) == 2
    heard.receiver.is_in("ready")
    heard.telling.house.clock.forward(seconds=5)
    heard.telling.tick()
    assert heard.kinds == [CHANGE, REVOKED]
    assert heard.telling.waiting() == []


def test_what_it_refuses_is_shown_with_its_reason(heard: Heard) -> None:
    heard.receiver.make(push=True)
    heard.receiver.is_in("strict")
    heard.telling.reset()
    heard.telling.tick()
    refused: list[Any] = list(heard.telling.desk.refused("siem"))
    assert [(one.kind, one.error) for one in refused] == [
        ("session-revoked", "invalid_audience"),
        ("credential-change", "invalid_audience"),
    ]
