"""The pretend company as a client of Keyback: "Forgot my password" as a request, and the signed answer in words."""

from __future__ import annotations

import json
import secrets
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from ...core.contracts.text import Text
from ...core.portal import PortalSettings
from ...core.portal.language import spoken
from ...core.service.enrolling.vouching import CompanyIdp, Departure, SignInRefused
from .pages import HTML

# The key of the entry by which the company asks, and where it hears the answer.
ENTRY, BACK = "alderwick-oidc", "/demo/forgot/back"
AWAY, MOST_AWAY = timedelta(hours=1), 1000
_HOW: Mapping[str, Text] = {
    "sms": Text("a code by text message"),
    "tel": Text("a phone call"),
    "otp": Text("a code by e-mail, from an app or from paper"),
    "pop": Text("a passkey"),
    "swk": Text("a phone that approved"),
    "kba": Text("security questions"),
}
_DONE: Mapping[str, Text] = {"reset": Text("a new password"), "unlock": Text("an unlocked account")}


def create_client(keyback: CompanyIdp, settings: PortalSettings) -> Blueprint:
    """Registered beside the company's own pages. `keyback` asks Keyback over the network, as any other client does."""
    demo = Blueprint("demo_client", __name__, url_prefix="/demo")
    pages = ClientPages(keyback, settings)
    demo.add_url_rule("/forgot", "forgot", pages.forgot, provide_automatic_options=False)
    demo.add_url_rule("/forgot/back", "back", pages.back, provide_automatic_options=False)
    return demo


class ClientPages:
    """Keeps in memory who is away: the next start of the demo knows nothing of this one."""

    def __init__(self, keyback: CompanyIdp, settings: PortalSettings) -> None:
        self._keyback = keyback
        self._now = settings.now
        self._away: dict[str, Departure] = {}

    def forgot(self) -> Response:
        """To Keyback, with an authorization request."""
        now = self._now()
        departure = Departure(
            secrets.token_urlsafe(), secrets.token_urlsafe(), secrets.token_urlsafe(48), now, now + AWAY
        )
        for state, one in list(self._away.items()):
            if one.expires_at < now or len(self._away) >= MOST_AWAY:
                self._away.pop(state, None)
        self._away[departure.state] = departure
        return redirect(self._keyback.address_for(departure, spoken()), 303)

    def back(self) -> Response:
        """What Keyback says, once its signature, its nonce and the rest are verified."""
        departure = self._away.pop(request.args.get("state", ""), None)
        if departure is None:
            abort(404)
        try:
            vouched = self._keyback.vouch(request.args, departure, self._now())
        except SignInRefused:
            return _page(None, request.args.get("error_description", ""))
        return _page(_read(vouched.id_token), "")


def _read(verified: str) -> dict[str, Any]:
    payload = verified.split(".")[1]
    found: dict[str, Any] = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return found


def _page(claims: dict[str, Any] | None, why: str) -> Response:
    said = claims or {}
    done = said.get("urn:keyback:done", {})
    html = render_template(
        "demo/proved.html",
        claims=json.dumps(claims, indent=2, sort_keys=True) if claims else "",
        name=said.get("preferred_username", ""),
        how=[_HOW[word] for word in said.get("amr", ()) if word in _HOW],
        done=_DONE.get(done.get("purpose", "")),
        at=datetime.fromtimestamp(done.get("at", 0), UTC),
        why=why,
        here="proved",
    )
    return Response(html, content_type=HTML)
