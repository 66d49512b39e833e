"""The console's own cookies. `__Host-`: no sibling site can plant one (E1); the demo has no https."""

from __future__ import annotations

import re

from flask import Request, abort
from werkzeug.wrappers import Response

from ..core.service.enrolling.signing_in import AWAY
from .look import ConsoleLook

_VALUE = re.compile(r"[A-Za-z0-9]{1,128}", re.ASCII)


class ConsoleCookies:
    """The session's, and the one by which a browser is known when it comes back from the identity provider."""

    def __init__(self, look: ConsoleLook) -> None:
        prefix = "__Host-" if look.secure else ""
        self._secure = look.secure
        self.session, self.way_back = f"{prefix}kb_a", f"{prefix}kb_ao"

    def key(self, request: Request) -> str:
        """What finds the session, as it came."""
        return self._read(request, self.session)

    def browser_of(self, request: Request) -> str:
        """Which browser set out, as it came."""
        return self._read(request, self.way_back)

    def set_out(self, response: Response, browser: str) -> None:
        """Lax, or it would not come along when the identity provider sends the browser back. It is a name, no key."""
        response.set_cookie(self.way_back, browser, AWAY, path="/", secure=self._secure, httponly=True, samesite="Lax")

    def arrive(self, response: Response, key: str) -> None:
        """Strict: nobody else's link is followed as an administrator. It ends with the browser."""
        response.set_cookie(self.session, key, path="/", secure=self._secure, httponly=True, samesite="Strict")

    def leave(self, response: Response) -> None:
        """Nobody is signed in here any more."""
        response.delete_cookie(self.session, path="/", secure=self._secure, httponly=True, samesite="Strict")

    @staticmethod
    def _read(request: Request, name: str) -> str:
        values = request.cookies.getlist(name)
        # Which of two would count depends on who reads them; so neither does (E3).
        if len(values) > 1:
            abort(400)
        return values[0] if values and _VALUE.fullmatch(values[0]) else ""
