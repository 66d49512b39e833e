"""Signing in and out. The door behind these pages knows the identity provider; they know browsers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from flask import Blueprint, Request, abort, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ..service.enrolling.door import Door
from ..service.enrolling.signed_in import SignedIn
from ..service.enrolling.vouching import SignInRefused
from .cookie import SessionCookies
from .door_checks import address_of, check_origin
from .form_body import read_form, read_one
from .headers import clear_cache, has_form
from .language import keep_place, spoken
from .settings import PortalSettings

Whoever: TypeAlias = Callable[[Request], SignedIn | None]

# Where somebody goes after a sign-in, who wanted that page.
First: TypeAlias = Callable[[SignedIn, str], str]

HTML = "text/html; charset=utf-8"
# Where somebody may go afterwards: a page of ours, and by its shape nobody else's (D2).
PLACE = re.compile(r"/(?:[A-Za-z0-9_-]{1,80}(?:/[A-Za-z0-9_-]{1,80}){0,4})?", re.ASCII)
# What an identity provider may send back; whatever else it adds is not looked at.
ANSWERS = ("state", "code", "iss", "error")


def as_wanted(_who: SignedIn, to: str) -> str:
    """There, at once."""
    return to


class SignInPages:
    """A link leads there, because a form's answer may not lead to another host (`form-action`)."""

    def __init__(self, door: Door, look: PortalSettings, first: First = as_wanted) -> None:
        self._door = door
        self._first = first
        self._look = look
        self._cookies = SessionCookies(look)

    def whoever_is_signed_in(self, request: Request) -> SignedIn | None:
        """Who this request comes from; asked once for each."""
        if "signed_in" not in g:
            g.signed_in = self._door.sessions.whoever(self._cookies.key(request))
        found: SignedIn | None = g.signed_in
        return found

    def start(self) -> Response:
        """To the identity provider. `to`: the page that somebody wanted; `again`: they must prove who they are anew;
        `join`: as somebody else, whose account is theirs too.
        """
        begun = self._door.signing_in.set_out(
            address_of(request, self._look),
            self._cookies.browser_of(request),
            to=place(),
            fresh="again" in request.args,
            key=self._cookies.key(request),
            language=spoken(),
            joins="join" in request.args,
        )
        there = redirect(begun.address, 303)
        self._cookies.set_out(there, begun.browser)
        return there

    def callback(self) -> Response:
        """Back from there. A page and no redirect: only from a page of ours the new cookie comes along."""
        # Also where they are refused: the language menu must not bring this answer once more, nor show it to a reader.
        keep_place(url_for("portal.welcome"))
        answer = {name: values[0] for name in ANSWERS if (values := request.args.getlist(name))}
        if any(len(request.args.getlist(name)) > 1 for name in ANSWERS):
            abort(400, "an answer twice")
        browser, address = self._cookies.browser_of(request), address_of(request, self._look)
        arrived = self._door.signing_in.come_back(answer, browser, address)
        who = self._door.sessions.whoever(arrived.key) if arrived.key else None
        to = self._first(who, arrived.to) if who else arrived.to
        keep_place(to)
        page = Response(render_template("signed_in.html", page="signed-in", to=to), content_type=HTML)
        # At once, and in the history's place of this one: the code in its address is used up.
        page.headers["Refresh"] = f"0; url={to}"
        if arrived.key:
            self._cookies.arrive(page, arrived.key, arrived.browser)
        else:
            self._cookies.set_out(page, arrived.browser)
        return page

    def leave(self) -> Response:
        """Asks, because a link changes nothing; and where the identity provider sends people who signed out there."""
        signed_in = self.whoever_is_signed_in(request)
        if signed_in is not None:
            has_form()
        html = render_template("sign_out.html", page="sign-out", signed_in=signed_in, there="")
        return Response(html, content_type=HTML)

    def left(self) -> Response:
        """Out, here; the way out there is a link, for a form's answer could not lead to it."""
        if read_form(request, {"move"}) != {"move": "sign_out"}:
            abort(400, "not our button")
        there = self._door.sessions.leave(self._cookies.key(request))
        html = render_template("sign_out.html", page="sign-out", signed_in=None, there=there)
        response = clear_cache(Response(html, content_type=HTML))
        self._cookies.leave(response)
        return response

    def back_channel(self) -> Response:
        """The identity provider itself says that a session is over. What it gets back is for its log."""
        try:
            self._door.sessions.told(read_one(request, "logout_token"))
        except SignInRefused:
            return Response('{"error": "invalid_request"}', 400, content_type="application/json")
        return Response(status=200, content_type="application/json")


def create_sign_in(pages: SignInPages, look: PortalSettings) -> Blueprint:
    """Its addresses. Registered beside the portal, whose headers and error pages it shares."""
    sign_in = Blueprint("sign_in", __name__)
    for rule, endpoint, view, method in (
        ("/sign-in", "start", pages.start, "GET"),
        ("/sign-in/callback", "callback", pages.callback, "GET"),
        ("/sign-out", "leave", pages.leave, "GET"),
        ("/sign-out", "left", pages.left, "POST"),
        ("/sign-out/back-channel", "back_channel", pages.back_channel, "POST"),
    ):
        sign_in.add_url_rule(rule, endpoint, view, methods=[method], provide_automatic_options=False)
    sign_in.before_request(lambda: check_origin(request, look))
    return sign_in


def nobody(_request: Request) -> SignedIn | None:
    """Who is signed in where nobody can."""
    return None


def place() -> str:
    """Where somebody asked to go afterwards; the start if that is no page of ours."""
    asked = request.args.getlist("to")
    return asked[0] if len(asked) == 1 and PLACE.fullmatch(asked[0]) else url_for("portal.welcome")
