"""What people see when something goes wrong: one table from exception to page and status."""

from __future__ import annotations

import logging
import secrets
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

from flask import current_app, g, render_template, request, url_for
from flask.globals import request_ctx
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.wrappers import Response

from ..contracts import errors
from ..contracts.text import Text
from ..service.enrolling.vouching import SignInRefused, SignInUnavailable
from ..service.gate import Busy
from .language import said, spoken
from .moulds import Moulds
from .settings import PortalSettings
from .words import duration, seconds_until

log = logging.getLogger("keyback.portal")

# How long to wait when nobody can say; a busy database is back in seconds.
SOON = 10


class NotYours(errors.NotAllowed):
    """This browser does not hold this recovery. The same whether it exists or not."""

    def __init__(self) -> None:
        super().__init__(Text("Open this in the browser where you started."))


class CookiesOff(errors.NotAllowed):
    """A cookie was handed out a moment ago and did not come back."""

    def __init__(self) -> None:
        super().__init__(Text("Your browser doesn't keep cookies for this page."))


@dataclass(frozen=True, slots=True)
class Row:
    """A page for one kind of error. `back`: what the button leads to, the start, the sign-in or the same page again."""

    status: int
    heading: Text
    text: Text
    back: str = "start"
    page: str = "error"


BROKEN = Row(
    500,
    Text("Something broke on our side."),
    Text("Nothing was changed unless we told you so. Try again; reference {ref}."),
    back="again",
)
SILENT = Row(
    503,
    Text("We can't go on right now."),
    Text("Nothing was changed. Wait {time} and press Continue."),
    back="again",
)
UNREADABLE = Row(400, Text("We couldn't read that."), Text("Nothing was changed. Go back and try again."))

# Every exception of ours has a row; the nearest one in its family counts.
ROWS: Mapping[type[Exception], Row] = {
    errors.KeybackError: BROKEN,
    errors.PluginError: BROKEN,
    errors.SettingsInvalid: BROKEN,
    errors.DeliveryFailed: BROKEN,
    errors.StoreUnavailable: SILENT,
    errors.OutcomeUnknown: Row(
        503,
        Text("We don't know yet."),
        Text("Try the new password first, then the old one. Wait {time} and press Continue; this page tells you more."),
        back="again",
    ),
    # To the outside an ambiguous name is an unknown one, and no page ever hears of either. If one does, it is a bug.
    errors.Ambiguous: BROKEN,
    # Said on the page that asked for it. If another page hears of it, it is a bug.
    errors.WrongPassword: BROKEN,
    errors.PasswordRefused: Row(422, Text("That password was refused."), Text("Choose another one."), back="again"),
    errors.OutOfTurn: Row(
        409,
        Text("This step was already done."),
        Text("Go on in the other window, or press Continue to see where it stands now."),
        back="again",
    ),
    errors.MustWait: Row(
        429,
        Text("Too many tries for now."),
        Text("Wait {time} and start again. Your account itself isn't locked by this."),
    ),
    Busy: Row(503, Text("A lot of people are here right now."), Text("Wait {time} and press Continue."), back="again"),
    errors.NotAllowed: Row(403, Text("{reason}"), Text("Nothing was changed.")),
    NotYours: Row(403, Text("{reason}"), Text("Or start again here.")),
    SignInRefused: Row(403, Text("We couldn't sign you in."), Text("{reason} Nothing was changed."), back="sign-in"),
    SignInUnavailable: Row(
        503,
        Text("You can't sign in right now."),
        Text("Your organisation's sign-in doesn't answer. Resetting a password still works. Wait {time} to try again."),
        back="sign-in",
    ),
    CookiesOff: Row(403, Text("{reason}"), Text("Allow them for {host}, then start again.")),
}
STATUSES: Mapping[int, Row] = {
    400: UNREADABLE,
    403: Row(403, Text("This form didn't come from our own page."), Text("Nothing was changed. Start again here.")),
    404: Row(404, Text("This page doesn't exist."), Text("Check the address, or go to the start."), page="not-found"),
    405: Row(405, Text("This page can't do that."), Text("Nothing was changed. Go to the start.")),
    413: Row(413, Text("That was too much at once."), Text("Nothing was changed. Go back and type less.")),
    415: UNREADABLE,
    429: ROWS[errors.MustWait],
    500: BROKEN,
    503: SILENT,
}
FOREIGN_HOST = Row(400, Text("This page has another address."), Text("Nothing was changed. Open {address} instead."))


