"""HTTPS to a directory: to whom it is told alone, within a time, and exact about what may have arrived."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError

from ...core import StoreUnavailable, Text
from ._budget import Budget

# No more of an answer is read.
LONGEST_ANSWER = 8 * 1024 * 1024


class Unsent(StoreUnavailable):
    """It surely never arrived."""


class Lost(StoreUnavailable):
    """It may have arrived; the answer did not."""


@dataclass(frozen=True, slots=True)
class Said:
    """An answer, with the names by which msal asks for its parts."""

    status_code: int
    headers: Mapping[str, str] = field(repr=False)
    text: str = field(repr=False)

    def raise_for_status(self) -> None:
        """What msal calls when an answer is of no use to it."""
        raise StoreUnavailable(Text("the sign-in server answered with {status}", status=self.status_code))


@dataclass(frozen=True, slots=True)
class Terms:
    """How connections are made, and how many are kept."""

    ca_file: str
    proxy: str = field(repr=False)
    connect_timeout: float
    receive_timeout: float
    connections: int


class Https:
    """Keeps connections open: a handshake costs more than a question."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._process = 0
        self._session = requests.Session()

    def ask(self, verb: str, url: str, budget: Budget, **more: Any) -> Said:  # noqa: ANN401
        """One request, never repeated and never redirected. Raises Unsent or Lost."""
        patience = (budget.at_most(self._terms.connect_timeout), budget.at_most(self._terms.receive_timeout))
        try:
            # Where a redirect leads is not ours to say, and the token would go along.
            with self._line().request(
                verb, url, timeout=patience, allow_redirects=False, stream=True, **more
            ) as response:
                return Said(response.status_code, response.headers, _read(response, budget))
        except (requests.RequestException, HTTPError, OSError) as problem:
            failed = _failure(problem)
        # Raised here, not above: its cause would hold the request, and with it the new password.
        raise failed

    def close(self) -> None:
        """Hang up."""
        self._session.close()

    def _line(self) -> requests.Session:
        if self._process != os.getpid():
            # A fork shares the sockets: two processes on one connection would read each other's answers.
            self._session, self._process = _session(self._terms), os.getpid()
        return self._session


def _session(terms: Terms) -> requests.Session:
    session = requests.Session()
    # The environment may name a proxy or an authority, and would silently win over the settings.
    session.trust_env = False
    session.verify = terms.ca_file or True
    session.proxies = {"https": terms.proxy} if terms.proxy else {}
    session.mount("https://", HTTPAdapter(pool_maxsize=terms.connections, max_retries=0))
    return session


def _read(response: requests.Response, budget: Budget) -> str:
    """All of it, unless it drips or never ends."""
    body = b""
    # As much as is there: to wait for a full buffer would be to wait for ever.
    while chunk := response.raw.read1(65536, decode_content=True):
        body += chunk
        if budget.left <= 0 or len(body) > LONGEST_ANSWER:
            raise Lost(Text("the answer does not end"))
    return body.decode("utf-8", "replace")


def _failure(problem: Exception) -> StoreUnavailable:
    """What went wrong, by its kind: the library's words may repeat what was sent."""
    if "CERTIFICATE_VERIFY_FAILED" in str(problem):
        return Unsent(Text("the server's certificate is not signed by a known authority, or is for another name"))
    reason = problem.args[0] if problem.args else None
    nobody_there = isinstance(reason, MaxRetryError) and isinstance(reason.reason, NewConnectionError)
    if nobody_there or isinstance(problem, (requests.ConnectTimeout, requests.exceptions.ProxyError)):
        return Unsent(Text("the server cannot be reached ({kind})", kind=type(problem).__name__))
    return Lost(Text("the answer was lost ({kind})", kind=type(problem).__name__))
