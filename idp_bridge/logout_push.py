"""Clients told by a signed word that somebody's sessions are over (OpenID Connect Back-Channel Logout 1.0)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from http.client import HTTPException
from urllib.parse import urlencode

from ..core.contracts.entry import Entry
from ..core.contracts.people import Account
from ..core.contracts.plugin import Context
from ..core.outside import Outside, Request, failure, refusal
from ..core.service.clients.client_keys import ClientKeys
from .claims import of_logout
from .keys import signed

TYPE = "logout+jwt"
# A job may take nine.
SECONDS = 8.0


@dataclass(frozen=True)
class LogoutPush:
    """One request, to an address that is checked anew each time, with no redirects.

    Said again, it is another token: a client takes none twice, and to end what has ended does no harm.
    """

    issuer: str
    keys: ClientKeys
    outside: Outside

    def __call__(self, entry: Entry, account: Account, ctx: Context) -> None:
        """Raises DeliveryFailed. Whom the client could not call by any name has no session there."""
        claims = of_logout(entry, account, ctx.now)
        if entry.client is None or claims is None:
            return
        told = {**claims, "iss": self.issuer, "jti": ctx.random(16).hex()}
        body = urlencode({"logout_token": signed(self.keys.signing(), told, TYPE)}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        request = Request("POST", entry.client.backchannel_logout_uri, headers, body)
        try:
            answer = self.outside.ask(request, time.monotonic() + SECONDS)
        except (OSError, HTTPException, ValueError) as error:
            failed = failure(error)
        else:
            if 200 <= answer.status < 300:
                return
            failed = refusal(answer.status)
        # Raised here, not above: its cause would be printed with it, and could hold the token.
        raise failed
