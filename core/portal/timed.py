"""How long pages take, by the name of their route: never by the address, which holds what people typed."""

from __future__ import annotations

from flask import Flask, before_render_template, g, request, template_rendered
from werkzeug.wrappers import Response

from .. import stopwatch
from ..figures import PAGES
from ..meter import Meter


class Timed:
    """Times every request of the app, and says where a slow one was."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def watch(self, app: Flask) -> None:
        """Whoever is registered first begins before all others and ends after them."""
        app.before_request(stopwatch.begin)
        app.after_request(self._end)
        before_render_template.connect(_rendering, app)
        template_rendered.connect(_rendered, app)

    def _end(self, response: Response) -> Response:
        page = request.endpoint or "none"
        took = stopwatch.end(f"page {page}")
        self._meter.time(PAGES, took, page, f"{response.status_code // 100}xx")
        return response


def _rendering(_app: Flask, **_: object) -> None:
    g.rendering = stopwatch.seconds()


def _rendered(_app: Flask, **_: object) -> None:
    stopwatch.add("render", stopwatch.seconds() - g.rendering)
