"""The pretend company's sign-in page, a tour, and the phones and mailboxes of its people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from flask import Blueprint, abort, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ...core.portal import PortalSettings
from ...core.portal.assets import Assets
from ...core.portal.door_checks import check_origin
from ...core.portal.form_body import read_form
from ...core.portal.headers import has_form
from .letters import Kept, opened
from .people import HELP_DESK, Pretended

HERE = Path(__file__).parent
HTML = "text/html; charset=utf-8"
LOGO = HERE / "static" / "alderwick.svg"
# The key of the entry through which "Forgot my password?" leads.
ENTRY = "alderwick"

Check = Callable[[str, str], bool]
Messages = Callable[[], Sequence[Kept]]
# Presses the key that a ringing call waits for.
Press = Callable[[str], None]


def no_key(call: str) -> None:
    """Where no call is ever made."""


def create_demo(
    check: Check,
    messages: Messages,
    people: Sequence[Pretended],
    settings: PortalSettings,
    press: Press = no_key,
    *,
    staff: Sequence[Pretended] = (),
) -> Blueprint:
    """Registered at its own prefix, beside the portal, whose headers and error pages it shares.

    `check` says whether a password opens an account, really; `messages` gives what was sent, the newest first.
    """
    demo = Blueprint("demo", __name__, url_prefix="/demo", template_folder="templates")
    pages = DemoPages(check, messages, people, settings.origin, press, staff=staff)
    assets = Assets(HERE / "static")
    for rule, endpoint, view, method in (
        ("", "sign_in", pages.sign_in, "GET"),
        ("", "signed_in", pages.signed_in, "POST"),
        ("/tour", "tour", pages.tour, "GET"),
        ("/outbox", "outbox", pages.outbox, "GET"),
        ("/outbox", "pressed", pages.pressed, "POST"),
        ("/outbox.json", "outbox_json", pages.outbox_json, "GET"),
        ("/static/<name>", "response_file", assets.response, "GET"),
    ):
        demo.add_url_rule(rule, endpoint, view, methods=[method], provide_automatic_options=False)
    demo.before_request(lambda: check_origin(request, settings))
    demo.app_context_processor(
        lambda: {"demo_asset": lambda name: url_for("demo.response_file", name=assets.served_as(name))}
    )
    return demo


class DemoPages:
    """Where people notice that they forgot, who they could be, and what arrives."""

    def __init__(
        self,
        check: Check,
        messages: Messages,
        people: Sequence[Pretended],
        origin: str,
        press: Press,
        *,
        staff: Sequence[Pretended],
    ) -> None:
        self._check = check
        self._messages = messages
        self._people = people
        self._staff = staff
        self._mailboxes = {person.name: person for person in (*people, HELP_DESK)}
        self._origin = origin
        self._press = press

    def sign_in(self) -> Response:
        """The page where people notice that they forgot."""
        return sign_in_page("", "", 200)

    def signed_in(self) -> Response:
        """Whether that password opens that account."""
        form = read_form(request, ("identifier", "current_password"))
        name, password = form.get("identifier", ""), form.get("current_password", "")
        if self._check(name, password):
            return sign_in_page(name, "yes", 200)
        return sign_in_page(name, "no", 422)

    def tour(self) -> Response:
        """Who one can be, and what is worth trying."""
        html = render_template("demo/tour.html", people=self._people, staff=self._staff, entry=ENTRY, here="tour")
        return Response(html, content_type=HTML)

    def outbox(self) -> Response:
        """One person's phone and mailbox: the asked one's, else of whoever got the newest message."""
        person = self._asked() or self._newest_reader()
        arrived = [kept for kept in self._messages() if kept.to in person.addresses]
        letters = [opened(kept, self._origin) for kept in arrived]
        if any(letter.rings for letter in letters):
            has_form()
        html = render_template(
            "demo/outbox.html",
            person=person,
            mailboxes=self._mailboxes.values(),
            texts=[letter for letter in letters if letter.medium in {"sms", "voice"}],
            mails=[letter for letter in letters if letter.medium == "email"],
            newest=arrived[0].at.isoformat() if arrived else "",
            here="outbox",
        )
        return Response(html, content_type=HTML)

    def pressed(self) -> Response:
        """The key of the phone, and back to it."""
        self._press(read_form(request, ("call",)).get("call", ""))
        return redirect(request.full_path.rstrip("?"), 303)

    def outbox_json(self) -> Response:
        """The same for programs; without a person everybody's."""
        asked = self._asked()
        return jsonify(
            [
                {"medium": m.medium, "to": m.to, "subject": m.subject, "text": m.text, "at": m.at.isoformat()}
                for m in self._messages()
                if asked is None or m.to in asked.addresses
            ]
        )

    def _asked(self) -> Pretended | None:
        name = request.args.get("person", "")
        if name and name not in self._mailboxes:
            abort(404)
        return self._mailboxes.get(name)

    def _newest_reader(self) -> Pretended:
        readers = (person for kept in self._messages() for person in self._people if kept.to in person.addresses)
        return next(readers, self._people[0])


def sign_in_page(name: str, opened: str, status: int) -> Response:
    """The company's own; its form leads to where it was shown. `opened`: "yes" or "no" once a password was given."""
    has_form()
    html = render_template("demo/sign_in.html", name=name, opened=opened, entry=ENTRY, here="sign-in")
    return Response(html, status, content_type=HTML)
