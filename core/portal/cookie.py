"""Which browser holds which recovery."""

from __future__ import annotations

import re
from datetime import timedelta

from flask import Request, abort, g
from werkzeug.wrappers import Response

from ..service.tickets import Ticket
from .settings import PortalSettings

# How long a browser is remembered as one where somebody finished before.
REMEMBERED = timedelta(days=180)
_VALUE = re.compile(r"[A-Za-z0-9._-]{1,512}", re.ASCII)


class Cookies:
    """The journey's cookie, the known browser's, the chosen language. `__Host-`: no sibling site can plant one (E1)."""

    def __init__(self, settings: PortalSettings) -> None:
        self._secure = settings.secure
        prefix = "__Host-" if settings.secure else ""
        self.journey = f"{prefix}kb_j"
        self.browser = f"{prefix}kb_d"
        self._language = f"{prefix}kb_language"

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
