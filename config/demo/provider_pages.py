"""Where the pretend company's identity provider listens: the addresses that Keyback asks, and the page for people."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import Blueprint, abort, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response

from ...core.portal import PortalSettings
from ...core.portal.door_checks import check_origin
from ...core.portal.form_body import read_form
from .pages import Check, sign_in_page

if TYPE_CHECKING:
    from ...idp_bridge.pretend_provider import PretendProvider


def create_provider(check: Check, provider: PretendProvider, settings: PortalSettings) -> Blueprint:
    """Registered at its own prefix, the issuer's path. `check` says whether a password opens an account, really."""
    demo = Blueprint("demo_provider", __name__, url_prefix="/demo/idp")
    pages = ProviderPages(check, provider)
    rules: tuple[tuple[str, str, Callable[..., Response], str], ...] = (
        ("/.well-known/openid-configuration", "document", lambda: jsonify(provider.document()), "GET"),
        ("/keys", "keys", lambda: jsonify(provider.keys()), "GET"),
        ("/authorize", "enter", pages.enter, "GET"),
        ("/sign-in/<page>", "sign_in", pages.sign_in, "GET"),
        ("/sign-in/<page>", "signed_in", pages.signed_in, "POST"),
        ("/token", "token", pages.token, "POST"),
    )
    for rule, endpoint, view, method in rules:
        demo.add_url_rule(rule, endpoint, view, methods=[method], provide_automatic_options=False)
    demo.before_request(lambda: check_origin(request, settings))
    return demo


class ProviderPages:
    """The way of one sign-in: asked for, proven, redeemed."""

    def __init__(self, check: Check, provider: PretendProvider) -> None:
        self._check = check
        self._provider = provider

    def enter(self) -> Response:
        """To a page whose address carries nothing of what was asked, so that changing the language loses nothing."""
        page = self._provider.enter(request.args)
        if not page:
            abort(400, "not what our client asks for")
        return redirect(url_for("demo_provider.sign_in", page=page), 303)

    def sign_in(self, page: str) -> Response:
        """Name and password."""
        if not self._provider.waits(page):
            abort(404)
        return sign_in_page("", "", 200)

    def signed_in(self, page: str) -> Response:
        """Back to Keyback, if that password opens that account."""
        form = read_form(request, ("identifier", "current_password"))
        if not self._provider.waits(page):
            abort(404)
        name = form.get("identifier", "")
        if not self._check(name, form.get("current_password", "")):
            return sign_in_page(name, "no", 422)
        return redirect(self._provider.let_in(page, name), 303)

    def token(self) -> Response:
        """Asked by Keyback's server, never by a browser."""
        user, password = (
            (request.authorization.username, request.authorization.password) if request.authorization else ("", "")
        )
        given = self._provider.token(request.form, user or "", password or "")
        if given is None:
            return Response('{"error": "invalid_grant"}', 400, content_type="application/json")
        return jsonify(given)
