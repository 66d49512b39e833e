"""Coming into the console and leaving it. The door behind these pages knows who; they know browsers."""

from __future__ import annotations

import re

from flask import Blueprint, abort, g, redirect, render_template, request
from werkzeug.wrappers import Response

from ..core.service.administrators.console_desk import InConsole
from ..core.service.administrators.console_door import HOME, ConsoleDoor
from ..core.service.enrolling.signing_in import Arrived
from ..core.service.enrolling.vouching import SignInRefused
from .access import HTML, TOKEN, refuse
from .cookies import ConsoleCookies
from .language import spoken
from .look import ConsoleLook
from .taken import NOTHING

# Where somebody may go afterwards: a page of the console, and by its shape nobody else's (D2).
PLACE = re.compile(r"/admin/(?:[A-Za-z0-9_-]{1,80}/){0,6}(?:[A-Za-z0-9_-]{1,80})?", re.ASCII)
# What an identity provider may send back; whatever else it adds is not looked at.
ANSWERS = ("state", "code", "iss", "error")
LARGEST_TOLD = 16 * 1024


class DoorPages:
    """A link leads out, because a form's answer may not lead to another host (`form-action`)."""

    def __init__(self, door: ConsoleDoor, look: ConsoleLook) -> None:
        self._door = door
        self._look = look
        self._cookies = ConsoleCookies(look)

    def start(self) -> Response:
        """To the identity provider. `to`: the page that somebody wanted; `again`: they prove anew who they are."""
        if not self._look.signs_in:
            return _page("no_sign_in", 503)
        begun = self._door.set_out(
            self._address(),
            self._cookies.browser_of(request),
            to=_place(),
            fresh="again" in request.args,
            key=self._cookies.key(request),
            language=spoken(),
        )
        there = redirect(begun.address, 303)
        self._cookies.set_out(there, begun.browser)
        return there

    def callback(self) -> Response:
        """Back from there."""
        if any(len(request.args.getlist(name)) > 1 for name in ANSWERS):
            abort(400)
        answer = {name: request.args[name] for name in ANSWERS if name in request.args}
        return self._arrived(self._door.come_back(answer, self._cookies.browser_of(request), self._address()))

    def ask_link(self, token: str) -> Response:
        """A link alone changes nothing: whoever looks at it first, a chat's preview for one, must not use it up."""
        return _page("link", 200 if self._door.links.is_good(token) else 403, good=self._door.links.is_good(token))

    def use_link(self, token: str) -> Response:
        """In, once."""
        if strange := NOTHING.refuses(request, self, {}):
            return refuse(strange)
        return self._arrived(self._door.by_link(token, self._address(), self._cookies.key(request)))

    def leave(self) -> Response:
        """Asks, because a link changes nothing; and where the identity provider sends people who signed out there."""
        who: InConsole | None = g.get("in_console")
        return _page("sign_out", token=self._door.reception.form_token(who) if who else "", there="")

    def left(self) -> Response:
        """Out, here; the way out there is a link, for a form's answer could not lead to it."""
        who: InConsole | None = g.get("in_console")
        if who and not self._door.reception.fits(who, request.form.get(TOKEN, "")):
            abort(403)
        if strange := NOTHING.refuses(request, self, {}):
            return refuse(strange)
        there = self._door.leave(who, self._cookies.key(request)) if who else ""
        g.in_console = None
        response = _page("sign_out", token="", there=there)
        response.headers["Clear-Site-Data"] = '"cache"'
        self._cookies.leave(response)
        return response

    def back_channel(self) -> Response:
        """The identity provider itself says that a session is over. What it gets back is for its log."""
        request.max_content_length = LARGEST_TOLD
        tokens = request.form.getlist("logout_token")
        try:
            # None, or two of which either could be meant, is what no signature fits.
            self._door.told(tokens[0] if len(tokens) == 1 else "")
        except SignInRefused:
            return Response('{"error": "invalid_request"}', 400, content_type="application/json")
        return Response(status=200, content_type="application/json")

    def _address(self) -> str:
        return self._look.address_of(request)

    def _arrived(self, arrived: Arrived) -> Response:
        """A page and no redirect: only from a page of ours the new cookie comes along."""
        page = _page("signed_in", to=arrived.to)
        # At once, and in the history's place of this one: the code in its address is used up.
        page.headers["Refresh"] = f"0; url={arrived.to}"
        self._cookies.arrive(page, arrived.key)
        self._cookies.set_out(page, arrived.browser)
        return page


def create_door(door: ConsoleDoor, look: ConsoleLook) -> Blueprint:
    """Its addresses. They alone of the console's can be opened by nobody."""
    pages, blueprint = DoorPages(door, look), Blueprint("door", __name__)
    for rule, endpoint, view, method in (
        ("/admin/sign-in", "start", pages.start, "GET"),
        ("/admin/sign-in/callback", "callback", pages.callback, "GET"),
        ("/admin/link/<token>", "ask_link", pages.ask_link, "GET"),
        ("/admin/link/<token>", "use_link", pages.use_link, "POST"),
        ("/admin/sign-out", "leave", pages.leave, "GET"),
        ("/admin/sign-out", "left", pages.left, "POST"),
        ("/admin/sign-out/back-channel", "back_channel", pages.back_channel, "POST"),
    ):
        blueprint.add_url_rule(rule, endpoint, view, methods=[method], provide_automatic_options=False)
    return blueprint


def _place() -> str:
    asked = request.args.getlist("to")
    return asked[0] if len(asked) == 1 and PLACE.fullmatch(asked[0]) else HOME


def _page(name: str, status: int = 200, **values: object) -> Response:
    return Response(render_template(f"console/{name}.html", **values), status, content_type=HTML)
