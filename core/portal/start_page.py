"""Who are you? The page before there is a recovery: no cookie, no row, nothing sent until the button is pressed."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from copy import copy

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from ..contracts.errors import NotAllowed
from ..contracts.method import Alphabet, Field
from ..contracts.text import Text
from ..recovery.policy import Purpose
from ..service.gate import NotHuman
from ..service.helping.caller_desk import DIGITS
from ..service.recover import RecoveryService
from ..service.start import Arrival
from .cookie import Cookies
from .door_checks import address_of
from .doors import Doors, plain_address, start_of
from .first_page import FirstPage
from .form_body import read_form
from .headers import allow_sources, has_form
from .language import keep_place, spoken
from .prompt_form import LONGEST, Problem, read_answer
from .settings import PortalSettings
from .words import minutes

# The fields of the human checks, by their names on the wire.
HUMAN = frozenset({"proof_of_work", "picture_text", "picture_task"})
FIELDS = frozenset({"identifier", "organisation", "entry", "return_to", "check"}) | HUMAN
# Only where the help desk is on the telephone.
CODE = Field("desk_code", Text("Code from the help desk"), Text("{n} digits", n=DIGITS), Alphabet.DIGITS, DIGITS)
# A name, a solved check and an address to go back to. Everybody may send this form, so no more of it is read.
MOST_BYTES = 8 * 1024
# What the button sends that asks for a picture, or for another one.
PICTURE = "picture"
NOTHING: Mapping[str, str] = {}
EMPTY = Text("Enter your work e-mail or user name")


class StartPage:
    """Shows the form and takes it."""

    def __init__(
        self,
        service: RecoveryService,
        doors: Doors,
        cookies: Cookies,
        settings: PortalSettings,
        purpose: Purpose = Purpose.RESET,
        *,
        calling: bool = False,
    ) -> None:
        self._purpose = purpose
        self._calling = calling
        self._service = service
        self._doors = doors
        self._cookies = cookies
        self._settings = settings
        self._first = FirstPage("who.html", settings)

    def who(self) -> Response:
        """The start without a door. Where nobody can be unlocked, a reset is what helps."""
        if self._unlocking and not self._service.unlocking.offered:
            return redirect(start_of(Purpose.RESET, login_hint=hinted()))
        return self._page(hinted())

    def arrive(self, entry: str) -> Response:
        """The start by a door: it knows where people go back to, and ignores whatever else it is asked."""
        if self._doors.get(entry) is None:
            abort(404)
        asked = request.args.getlist("return_to")
        return_to = self._doors.allowed(entry, asked[0]) if len(asked) == 1 else ""
        return self.asked(entry, return_to)

    def asked(self, entry: str, request: str) -> Response:
        """The start for what a door's client asks, and with its request in it."""
        page = self._meant_for(self._doors.purpose(entry, request) or self._purpose)
        return page._page(hinted(), entry=entry, return_to=request)

    def start(self) -> Response:
        """The name and the human check; from here on there is a recovery and a cookie."""
        form = read_form(request, FIELDS | {CODE.name} if self._calling else FIELDS, most=MOST_BYTES)
        name, entry = form.get("identifier", ""), form.get("entry", "")
        if entry and self._doors.get(entry) is None:
            abort(400, "no such entry")
        # Asked again here: a hidden field is the browser's to change.
        return_to = self._doors.allowed(entry, form.get("return_to", "")) if entry else ""
        if "check" in form:
            if form["check"] != PICTURE:
                abort(400, "no such check")
            # By POST, though it changes nothing: the name that was typed stays, and gets into no address.
            return self._page(name, entry, return_to, picture=True, typed=form)
        picture = "picture_text" in form
        problems, code = self._shortcomings(name, form)
        if problems:
            return self._page(name, entry, return_to, problems=problems, picture=picture, typed=form)
        arrival = Arrival(
            address_of(request, self._settings),
            browser=self._cookies.browser_of(request),
            entry=entry,
            return_to=return_to,
            language=spoken(),
            purpose=self._purpose,
            organisation=form.get("organisation", ""),
            desk_code=code,
        )
        response = {field: form[field] for field in HUMAN if field in form}
        try:
            ticket = self._service.starting.start(name, response, arrival)
        except NotAllowed as refused:
            problems = (refused_at(refused, picture=picture),)
            return self._page(name, entry, return_to, problems=problems, picture=picture, typed=form, refused=refused)
        has_form()
        onwards = redirect(url_for("portal.show", recovery_id=ticket.recovery_id), 303)
        self._cookies.hand_out(onwards, ticket)
        return onwards

    def part(self, name: str) -> Response:
        """A picture or a sound of the human check."""
        part = self._service.starting.part(name, address_of(request, self._settings))
        if part is None:
            abort(404)
        # Some browsers play no sound that they can't ask for in pieces.
        return Response(part.content, content_type=part.kind).make_conditional(
            request.environ, accept_ranges=True, complete_length=len(part.content)
        )

    def _meant_for(self, purpose: Purpose) -> StartPage:
        """Where nobody can be unlocked, a reset is what helps."""
        if purpose is Purpose.UNLOCK and not self._service.unlocking.offered:
            purpose = Purpose.RESET
        page = copy(self)
        page._purpose = purpose
        return page

    def _shortcomings(self, name: str, form: Mapping[str, str]) -> tuple[tuple[Problem, ...], str]:
        """What is wrong with what was typed, whoever it names and whatever the right code is; and the code."""
        problems = () if name.strip() else (Problem("identifier", EMPTY),)
        if not self._calling:
            return problems, ""
        folded, more = read_answer((CODE,), form)
        return (*problems, *more), folded[CODE.name]

    @property
    def _unlocking(self) -> bool:
        return self._purpose is Purpose.UNLOCK

    def _ways(self, entry: str, return_to: str) -> dict[str, str]:
        """By which door they came, and where else they may go."""
        given_up = self._doors.given_up(entry, return_to) if return_to else ""
        return {
            "entry": entry,
            "return_to": return_to,
            "leave": given_up or plain_address("portal.welcome"),
            "instead": self._instead(entry, return_to),
        }

    def _instead(self, entry: str, return_to: str) -> str:
        """Where the other of the two begins; nowhere if it can't be done, or a client has said what it waits for."""
        if self._calling or not self._service.unlocking.offered or self._doors.purpose(entry, return_to):
            return ""
        other = Purpose.RESET if self._unlocking else Purpose.UNLOCK
        return start_of(other, entry, return_to=return_to, login_hint=hinted())

    def _page(
        self,
        name: str,
        entry: str = "",
        return_to: str = "",
        *,
        problems: tuple[Problem, ...] = (),
        picture: bool = False,
        typed: Mapping[str, str] = NOTHING,
        refused: NotAllowed | None = None,
    ) -> Response:
        has_form()
        if entry and request.method == "POST":
            keep_place(start_of(self._purpose, entry, return_to=return_to))
        address = address_of(request, self._settings)
        widget = self._service.starting.widget(address, alternative=picture, refused=refused)
        allow_sources(widget.csp)
        organisations = self._service.starting.organisations
        organisation = typed.get("organisation", "")
        html = self._first.show(
            widget,
            problems,
            {"name": name[:LONGEST], "typed": typed.get(CODE.name, "")[:LONGEST], **self._ways(entry, return_to)},
            page="start",
            stage="start",
            unlocking=self._unlocking,
            alternative=self._service.starting.has_alternative,
            code=CODE if self._calling else None,
            organisations=organisations,
            organisation=organisation if organisation in organisations else "",
            example=self._settings.name_example,
            lifetime=minutes(self._service.starting.lifetime),
        )
        return Response(html, 422 if problems else 200, content_type="text/html; charset=utf-8")


def starts_with_request(
    service: RecoveryService, doors: Doors, settings: PortalSettings
) -> Callable[[str, str], Response]:
    """The start page for whoever comes with a client's request: the bridge shows it, and knows nothing of pages."""
    return StartPage(service, doors, Cookies(settings), settings).asked


def refused_at(refused: NotAllowed, *, picture: bool) -> Problem:
    """Beside the field that it is about. The proof of work has none of its own; the name is what everybody has."""
    place = "picture_text" if picture and isinstance(refused, NotHuman) else "identifier"
    return Problem(next(iter(refused.at), place), refused.reason)


def hinted() -> str:
    """The name that a link suggests. It fills the field and does nothing else; two suggestions are none (D3)."""
    hints = request.args.getlist("login_hint")
    hint = hints[0] if len(hints) == 1 else ""
    return "".join(sign for sign in hint[:LONGEST] if not unicodedata.category(sign).startswith("C"))
