"""An identity provider that sends people to Keyback by OpenID Connect: the npm package `openid-client`, over TLS."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from . import certified_idp
from .authority import Authority
from .story import wait_until

FOLDER = Path(__file__).parent / "openid_client"


def missing() -> str:
    """Why there can be none here; empty when there can."""
    installed = (FOLDER / "node_modules" / "openid-client").is_dir()
    absent = "" if installed else "npm's openid-client is not installed: .ci/node-packages does it"
    return certified_idp.without_node() or absent


@dataclass(frozen=True)
class Client:
    """Where somebody begins, and what it heard when they came back."""

    url: str

    def heard(self, page: Any) -> dict[str, Any]:
        """A token that it verified."""
        return self._shown(page, "Heard")

    def was_refused(self, page: Any) -> dict[str, Any]:
        """An error in place of one."""
        return self._shown(page, "Refused")

    @staticmethod
    def _shown(page: Any, title: str) -> dict[str, Any]:
        page.wait_for_selector("main[data-page=client]")
        shown = page.locator("main").inner_text()
        assert page.locator("h1").inner_text() == title, shown
        found: dict[str, Any] = json.loads(page.locator("pre").inner_text())
        return found


@contextmanager
def openid_client(authority: Authority, issuer: str, port: int, **proof: str | Mapping[str, Any]) -> Iterator[Client]:
    """Known at `issuer` as "idp"; `secret` or `private_key` proves it. The end of the block is its end."""
    client = Client(f"https://localhost:{port}")
    certificate, key = authority.issue("localhost")
    told = {"issuer": issuer, "port": port, "certificate": str(certificate), "key": str(key), "client_id": "idp"}
    environment = {**os.environ, "NODE_EXTRA_CA_CERTS": str(authority.ca_file), "NODE_NO_WARNINGS": "1"}
    with (authority.folder / "client.log").open("wb") as log:
        server = subprocess.Popen(
            ["node", "server.mjs", json.dumps({**told, **proof})], cwd=FOLDER, env=environment, stdout=log, stderr=log
        )
    try:
        wait_until(lambda: _answers(client, authority), "the client", 60)
        yield client
    finally:
        server.terminate()
        server.wait(10)


def _answers(client: Client, authority: Authority) -> bool:
    try:
        return requests.get(client.url, verify=str(authority.ca_file), timeout=2).ok
    except requests.RequestException:
        return False