class ErrorPages:
    """Turns exceptions into pages; what nobody foresaw gets a reference number, on the page and in the log."""

    def __init__(self, settings: PortalSettings) -> None:
        self._settings = settings
        self._moulds = Moulds()

    def ours(self, error: Exception) -> Response:
        """One of our own exceptions."""
        row = next(ROWS[kind] for kind in type(error).__mro__ if kind in ROWS)
        return self._broken(error) if row is BROKEN else self._page(row, error)

    def http(self, error: HTTPException) -> Response:
        """One of HTTP's. A redirect made by routing passes as it is."""
        status = error.code or 500
        if error.response is not None or 300 <= status < 400:
            return Response.force_type(error.get_response())
        if status >= 500 and status != 503:
            return self._broken(error)
        row = FOREIGN_HOST if error.description == "host" else STATUSES.get(status, UNREADABLE)
        page = self._page(row, error, status=status)
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            page.headers["Allow"] = ", ".join(sorted(error.valid_methods))
        return page

    def unforeseen(self, error: Exception) -> Response:
        """Anything else."""
        return self._broken(error)

    def _broken(self, error: Exception) -> Response:
        reference = secrets.token_hex(4).upper()
        # The kind and the place, never the exception's own words: they may quote what somebody typed.
        frames = traceback.extract_tb(error.__traceback__)
        place = " > ".join(f"{PurePath(frame.filename).name}:{frame.lineno}" for frame in frames)
        log.error("a page broke: %s at %s, reference %s", type(error).__name__, place, reference)
        return self._page(BROKEN, error, ref=reference)

    def _page(self, row: Row, error: Exception, *, status: int = 0, ref: str = "") -> Response:
        seconds = SOON
        if isinstance(error, errors.MustWait):
            seconds = max(1, seconds_until(error.until, self._settings.now()))
        reason = error.reason if isinstance(error, errors.NotAllowed) else ""
        values = {
            "time": duration(seconds),
            "ref": ref,
            "reason": reason,
            "host": self._settings.host,
            "address": self._settings.origin,
        }
        g.pop("referrer_policy", None)
        if request_ctx.url_adapter is None:
            # For a Host that cannot be one Flask makes no addresses at all, and this page has a link too.
            request_ctx.url_adapter = current_app.url_map.bind(self._settings.host)
        html = self._html(row, said(row.heading.filled(**values)), said(row.text.filled(**values)), once=bool(ref))
        response = Response(html, status or row.status, content_type="text/html; charset=utf-8")
        if row.status in {429, 503}:
            response.headers["Retry-After"] = str(seconds)
        return response

    def _html(self, row: Row, heading: str, text: str, *, once: bool) -> str:
        """The page, made once for all who are told the same; one with a reference number is nobody else's."""
        template = "not_found.html" if row.page == "not-found" else "error.html"

        def make(gaps: Mapping[str, str]) -> str:
            return render_template(template, page=row.page, heading=heading, text=text, again=gaps["again"] or None)

        filled = {"again": _way_on(row.back)}
        if once:
            return make(filled)
        return self._moulds.page((self._settings.brand(), spoken(), template, heading, text), filled, make)


def _way_on(back: str) -> str:
    """Made anew by routing: what stands in the request line is never made a link. Empty: the start."""
    if back == "sign-in":
        return url_for("sign_in.start")
    if back != "again":
        return ""
    return url_for(request.endpoint, **(request.view_args or {})) if request.endpoint else ""
