"""A certified identity provider as a process of its own: the npm package `oidc-provider`, over TLS."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from .authority import Authority
from .ports import free_port
from .slapd import Slapd
from .slapd_contents import PEOPLE
from .story import wait_until

FOLDER = Path(__file__).parent / "oidc_provider"
# Distributions ship older ones, in which it does not start.
OLDEST_NODE = 20
DISCOVERY = "/.well-known/openid-configuration"


def missing() -> str:
    """Why there can be none here; empty when there can."""
    installed = (FOLDER / "node_modules" / "oidc-provider").is_dir()
    return without_node() or ("" if installed else "npm's oidc-provider is not installed: .ci/node-packages does it")


def without_node() -> str:
    """Why nothing of npm's runs here; empty when it does."""
    if shutil.which("node") is None:
        return "Node.js is not installed (Debian: apt-get install nodejs npm)"
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    if int(version.strip().lstrip("v").partition(".")[0] or 0) < OLDEST_NODE:
        return f"Node.js {version.strip()} is too old for npm's oidc-provider: {OLDEST_NODE} at least"
    return ""


@dataclass(frozen=True)
class CertifiedIdp:
    """Honest; a test says who may sign in, and turns its clock and its keys."""

    issuer: str
    ca_file: Path

    def knows(self, login: str, password: str) -> None:
        """From now on this person can sign in there."""
        self._turn("people", {login: password})

    def is_ahead(self, seconds: int) -> None:
        """Of the right time by so much."""
        self._turn("clock", seconds)

    def _turn(self, what: str, how: object) -> None:
        asked = f"{self.issuer}/test/{what}"
        requests.post(asked, json.dumps(how), verify=str(self.ca_file), timeout=10).raise_for_status()


@contextmanager
def certified_idp(
    authority: Authority,
    clients: Sequence[Mapping[str, Any]],
    *,
    below: str = "",
    resource: str = "",
    forgot: str = "",
    slapd: Slapd | None = None,
) -> Iterator[CertifiedIdp]:
    """With these clients, named as in dynamic registration. The end of the block is its end.

    `below` this path, and with tokens of the clients' own for this `resource`, if one is named. Its sign-in page says
    where to go who `forgot` a password, and asks `slapd` about passwords instead of what tests told it.
    """
    port = free_port()
    idp = CertifiedIdp(f"https://localhost:{port}{below}", authority.ca_file)
    certificate, key = authority.issue("localhost")
    told: dict[str, Any] = {
        "issuer": idp.issuer, "port": port, "certificate": str(certificate), "key": str(key), "clients": clients,
        "resource": resource, "forgot": forgot,
    }  # fmt: skip
    if slapd:
        told["directory"] = {"url": slapd.url, "people": PEOPLE, "ca_file": str(slapd.ca_file)}
    # It calls Keyback, to say that somebody signed out, and believes our authority.
    environment = {**os.environ, "NODE_EXTRA_CA_CERTS": str(authority.ca_file), "NODE_NO_WARNINGS": "1"}
    with (authority.folder / "idp.log").open("wb") as log:
        server = subprocess.Popen(
            ["node", "server.mjs", json.dumps(told)], cwd=FOLDER, env=environment, stdout=log, stderr=log
        )
    try:
        wait_until(lambda: _answers(idp), "the identity provider", 60)
        yield idp
    finally:
        server.terminate()
        server.wait(10)


def _answers(idp: CertifiedIdp) -> bool:
    try:
        return requests.get(f"{idp.issuer}{DISCOVERY}", verify=str(idp.ca_file), timeout=2).ok
    except requests.RequestException:
        return False
