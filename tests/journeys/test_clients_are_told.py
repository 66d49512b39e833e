"""A running server reads a client's keys by itself, and tells it by back-channel that somebody has a new password."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from servers.client_story import CALLBACK
from servers.event_log import events
from servers.http_sink import Answer, Asked, HttpSink
from servers.keyback import HOST, Keyback
from servers.outfit import SWIFT, a_story, pins
from servers.slapd import Slapd
from servers.story import NEW, Post, wait_until

KEY = ECKey.generate_key("P-256")
SHOWN = json.dumps({"keys": [{**KEY.as_dict(private=False), "kid": "one", "use": "sig", "alg": "ES256"}]}).encode()


@dataclass(frozen=True)
class Told:
    """The server, and its client."""

    keyback: Keyback
    sink: HttpSink

    def at(self, path: str) -> list[Asked]:
        """What the client was asked there."""
        return [asked for asked in self.sink.asked if asked.target == path]


@pytest.fixture
def told(tmp_path: Path, post: Post, slapd: Slapd) -> Iterator[Told]:
    with HttpSink(tmp_path / "client") as sink:
        sink.usual = lambda asked: Answer(200, SHOWN if asked.target == "/keys" else b"")
        base = sink.url.removesuffix("/send")
        entry = {
            "name": "Sign-in", "redirect_uris": [CALLBACK], "store": "openldap", "subject": "name",
            "jwks_uri": f"{base}/keys", "backchannel_logout_uri": f"{base}/logout",
        }  # fmt: skip
        clients = {"private_networks": ["127.0.0.0/8"], "ca_file": str(sink.ca_file)}
        more = {"entries": {"idp": entry}, "clients": clients}
        with Keyback(tmp_path / "keyback", {**pins(post, slapd), **SWIFT}, processes=2, more=more) as keyback:
            yield Told(keyback, sink)


def test_it_hears_of_a_new_password_by_a_token_that_it_can_verify(told: Told, post: Post, slapd: Slapd) -> None:
    story = a_story(told.keyback, post, slapd)
    story.start()
    story.prove()
    assert story.renew(NEW).stage == "done"
    (asked,) = wait_until(lambda: told.at("/logout"), "the client to be told")
    shown = requests.get(f"{told.keyback.url}/jwks.json", headers={"Host": HOST}, timeout=30).json()
    token = jwt.decode(asked.form["logout_token"][0], KeySet.import_key_set(shown), algorithms=["RS256"])
    assert token.header["typ"] == "logout+jwt"
    assert (token.claims["iss"], token.claims["aud"]) == (f"https://{HOST}", "idp")
    assert token.claims["sub"] == story.name
    wait_until(lambda: "sessions.ended" in events(told.keyback, story.recovery_id), "its record")


def test_its_keys_are_read_before_it_comes_and_its_proof_is_believed(told: Told) -> None:
    wait_until(lambda: "client.keys-changed" in events(told.keyback), "its keys to be read")
    now = int(time.time())
    claims = {"iss": "idp", "sub": "idp", "aud": f"https://{HOST}", "exp": now + 60, "iat": now, "jti": "first"}
    form = {
        "grant_type": "authorization_code",
        "code": "made up",
        "client_assertion": jwt.encode({"alg": "ES256", "kid": "one"}, claims, KEY),
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }
    answer = requests.post(f"{told.keyback.url}/token", form, headers={"Host": HOST}, timeout=30)
    # It is who it says; only its code is nobody's.
    assert answer.json() == {"error": "invalid_grant"}
