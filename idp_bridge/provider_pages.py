"""Keyback as a provider of OpenID Connect: its addresses, and what HTTP wants of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import parse_qsl

from flask import Blueprint, abort, jsonify, redirect, request
from werkzeug.wrappers import Response

from ..core.service.clients.client_keys import KEYS_FOR
from ..core.whole_body import whole_body
from .authorize import Declined, Request, TurnedAway
from .discovery import document
from .doors import Doors
from .refusals import Refused

if TYPE_CHECKING:
    from .token_endpoint import TokenEndpoint

# The portal's start page for this door, with its client's request in it.
Start: TypeAlias = Callable[[str, str], Response]

MOST_BYTES = 16 * 1024
MOST_FIELDS = 50


@dataclass(frozen=True)
class ProviderPages:
    """What a browser asks leads to pages, what a client asks is answered in JSON.

    `endpoint` is asked for when it is needed: whoever has no client needs neither its library nor the memory.
    """

    doors: Doors
    start: Start
    endpoint: Callable[[], TokenEndpoint]

    def authorize(self) -> Response:
        """A recovery begins: 200 with the start page. A cookie of ours would be lost on a redirect from elsewhere."""
        asked = Request.of(_form() if request.method == "POST" else list(request.args.items(multi=True)))
        try:
            return self.start(*self.doors.ask(asked))
        except TurnedAway as turned_away:
            # Never to the address that was asked for: it is not known to be anybody's (D2).
            abort(400, turned_away.why)
        except Declined as declined:
            self.doors.desk.sightings.refused(declined.entry, declined.error)
            return redirect(declined.address, 303)

    def token(self) -> Response:
        """A code for a signed word."""
        return _told(lambda: self.endpoint().exchange(request.headers.get("Authorization", ""), _once(_form())))

    def userinfo(self) -> Response:
        """The same once more, while the token is good. By POST it may stand in the body."""
        in_body = request.method == "POST" and request.mimetype == "application/x-www-form-urlencoded"
        token = request.headers.get("Authorization", "")
        return _told(lambda: self.endpoint().userinfo(token, _once(_form()) if in_body else {}))

    def jwks(self) -> Response:
        """The public halves of our keys."""
        return _kept(jsonify(self.endpoint().key_set()))

    def discovery(self) -> Response:
        """What a client needs to know of us."""
        return _kept(jsonify(document(self.doors.issuer, list(self.doors.desk.around.languages.names))))


def create_provider(pages: ProviderPages) -> Blueprint:
    """Its addresses. Registered beside the portal, whose headers and error pages it shares.

    No Origin is checked here: clients and their people come from elsewhere, and nothing rides on a cookie.
    """
    provider = Blueprint("provider", __name__)
    for rule, endpoint, view, methods in (
        ("/authorize", "authorize", pages.authorize, ["GET", "POST"]),
        ("/token", "token", pages.token, ["POST"]),
        ("/userinfo", "userinfo", pages.userinfo, ["GET", "POST"]),
        ("/jwks.json", "jwks", pages.jwks, ["GET"]),
        ("/.well-known/openid-configuration", "discovery", pages.discovery, ["GET"]),
    ):
        provider.add_url_rule(rule, endpoint, view, methods=methods, provide_automatic_options=False)
    return provider


def _form() -> list[tuple[str, str]]:
    if request.mimetype != "application/x-www-form-urlencoded":
        abort(415)
    request.max_content_length = MOST_BYTES
    try:
        return parse_qsl(
            whole_body(request).decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError:
        abort(400, "not a form")


def _once(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """A parameter that comes twice could be read in two ways (RFC 6749 3.2)."""
    form = dict(pairs)
    if len(form) != len(pairs):
        raise Refused("invalid_request")
    return form


def _told(ask: Callable[[], dict[str, Any]]) -> Response:
    try:
        response: Response = jsonify(ask())
    except Refused as refused:
        response = jsonify(error=refused.error)
        response.status_code = refused.status
        if refused.challenge:
            response.headers["WWW-Authenticate"] = refused.challenge
    return response


def _kept(response: Response) -> Response:
    """Clients may keep it for as long as a new key is shown before it signs."""
    response.headers["Cache-Control"] = f"public, max-age={int(KEYS_FOR.total_seconds())}"
    return response
