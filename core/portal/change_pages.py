"""Change a known password: a name or a sign-in, then the old one and a new one, then what became of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import abort, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ..contracts.errors import MustWait, NotAllowed, OutOfTurn, PasswordRefused
from ..contracts.text import Secret, Text
from ..recovery.changing import Change, Result, Step
from ..service.start import Arrival
from ..service.tickets import Ticket
from ..service.writing.change import Changing
from . import words
from .cookie import ChangeCookie, Cookies
from .door_checks import address_of
from .errors import SOON, NotYours
from .first_page import FirstPage
from .for_signed_in import SIGN_IN
from .form_body import read_form
from .headers import allow_sources, clear_cache, has_form
from .language import spoken
from .live_help import answer_of, silence
from .prompt_form import LONGEST, Problem
from .recovery_pages import retyped
from .said import NOTHING, Said, warning
from .settings import PortalSettings
from .sign_in_pages import Whoever, nobody
from .stage_pages import LONGEST_WAIT
from .start_page import EMPTY, HUMAN, MOST_BYTES, PICTURE, hinted, refused_at

START_FIELDS = frozenset({"identifier", "organisation", "check"}) | HUMAN
FIELDS = frozenset({"token", "move", "identifier", "current_password", "new_password", "new_password_again"})
CURRENT = Text("Enter your current password")
# From here on the page says that it doesn't know, whoever it is.
LATE = 8
# One template for each step.
TEMPLATES = {
    Step.ASKING: "change.html",
    Step.TRYING: "change_waiting.html",
    Step.CHANGED: "changed.html",
    Step.CLOSED: "change_closed.html",
}


class ChangePages:
    """Before the password is changed no page depends on whose the name is (P4)."""

    def __init__(self, changing: Changing, cookies: Cookies, look: PortalSettings, who: Whoever = nobody) -> None:
        self._changing = changing
        self._cookies = cookies
        self._mine = ChangeCookie(look)
        self._look = look
        self._who = who
        self._first = FirstPage("change_start.html", look)

    @property
    def offered(self) -> bool:
        """Whether some directory can, for those who come here."""
        return self._changing.by_name or (bool(self._look.sign_in_url) and self._changing.by_sign_in)

    def who(self) -> Response:
        """Whose password; who is signed in is asked nothing."""
        if not self.offered:
            abort(404)
        if self._who(request) is None and not self._changing.by_name:
            return redirect(url_for(SIGN_IN, to=request.path), 303)
        return self._start_page(hinted())

    def start(self) -> Response:
        """From here on there is a try, and a cookie."""
        form = read_form(request, START_FIELDS, most=MOST_BYTES)
        who, name, chosen = self._who(request), form.get("identifier", ""), form.get("organisation", "")
        if who is not None:
            try:
                return self._begun(self._changing.start_for(who, language=spoken()))
            except NotAllowed as refused:
                return self._start_page("", Problem("continue", refused.reason))
        if not self._changing.by_name:
            abort(404)
        picture = "picture_text" in form or form.get("check") == PICTURE
        if "check" in form or not name.strip():
            problem = None if "check" in form else Problem("identifier", EMPTY)
            return self._start_page(name, problem, chosen, picture=picture)
        arrival = Arrival(
            address_of(request, self._look),
            browser=self._cookies.browser_of(request),
            language=spoken(),
            organisation=chosen,
        )
        try:
            response = {field: form[field] for field in HUMAN if field in form}
            return self._begun(self._changing.start(name, response, arrival))
        except NotAllowed as refused:
            return self._start_page(name, refused_at(refused, picture=picture), chosen, picture=picture)

    def show(self, change_id: str) -> Response:
        """Where it stands. Changes nothing."""
        _, change = self._enter(change_id)
        response = self._page(change, self._said(change))
        mark = self._changing.browser_mark(change, self._cookies.browser_of(request))
        if mark is not None:
            self._cookies.remember(response, mark)
        return response

    def stage(self, change_id: str) -> Response:
        """For the page that waits."""
        _, change = self._enter(change_id)
        return jsonify(stage=change.step.value, version=change.turn)

    def move(self, change_id: str) -> Response:
        """The passwords, or the end of it."""
        ticket, change = self._enter(change_id)
        form = read_form(request, FIELDS)
        try:
            if form.get("move") == "cancel":
                self._changing.cancel(ticket, form.get("token", ""))
                return clear_cache(self._go_on(change_id))
            if problems := _mistakes(form):
                return self._page(change, Said(problems, status=422))
            old, new = Secret(form["current_password"]), Secret(form["new_password"])
            self._changing.exchange(ticket, form.get("token", ""), old, new)
        except OutOfTurn:
            said = replace(warning(words.ALREADY_DONE), status=409)
            return self._page(self._changing.look(ticket), said)
        except MustWait as error:
            seconds = max(1, words.seconds_until(error.until, self._look.now()))
            return self._page(change, warning(words.wait_first(seconds), status=429, retry_after=seconds))
        except PasswordRefused as error:
            problems = tuple(Problem("new_password", reason) for reason in error.reasons)
            return self._page(change, Said(problems, status=422))
        return self._go_on(change_id)

    def password(self, change_id: str) -> Response:
        """How a new password would do, while it is typed."""
        ticket, _ = self._enter(change_id)
        form = read_form(request, {"token", "new_password"})
        if form.keys() != {"token", "new_password"}:
            abort(400, "not one of our forms")
        try:
            return answer_of(self._changing.check(ticket, form["token"], Secret(form["new_password"])))
        except OutOfTurn:
            return silence(409)
        except MustWait as error:
            quiet = silence(429)
            quiet.headers["Retry-After"] = str(max(1, words.seconds_until(error.until, self._look.now())))
            return quiet

    def _enter(self, change_id: str) -> tuple[Ticket, Change]:
        ticket = self._mine.ticket(request)
        if ticket is None or ticket.recovery_id != change_id:
            raise NotYours
        try:
            return ticket, self._changing.look(ticket)
        except NotAllowed as error:
            raise NotYours from error

    def _begun(self, ticket: Ticket) -> Response:
        onwards = self._go_on(ticket.recovery_id)
        self._mine.hand_out(onwards, ticket)
        return onwards

    def _go_on(self, change_id: str) -> Response:
        has_form()
        return redirect(url_for("portal.change_show", change_id=change_id), 303)

    def _said(self, change: Change) -> Said:
        """What became of the passwords that were typed last."""
        told = change.told
        if told is None or change.step is not Step.ASKING:
            return NOTHING
        if told.result is Result.NOT_SET:
            return warning(words.silent(self._look.company), retry_after=SOON)
        if told.result is Result.REFUSED:
            return Said(tuple(Problem("new_password", reason) for reason in told.reasons))
        return Said((Problem("current_password", words.not_current(change.tries_left, named=change.account is None)),))

    def _start_page(
        self, name: str, problem: Problem | None = None, organisation: str = "", *, picture: bool = False
    ) -> Response:
        has_form()
        problems = (problem,) if problem else ()
        if who := self._who(request):
            html = render_template("change_start.html", page="change", stage="start", problems=problems, signed_in=who)
        else:
            html = self._asks_for_a_name(name[:LONGEST], problems, organisation, picture=picture)
        return Response(html, 422 if problem else 200, content_type="text/html; charset=utf-8")

    def _asks_for_a_name(
        self, name: str, problems: tuple[Problem, ...], organisation: str, *, picture: bool = False
    ) -> str:
        widget = self._changing.gate.widget(address_of(request, self._look), alternative=picture)
        allow_sources(widget.csp)
        organisations = self._changing.organisations
        return self._first.show(
            widget,
            problems,
            {"name": name},
            page="change",
            stage="start",
            alternative=self._changing.gate.has_alternative,
            organisations=organisations,
            organisation=organisation if organisation in organisations else "",
            example=self._look.name_example,
        )

    def _page(self, change: Change, said: Said) -> Response:
        values: dict[str, Any] = {
            "page": "change",
            "stage": change.step.value,
            "action": url_for("portal.change_move", change_id=change.id),
            "said": said,
            "problems": said.problems,
            "name": change.name,
        }
        if change.step is Step.ASKING:
            has_form()
            values |= {"token": self._changing.form_token(change), "rules": self._changing.rules(change)}
            values |= {"check": url_for("portal.change_password", change_id=change.id)}
        elif change.step is Step.TRYING:
            waited = (self._look.now() - (change.tried_at or change.started_at)).total_seconds()
            values |= {"poll": url_for("portal.change_stage", change_id=change.id), "late": waited >= LATE}
        elif change.step is Step.CHANGED:
            values["advice"] = self._look.advice
        else:
            heading, text = words.change_closed(too_many=not change.tries_left)
            values |= {"heading": heading, "text": text.filled(time=LONGEST_WAIT)}
        html = render_template(TEMPLATES[change.step], **values)
        response = Response(html, said.status, content_type="text/html; charset=utf-8")
        if said.retry_after:
            response.headers["Retry-After"] = str(said.retry_after)
        return clear_cache(response) if change.step is Step.CHANGED else response


def _mistakes(form: dict[str, str]) -> tuple[Problem, ...]:
    missing = () if form.get("current_password") else (Problem("current_password", CURRENT),)
    return (*missing, *retyped(form.get("new_password", ""), form.get("new_password_again", "")))
