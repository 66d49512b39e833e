"""A client of OpenID Connect sends somebody to a running Keyback, hears them come back and verifies what it is told."""

from __future__ import annotations

import threading
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlencode

import requests
from joserfc import jwt
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from .browser import Page
from .keyback import HOST
from .story import Story

CALLBACK, SECRET, VERIFIER = "https://idp.alderwick.example/callback", "s" * 43, "v" * 64
# In keyback.toml.
CLIENT = {
    "idp": {
        "name": "Alderwick sign-in", "home_url": "https://idp.alderwick.example/", "redirect_uris": [CALLBACK],
        "client_secret": SECRET, "store": "openldap", "subject": "name",
    }
}  # fmt: skip


@dataclass
class Client:
    """Keeps what it read of Keyback's keys for so many seconds, and asks for none before: the strictest that may be."""

    keeps_for: float
    _keys: KeySet | None = None
    _read_at: float = 0.0
    _one_reads: threading.Lock = field(default_factory=threading.Lock)

    def claims(self, base: str, id_token: str) -> tuple[str, dict[str, Any]]:
        """Which key signed it, and what it says. Raises what is wrong with it."""
        token = jwt.decode(id_token, self._known(base), algorithms=["RS256"])
        must = {"iss": {"essential": True, "value": f"https://{HOST}"}, "aud": {"essential": True, "value": "idp"}}
        JWTClaimsRegistry(**must).validate(token.claims)
        return token.header["kid"], dict(token.claims)

    def _known(self, base: str) -> KeySet:
        with self._one_reads:
            if self._keys is None or time.monotonic() > self._read_at + self.keeps_for:
                self._read_at = time.monotonic()
                self._keys = KeySet.import_key_set(_asked("GET", f"{base}/jwks.json").json())
            return self._keys


@dataclass
class SignIn:
    """One person's whole way. Each step may be taken at another node: `story.browser.base` says at which."""

    story: Story
    client: Client
    kid: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    state: str = "state of the client"

    def live(self) -> None:
        """From the client and back to it."""
        self.begins()
        self.story.prove()
        assert self.story.renew().stage == "done"
        self.verifies(self.fetches(self.comes_back()))

    def begins(self) -> Page:
        """The client sends them, and they say who they are."""
        challenge = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code", "client_id": "idp", "redirect_uri": CALLBACK, "scope": "openid profile",
            "state": self.state, "nonce": self.story.name, "code_challenge": challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        return self.story.start(f"/authorize?{urlencode(asked)}")

    def comes_back(self) -> str:
        """The link on the last page; the code that the client hears."""
        page = self.story.browser.get(f"/recover/{self.story.recovery_id}/back", follow=False)
        assert page.status == 303, page.text
        place, _, told = page.headers["Location"].partition("?")
        heard = dict(parse_qsl(told, strict_parsing=True))
        assert (place, heard["state"], heard["iss"]) == (CALLBACK, self.state, f"https://{HOST}")
        return heard["code"]

    def fetches(self, code: str) -> dict[str, Any]:
        """What the client gets for it."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        answer = _asked("POST", f"{self.story.browser.base}/token", data=form, auth=("idp", SECRET))
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def verifies(self, told: dict[str, Any]) -> None:
        """That it is about them, and is what the other address says too."""
        base = self.story.browser.base
        self.kid, self.claims = self.client.claims(base, told["id_token"])
        assert (self.claims["sub"], self.claims["nonce"]) == (self.story.name, self.story.name)
        bearer = {"Authorization": f"Bearer {told['access_token']}"}
        assert _asked("GET", f"{base}/userinfo", headers=bearer).json()["sub"] == self.story.name


def _asked(method: str, url: str, **more: Any) -> requests.Response:
    """By another program than the browser: it has no cookie."""
    headers = {"Host": HOST, **more.pop("headers", {})}
    return requests.request(method, url, headers=headers, timeout=30, allow_redirects=False, **more)
