"""What a client of OpenID Connect asks for, read strictly: a recovery begins as an authorization request."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode, urlsplit

from ..core.contracts.entry import Entry, OidcClient
from ..core.recovery.policy import Purpose
from ..core.service.clients.client_desk import REQUEST_LIFE, Asked

# What may stand in `acr_values`: what somebody comes for and, where a client wants so much, how many proofs at least.
ACR = re.compile(r"urn:keyback:(reset|unlock)(?::([1-9]))?", re.ASCII)
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_SCOPE = re.compile(r"[!#-\[\]-~]{1,80}", re.ASCII)
# What goes back to the client as it came is kept in a form field and in a row; nobody needs more.
LONGEST = 1000
SCOPES = ("openid", "profile")
# What is asked for most; whoever wants more proofs writes a greater number.
ACR_VALUES = tuple(f"urn:keyback:{purpose.value}:{proofs}" for purpose in Purpose for proofs in (1, 2))
# Requests that are signed or fetched from elsewhere could say other things than the parameters that we check.
_REFUSED = {
    "request": "request_not_supported",
    "request_uri": "request_uri_not_supported",
    "registration": "registration_not_supported",
}


class TurnedAway(Exception):
    """Nobody whom we know asks, or they want the answer at a place that is not theirs: nothing is sent anywhere."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Declined(Exception):
    """A client of ours asks for what it cannot get. `address` tells it so; `error` is a word of the standard's."""

    def __init__(self, entry: str, error: str, address: str) -> None:
        super().__init__(error)
        self.entry = entry
        self.error = error
        self.address = address


@dataclass(frozen=True, slots=True)
class Request:
    """The parameters of one request, and those of them that came more than once."""

    values: dict[str, str]
    twice: frozenset[str]

    @classmethod
    def of(cls, pairs: Sequence[tuple[str, str]]) -> Request:
        """An empty one counts as left out (RFC 6749 3.1)."""
        counted = Counter(name for name, _ in pairs)
        return cls({name: value for name, value in pairs if value}, frozenset(n for n, c in counted.items() if c > 1))

    def get(self, name: str) -> str:
        """Its value, empty if there is none."""
        return self.values.get(name, "")


def address(place: str, issuer: str, state: str, **answer: str) -> str:
    """Where a client hears its answer. `iss` stands in errors too (RFC 9207): a client must know whom it hears."""
    told = {**answer, **({"state": state} if state else {}), "iss": issuer}
    # A registered address may have a query of its own, and is compared and used whole.
    return f"{place}{'&' if urlsplit(place).query else '?'}{urlencode(told)}"


def read(request: Request, find: Callable[[str], Entry | None], issuer: str, now: datetime) -> Asked:
    """What is asked for. Raises TurnedAway or Declined."""
    entry, client = _who(request, find)
    error = _problem(request, client)
    if error:
        # A state that came twice or is too long is whose? The client cannot tell either.
        state = "" if "state" in request.twice or len(request.get("state")) > LONGEST else request.get("state")
        there = address(request.get("redirect_uri"), issuer, state, error=error)
        raise Declined(entry.key, error, there)
    purpose, proofs = _wanted(request.get("acr_values"))
    return Asked(
        entry=entry.key,
        redirect_uri=request.get("redirect_uri"),
        state=request.get("state"),
        nonce=request.get("nonce"),
        challenge=request.get("code_challenge"),
        scopes=tuple(scope for scope in SCOPES if scope in request.get("scope").split(" ")),
        purpose=purpose,
        proofs=proofs,
        until=now + REQUEST_LIFE,
    )


def _who(request: Request, find: Callable[[str], Entry | None]) -> tuple[Entry, OidcClient]:
    """The client, once the place for its answer is known to be its own, letter by letter."""
    if {"client_id", "redirect_uri"} & request.twice:
        raise TurnedAway("parameter twice")
    entry = find(request.get("client_id"))
    if entry is None or entry.client is None:
        raise TurnedAway("unknown client")
    if request.get("redirect_uri") not in entry.client.redirect_uris:
        raise TurnedAway("redirect address not registered")
    return entry, entry.client


def _problem(request: Request, client: OidcClient) -> str:
    """What is wrong with it, as a word of the standard's; empty if nothing is."""
    if request.twice:
        return "invalid_request"
    refused = [word for name, word in _REFUSED.items() if request.get(name)]
    if refused:
        return refused[0]
    if not request.get("response_type"):
        return "invalid_request"
    if request.get("response_type") != "code":
        return "unsupported_response_type"
    if "openid" not in request.get("scope").split(" "):
        return "invalid_scope"
    if "none" in request.get("prompt").split(" "):
        # Nobody is ever signed in at Keyback, so without a page there is no answer.
        return "login_required" if request.get("prompt") == "none" else "invalid_request"
    return "" if _is_sound(request, client) else "invalid_request"


def _is_sound(request: Request, client: OidcClient) -> bool:
    known = request.get("response_mode") in ("", "query")
    # Another method than S256 would be no protection, and "plain" is what a missing one means.
    challenge, method = request.get("code_challenge"), request.get("code_challenge_method")
    challenged = bool(_CHALLENGE.fullmatch(challenge)) and method == "S256"
    left_out = not client.pkce and not challenge and not method
    nonce = bool(request.get("nonce")) or not client.nonce
    aged = not request.get("max_age") or request.get("max_age").isdecimal()
    short = all(len(request.get(name)) <= LONGEST for name in ("state", "nonce", "scope", "acr_values"))
    spelt = all(_SCOPE.fullmatch(scope) for scope in request.get("scope").split(" "))
    return known and (challenged or left_out) and nonce and aged and short and spelt


def _wanted(acr_values: str) -> tuple[Purpose, int]:
    """What somebody comes for, and how many proofs at least: the first value that we know says for what."""
    known = [found for value in acr_values.split(" ") if (found := ACR.fullmatch(value))]
    if not known:
        return Purpose.RESET, 0
    purpose = known[0][1]
    return Purpose(purpose), min(int(found[2] or 0) for found in known if found[1] == purpose)
