"""The front door, and the two pages that machines ask."""

from __future__ import annotations

from collections.abc import Callable

from flask import render_template
from werkzeug.wrappers import Response


class FrontDoor:
    """What people and probes see first. Nothing here changes anything."""

    def __init__(self, ready: Callable[[], bool]) -> None:
        self._ready = ready

    def welcome(self) -> Response:
        """What do you need?"""
        return Response(render_template("welcome.html", page="welcome"), content_type="text/html; charset=utf-8")

    def healthz(self) -> Response:
        """The process lives."""
        return Response("ok\n", content_type="text/plain; charset=utf-8")

    def readyz(self) -> Response:
        """It can serve: database, migrations, one store."""
        if self._ready():
            return Response("ready\n", content_type="text/plain; charset=utf-8")
        return Response("not ready\n", 503, content_type="text/plain; charset=utf-8", headers={"Retry-After": "5"})
