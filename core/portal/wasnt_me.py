"""The page that a notice's link leads to, for whoever says "this wasn't me"."""

from __future__ import annotations

from flask import abort, render_template, request
from werkzeug.wrappers import Response

from ..service.stop import Stopping
from .form_body import read_form
from .headers import has_form

# "move=stop", and nothing beside it.
MOST_BYTES = 64


class WasntMe:
    """Opening the link asks, and only the button stops: mail scanners and previews open every link.

    Neither page says anything about the account, not even whether it is stopped already.
    """

    def __init__(self, stopping: Stopping) -> None:
        self._stopping = stopping

    def ask(self, token: str) -> Response:
        """The button. No row is read for it."""
        return _page("ask" if self._stopping.may_stop(token) else "over")

    def stop(self, token: str) -> Response:
        """Stop, and say so here: an address to be redirected to would say it to everybody who opens that."""
        if read_form(request, {"move"}, most=MOST_BYTES) != {"move": "stop"}:
            abort(400, "not our button")
        return _page("stopped" if self._stopping.stop(token) else "over")


def _page(state: str) -> Response:
    if state == "ask":
        has_form()
    html = render_template("wasnt_me.html", page="wasnt-me", state=state)
    return Response(html, 404 if state == "over" else 200, content_type="text/html; charset=utf-8")
