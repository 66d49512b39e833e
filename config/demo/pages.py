"""The pretend company's sign-in page, and the phones and mailboxes of its people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from flask import Blueprint, jsonify, render_template, request, url_for
from werkzeug.wrappers import Response

from ...core.contracts.text import Text
from ...core.portal import PortalSettings
from ...core.portal.assets import Assets
from ...core.portal.door_checks import check_origin
from ...core.portal.form_body import read_form
from ...core.portal.headers import has_form

HERE = Path(__file__).parent
HTML = "text/html; charset=utf-8"
# The key of the entry through which "Forgot my password?" leads.
ENTRY = "alderwick"
MEDIA = ("sms", "email")


class Kept(Protocol):
    """A message that would have been sent."""

    @property
    def medium(self) -> str: ...

    @property
    def to(self) -> str: ...

    @property
    def subject(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody who works at the pretend company, and what trying it as them shows."""

    identifier: str
    name: str
    try_this: Text


Check = Callable[[str, str], bool]
Messages = Callable[[], Sequence[Kept]]


def create_demo(check: Check, messages: Messages, people: Sequence[DemoPerson], settings: PortalSettings) -> Blueprint:
    """Registered at its own prefix, beside the portal, whose headers and error pages it shares.

    `check` says whether a password opens an account, really; `messages` gives what was sent, the newest first.
    """
    demo = Blueprint("demo", __name__, url_prefix="/demo", template_folder="templates")
    pages = DemoPages(check, messages, people)
    assets = Assets(HERE / "static")
    for rule, view, method in (
        ("", pages.sign_in, "GET"),
        ("", pages.signed_in, "POST"),
        ("/outbox", pages.outbox, "GET"),
        ("/outbox.json", pages.outbox_json, "GET"),
        ("/static/<name>", assets.response, "GET"),
    ):
        endpoint = f"{view.__name__}_file" if view == assets.response else view.__name__
        demo.add_url_rule(rule, endpoint, view, methods=[method], provide_automatic_options=False)
    demo.before_request(lambda: check_origin(request, settings))
    demo.context_processor(
        lambda: {"demo_asset": lambda name: url_for("demo.response_file", name=assets.served_as(name))}
    )
    return demo


class DemoPages:
    """Three pages."""

    def __init__(self, check: Check, messages: Messages, people: Sequence[DemoPerson]) -> None:
        self._check = check
        self._messages = messages
        self._people = people

    def sign_in(self) -> Response:
        """The page where people notice that they forgot."""
        return self._sign_in_page("", "", 200)

    def signed_in(self) -> Response:
        """Whether that password opens that account."""
        form = read_form(request, ("identifier", "current_password"))
        name, password = form.get("identifier", ""), form.get("current_password", "")
        if self._check(name, password):
            return self._sign_in_page(name, "yes", 200)
        return self._sign_in_page(name, "no", 422)

    def outbox(self) -> Response:
        """Every phone and every mailbox."""
        kept = {medium: [m for m in self._messages() if m.medium == medium] for medium in MEDIA}
        return Response(render_template("demo/outbox.html", kept=kept, here="outbox"), content_type=HTML)

    def outbox_json(self) -> Response:
        """The same for programs."""
        return jsonify(
            [
                {"medium": m.medium, "to": m.to, "subject": m.subject, "text": m.text, "at": m.at.isoformat()}
                for m in self._messages()
            ]
        )

    def _sign_in_page(self, name: str, opened: str, status: int) -> Response:
        has_form()
        html = render_template(
            "demo/sign_in.html", people=self._people, name=name, opened=opened, entry=ENTRY, here="sign-in"
        )
        return Response(html, status, content_type=HTML)
