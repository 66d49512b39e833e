"""Which browser holds which recovery, and which session."""

from __future__ import annotations

import re
from datetime import timedelta

from flask import Request, abort, g
from werkzeug.wrappers import Response

from ..service.enrolling.signing_in import AWAY
from ..service.tickets import Ticket
from .settings import PortalSettings

# How long a browser is remembered as one where somebody finished before.
REMEMBERED = timedelta(days=180)
_VALUE = re.compile(r"[A-Za-z0-9._-]{1,512}", re.ASCII)


class CookieJar:
    """Reads and writes cookies. `__Host-`: no sibling site can plant one (E1); the demo has no https."""

    def __init__(self, settings: PortalSettings) -> None:
        self._secure = settings.secure
        self._prefix = "__Host-" if settings.secure else ""

    def _read(self, request: Request, name: str) -> str:
        values = self._values(request, name)
        # Which of two would count depends on who reads them; so neither does (E3).
        if len(values) > 1:
            abort(400, "a cookie twice")
        return values[0] if values and _VALUE.fullmatch(values[0]) else ""

    def _values(self, request: Request, name: str) -> list[str]:
        sent = request.environ.get("HTTP_COOKIE", "")
        # Most people bring none of ours, and a stranger's thousand are not worth parting.
        if name not in sent:
            return []
        return [
            value.strip()
            for pair in re.split("[;,]", sent)
            for key, _, value in [pair.partition("=")]
            if key.strip() == name
        ]

    def _write(
        self, response: Response, name: str, value: str, max_age: timedelta | None = None, *, same_site: str = "Strict"
    ) -> None:
        response.set_cookie(
            name, value, max_age=max_age, path="/", secure=self._secure, httponly=True, samesite=same_site
        )

    def _forget(self, response: Response, name: str) -> None:
        response.delete_cookie(name, path="/", secure=self._secure, httponly=True, samesite="Strict")


class Cookies(CookieJar):
    """The journey's cookie, the known browser's, the chosen language."""

    def __init__(self, settings: PortalSettings) -> None:
        super().__init__(settings)
        self.journey = f"{self._prefix}kb_j"
        self.browser = f"{self._prefix}kb_d"
        self._language = f"{self._prefix}kb_language"

    def ticket(self, request: Request) -> Ticket | None:
        """Which recovery this browser holds, if any."""
        recovery_id, _, key = self._read(request, self.journey).partition(".")
        return Ticket(recovery_id, key, g.get("language", "")) if recovery_id and key else None

    def browser_of(self, request: Request) -> str:
        """The known-browser mark as it came; only the service can tell whether it means anything."""
        return self._read(request, self.browser)

    def language(self, request: Request) -> str:
        """The language that was chosen here, as it came."""
        values = self._values(request, self._language)
        return values[0] if len(values) == 1 else ""

    def hand_out(self, response: Response, ticket: Ticket) -> None:
        """A session cookie: it ends with the browser, and the recovery ends before."""
        self._write(response, self.journey, f"{ticket.recovery_id}.{ticket.key}")

    def remember(self, response: Response, mark: str) -> None:
        """Know this browser again."""
        self._write(response, self.browser, mark, REMEMBERED)

    def speak(self, response: Response, tag: str, *, for_good: bool = True) -> None:
        """Lax: it opens nothing, and whoever comes from a sign-in page elsewhere should be spoken to as they chose."""
        self._write(response, self._language, tag, REMEMBERED if for_good else None, same_site="Lax")


class ChangeCookie(CookieJar):
    """Which change of a password this browser holds; beside a recovery's, so that neither ends the other."""

    def ticket(self, request: Request) -> Ticket | None:
        """The one that it holds, if any."""
        change_id, _, key = self._read(request, f"{self._prefix}kb_c").partition(".")
        return Ticket(change_id, key) if change_id and key else None

    def hand_out(self, response: Response, ticket: Ticket) -> None:
        """It ends with the browser."""
        self._write(response, f"{self._prefix}kb_c", f"{ticket.recovery_id}.{ticket.key}")


class SessionCookies(CookieJar):
    """The session's cookie, and the one by which a browser is known when it comes back from the identity provider."""

    def __init__(self, settings: PortalSettings) -> None:
        super().__init__(settings)
        self.session = f"{self._prefix}kb_s"
        self.way_back = f"{self._prefix}kb_o"

    def key(self, request: Request) -> str:
        """What finds the session, as it came."""
        return self._read(request, self.session)

    def browser_of(self, request: Request) -> str:
        """Which browser set out, as it came."""
        return self._read(request, self.way_back)

    def set_out(self, response: Response, browser: str) -> None:
        """Lax, or it would not come along when the identity provider sends the browser back. It is a name, no key."""
        self._write(response, self.way_back, browser, AWAY, same_site="Lax")

    def arrive(self, response: Response, key: str, browser: str) -> None:
        """Strict: nobody else's link is followed as somebody. Never on a redirect that began elsewhere, it would be
        lost."""
        self._write(response, self.session, key)
        self.set_out(response, browser)

    def leave(self, response: Response) -> None:
        """Nobody is signed in here any more."""
        self._forget(response, self.session)
