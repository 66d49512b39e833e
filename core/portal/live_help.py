"""Help while a new password is typed: the page's script asks, and nothing is changed by it."""

from __future__ import annotations

from dataclasses import replace

from flask import abort, jsonify, request
from werkzeug.wrappers import Response

from ..contracts.errors import MustWait, NotAllowed, OutOfTurn
from ..contracts.text import Secret
from ..service.recover import RecoveryService
from ..service.tickets import Ticket
from ..service.writing.measure import Measured
from . import words
from .cookie import Cookies
from .errors import NotYours
from .form_body import read_form
from .language import said
from .settings import PortalSettings

FIELDS = frozenset({"token", "new_password"})


class LiveHelp:
    """Says how a password would do. The password comes in a body, never in an address, and is in no answer."""

    def __init__(self, service: RecoveryService, cookies: Cookies, settings: PortalSettings) -> None:
        self._service = service
        self._cookies = cookies
        self._settings = settings

    def password(self, recovery_id: str) -> Response:
        """Every rule with its state, the strength and what to do about it; without a word when it is not its turn."""
        # Before the form: a stranger's is not worth reading.
        ticket = self._enter(recovery_id)
        form = read_form(request, FIELDS)
        if form.keys() != FIELDS:
            abort(400, "not one of our forms")
        try:
            measured = self._service.renewing.check(ticket, form["token"], Secret(form["new_password"]))
        except OutOfTurn:
            return silence(409)
        except MustWait as error:
            quiet = silence(429)
            seconds = max(1, words.seconds_until(error.until, self._settings.now()))
            quiet.headers["Retry-After"] = str(seconds)
            return quiet
        return answer_of(measured)

    def _enter(self, recovery_id: str) -> Ticket:
        ticket = self._cookies.ticket(request)
        if ticket is None or ticket.recovery_id != recovery_id:
            raise NotYours
        try:
            return replace(ticket, seen=self._service.tickets.look(ticket))
        except NotAllowed as error:
            raise NotYours from error


def answer_of(measured: Measured) -> Response:
    """How a password does, for the page's script."""
    judged = measured.judged
    return jsonify(
        rules=[{"state": line.state.value, "text": said(line.says)} for line in judged.lines],
        score=measured.score,
        strength=said(words.STRENGTHS[measured.score]),
        advice=said(judged.advice) if judged.advice else "",
    )


def silence(status: int) -> Response:
    """No word about it."""
    answer = jsonify({})
    answer.status_code = status
    return answer
