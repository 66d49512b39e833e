"""Signals signed, and brought to receivers that are pushed to (RFC 8935)."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from ..core.outside import Answer, Outside, Request, failure
from ..core.service.clients.client_keys import ClientKeys
from ..core.service.clients.signal_post import Became, Brought
from ..core.service.clients.signal_streams import Queued, Registered
from .keys import signed
from .push_hosts import PushHosts
from .signal_words import claims, error

TYPE = "secevent+jwt"
# A job may take ten.
SECONDS = 8.0
# By these a receiver says that it does not know us: nothing is wrong with the signal, and it waits.
NOT_THE_SIGNALS_FAULT = frozenset({"authentication_failed", "access_denied"})


@dataclass(frozen=True)
class Signing:
    """Signed when it leaves, by the key that signs then: one that waited for an hour must still be believed."""

    keys: ClientKeys
    issuer: str

    def __call__(self, who: Registered, queued: Queued) -> str:
        """As a security event token."""
        return signed(self.keys.signing(), claims(self.issuer, who, queued), TYPE)


@dataclass(frozen=True)
class Pushing:
    """One request for each signal, to an address that is checked anew each time, with no redirects."""

    sign: Signing
    hosts: PushHosts
    outside: Outside

    def __call__(self, who: Registered, queued: Queued) -> Brought:
        """What became of it."""
        stream = who.stream
        if stream is None or not self.hosts(stream.endpoint):
            return Brought(Became.NOT_YET, "host-not-listed")
        headers = {"Content-Type": f"application/{TYPE}", "Accept": "application/json"}
        if stream.authorization:
            headers["Authorization"] = stream.authorization
        body = self.sign(who, queued).encode()
        try:
            answer = self.outside.ask(Request("POST", stream.endpoint, headers, body), time.monotonic() + SECONDS)
        except (OSError, HTTPException, ValueError) as problem:
            return Brought(Became.NOT_YET, failure(problem).kind)
        return _judged(answer)


def _judged(answer: Answer) -> Brought:
    """RFC 8935 2.3: 202 takes it, 400 with a reason refuses it for good, and whatever else may pass."""
    if 200 <= answer.status < 300:
        return Brought(Became.TAKEN)
    said = error(_json(answer.text))
    if answer.status == 400 and said not in NOT_THE_SIGNALS_FAULT:
        return Brought(Became.REFUSED, said)
    return Brought(Became.NOT_YET, said if answer.status == 400 else f"status-{answer.status}")


def _json(text: str) -> Any:  # noqa: ANN401 - whatever somebody sent
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
