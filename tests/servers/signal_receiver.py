"""A receiver of shared signals and of logout tokens as a process of its own, which verifies by npm's `jose` whatever it
hears, over TLS."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from . import certified_idp
from .authority import Authority
from .ports import free_port
from .story import wait_until

FOLDER = Path(__file__).parent / "signal_receiver"


def missing() -> str:
    """Why there can be none here; empty when there can."""
    installed = (FOLDER / "node_modules" / "jose").is_dir()
    return certified_idp.without_node() or (
        "" if installed else "npm's jose is not installed: .ci/node-packages does it"
    )


@dataclass(frozen=True)
class SignalReceiver:
    """A test tells it what to do."""

    url: str
    authority: Authority

    def make(self, *, push: bool) -> dict[str, Any]:
        """A stream of its own."""
        return dict(self._told("make", {"push": push}))

    def verify(self, stream: dict[str, Any], state: str) -> int:
        """Ask for a test; the status of the answer."""
        return int(self._told("verify", {"stream_id": stream["stream_id"], "state": state})["status"])

    def fetch(self, stream: dict[str, Any]) -> list[dict[str, Any]]:
        """Everything that waits; all that it heard so far."""
        return list(self._told("fetch", stream))

    def is_in(self, mood: str) -> None:
        """ "ready", "away", "silent", "strict", or "holding": what comes for the first time gets no answer."""
        self._told("mood", mood)

    @property
    def heard(self) -> list[dict[str, Any]]:
        """Each thing once, in the order in which it came."""
        return list(self._told("heard", None))

    @property
    def arrived(self) -> list[str]:
        """The name of whatever came, each time that it came."""
        return list(self._told("arrived", None))

    @property
    def ended(self) -> list[str]:
        """Whose sessions it ended, in the order in which it was told."""
        return list(self._told("ended", None))

    def lives_at(self, now: datetime) -> None:
        """By this clock it judges how old a logout token is."""
        self._told("clock", int(now.timestamp()))

    def log_out(self, token: str) -> int:
        """Bring it a logout token; the status of the answer."""
        form, ca_file = {"logout_token": token}, str(self.authority.ca_file)
        return requests.post(f"{self.url}/logout", form, verify=ca_file, timeout=20).status_code

    def _told(self, what: str, how: object) -> Any:
        ca_file = str(self.authority.ca_file)
        answer = requests.post(f"{self.url}/test/{what}", json.dumps(how), verify=ca_file, timeout=20)
        assert answer.status_code == 200, answer.text
        return answer.json()


@contextmanager
def signal_receiver(
    authority: Authority, issuer: str, token: str, audience: str, **more: Any
) -> Iterator[SignalReceiver]:
    """Known at `issuer` by this token, and as the client "idp". The end of the block is its end."""
    port = free_port()
    receiver = SignalReceiver(f"https://localhost:{port}", authority)
    certificate, key = authority.issue("localhost")
    told = {"issuer": issuer, "token": token, "audience": audience, "client": "idp", "port": port, **more}
    told |= {"certificate": str(certificate), "key": str(key)}
    with (authority.folder / "receiver.log").open("wb") as log:
        server = subprocess.Popen(["node", "server.mjs", json.dumps(told)], cwd=FOLDER, stdout=log, stderr=log)
    try:
        wait_until(lambda: _answers(receiver), "the receiver", 60)
        yield receiver
    finally:
        server.terminate()
        server.wait(10)


def _answers(receiver: SignalReceiver) -> bool:
    try:
        return receiver.heard == []
    except requests.RequestException:
        return False
