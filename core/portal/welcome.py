"""The front door, and the two pages that machines ask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import render_template, request
from werkzeug.wrappers import Response

from ..contracts.text import Text
from .settings import PortalSettings
from .sign_in_pages import Whoever, nobody


@dataclass(frozen=True, slots=True)
class Need:
    """Something people come for: the page that serves it, what it is called, when one needs it, and its sign.

    `before`: one does it before it happens, while one still knows the password.
    """

    endpoint: str
    label: Text
    text: Text
    drawing: str
    before: bool = False


# What can be done here, in the order in which it is asked for. A page that isn't built has no line.
NEEDS = (
    Need(
        "portal.who",
        Text("Reset my password"),
        Text("You forgot it, or it no longer works."),
        "M19.5 12a7.5 7.5 0 1 1-2.2-5.3L20 9.4M20 4.4v5h-5",
    ),
)
# Only where some directory can, and some policy allows it.
UNLOCK = Need(
    "portal.unlock",
    Text("Unlock my account"),
    Text("You know your password, but too many wrong tries locked you out."),
    "M6 11h12v9H6zM8.5 11V7.5a3.5 3.5 0 0 1 6.9-1",
)
# Only where some directory can.
CHANGE = Need(
    "portal.change",
    Text("Change my password"),
    Text("You know it and want a new one."),
    "M4 9h13M14 6l3 3-3 3M20 15H7M10 12l-3 3 3 3",
)
# Only where people can sign in.
MY_METHODS = Need(
    "portal.methods",
    Text("My methods"),
    Text("Choose how you prove it's you next time."),
    "M9 6h11M9 12h11M9 18h11M4 6h1M4 12h1M4 18h1",
    before=True,
)
MY_ACCOUNTS = Need(
    "portal.accounts",
    Text("My accounts"),
    Text("Join accounts that belong to you, so one reset fixes both."),
    "M4 5h9v8H4zM11 16h9v-6",
    before=True,
)


class FrontDoor:
    """What people and probes see first. Nothing here changes anything."""

    def __init__(
        self,
        needs: Sequence[Need],
        look: PortalSettings,
        ready: Callable[[], bool],
        whoever_is_signed_in: Whoever = nobody,
        unlocks: Callable[[], bool] = lambda: False,
        *,
        changes: Callable[[], bool] = lambda: False,
    ) -> None:
        self._now = [need for need in needs if not need.before]
        self._before = [need for need in needs if need.before]
        self._look = look
        self._ready = ready
        self._whoever = whoever_is_signed_in
        # Asked with every page: a policy may be saved while this process runs.
        self._unlocks = unlocks
        self._changes = changes

    def welcome(self) -> Response:
        """What do you need? Or sign in first, and see it then."""
        signed_in = self._whoever(request)
        also = [need for need, can in ((UNLOCK, self._unlocks), (CHANGE, self._changes)) if can()]
        html = render_template(
            "welcome.html",
            page="welcome",
            signed_in=signed_in,
            now=[*self._now[:1], *also, *self._now[1:]],
            before=self._before,
            sign_in="" if signed_in else self._look.sign_in_url,
            sign_in_first=self._look.sign_in_first,
        )
        return Response(html, content_type="text/html; charset=utf-8")

    def healthz(self) -> Response:
        """The process lives."""
        return Response("ok\n", content_type="text/plain; charset=utf-8")

    def readyz(self) -> Response:
        """It can serve: database, migrations, one store."""
        if self._ready():
            return Response("ready\n", content_type="text/plain; charset=utf-8")
        return Response("not ready\n", 503, content_type="text/plain; charset=utf-8", headers={"Retry-After": "5"})
