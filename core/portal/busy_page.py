"""What newcomers are told when too many people are here: made beforehand, so saying it costs next to nothing."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Flask, g, render_template

from ..service.gate import Busy
from .cookie import Cookies
from .errors import ROWS
from .headers import of_every_response
from .language import SpokenLanguage, spoken
from .settings import PortalSettings
from .words import duration

# Not all the same, or all would come back together.
WAITS = (10, 13, 16, 19, 22, 25, 28)
# Where each answer's own nonce goes.
_NONCE = secrets.token_hex(16)


class BusyPage:
    """The same page again and again, in the reader's language. Asks no database; a new brand makes it anew."""

    def __init__(self, app: Flask, look: PortalSettings) -> None:
        self._app = app
        self._look = look
        self._language = SpokenLanguage(look.languages, Cookies(look))
        self._brand, self._pages = look.brand(), self._all_made()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Say it."""
        with self._app.request_context(environ):
            self._language.choose()
            tag = spoken()
        if self._look.brand() != self._brand:
            self._brand, self._pages = self._look.brand(), self._all_made()
        nonce, wait = secrets.token_urlsafe(16), secrets.choice(WAITS)
        body = self._pages[tag, wait].replace(_NONCE, nonce).encode()
        headers = of_every_response(nonce, secure=self._look.secure) | {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Length": str(len(body)),
            "Content-Language": tag,
            "Vary": "Accept-Language, Cookie",
            "Retry-After": str(wait),
        }
        start_response("503 Service Unavailable", list(headers.items()))
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _all_made(self) -> dict[tuple[str, int], str]:
        return {(tag, wait): self._made(tag, wait) for tag in self._look.languages.names for wait in WAITS}

    def _made(self, tag: str, wait: int) -> str:
        row = ROWS[Busy]
        with self._app.test_request_context(base_url=self._look.origin):
            g.csp_nonce = _NONCE
            self._language.speak(tag)
            return render_template(
                "error.html",
                page=row.page,
                heading=row.heading,
                text=row.text.filled(time=duration(wait)),
                # To the same address, with all that a sign-in page wrote into it.
                again="",
                # A link of the menu would lose that.
                languages=list,
            )
