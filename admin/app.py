"""create_console(): an application of its own, so that nothing of the portal's is reachable here, nor the reverse."""

from __future__ import annotations

import logging
import secrets
import traceback
from collections.abc import Iterable
from functools import partial
from pathlib import PurePath

from flask import Blueprint, Flask, abort, g, redirect, render_template, request, url_for
from flask_admin import Admin
from flask_admin.theme import Theme
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from ..core.contracts.brand import Brand
from ..core.contracts.errors import MustWait, NotAllowed
from ..core.contracts.text import Text
from ..core.service.administrators.actor import Role
from ..core.service.administrators.console import Console
from ..core.service.administrators.console_desk import ConsoleDesk, InConsole
from ..core.service.enrolling.vouching import SignInUnavailable
from ..core.whole_body import whole_body
from .access import HTML, Screen
from .cookies import ConsoleCookies
from .files import Files
from .headers import nonce, protect
from .language import SpokenHere, said, speak_in_templates, spoken
from .look import HERE, ConsoleLook
from .menu import menu

log = logging.getLogger("keyback.console")

# A form of ours is smaller than this; whatever is larger is refused before it is read (L9).
LARGEST_BODY = 256 * 1024
MOST_FORM_PARTS = 2000
WAIT = Text("Too many tries for now. Wait a minute, then start again.")
ROLES = {
    Role.ADMINISTRATOR: Text("administrator"),
    Role.HELP_DESK: Text("help desk"),
    Role.AUDITOR: Text("auditor"),
}
SILENT = Text("Your organisation's sign-in doesn't answer. Wait a moment, then try again.")


def create_console(
    console: Console, desk: ConsoleDesk, look: ConsoleLook, door: Blueprint, screens: Iterable[type[Screen]]
) -> Flask:
    """The screens over a house. `door`: the pages by which people come in and leave."""
    app = Flask("keyback console", root_path=str(HERE), static_folder=None, instance_path=str(HERE))
    app.config.update(
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        MAX_FORM_MEMORY_SIZE=LARGEST_BODY,
        MAX_FORM_PARTS=MOST_FORM_PARTS,
        TEMPLATES_AUTO_RELOAD=False,
        # Flask would answer OPTIONS before any screen could say no.
        PROVIDE_AUTOMATIC_OPTIONS=False,
    )
    app.url_map.merge_slashes = False
    speak_in_templates(app.jinja_env)
    files = Files(HERE / "static")
    _before_each(app, desk, look)
    app.after_request(partial(protect, secure=look.secure))
    app.add_url_rule("/admin/static/<name>", "file", files.response, methods=["GET"])
    app.add_url_rule("/", "root", lambda: redirect(url_for("home.index"), 303), methods=["GET"])
    app.register_blueprint(door)
    views = [screen(console, desk) for screen in screens]
    _frame(app, views)
    app.context_processor(lambda: _for_templates(views, files, console.snapshots.current.brand))
    app.register_error_handler(NotAllowed, lambda error: _problem(403, reason=error.reason))
    app.register_error_handler(MustWait, lambda _: _problem(429, reason=WAIT))
    app.register_error_handler(SignInUnavailable, lambda _: _problem(503, reason=SILENT))
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _broken)
    return app


def _frame(app: Flask, views: list[Screen]) -> None:
    """Flask-Admin gives the screens their addresses. Its own theme, with its scripts, is not among the templates."""
    home, *others = views
    frame = Admin(app, "Keyback", url="/admin", index_view=home, theme=Theme("none", "console/layout.html"))
    for view in others:
        frame.add_view(view)


def _before_each(app: Flask, desk: ConsoleDesk, look: ConsoleLook) -> None:
    cookies, speaks = ConsoleCookies(look), SpokenHere(look)

    def of_our_own() -> None:
        """Only our own name is answered, and a form counts only when our own page sent it (C7, E17)."""
        if request.environ.get("HTTP_HOST", "").lower() != look.host:
            abort(400)
        site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
        foreign = site != "same-origin" if site is not None else origin not in {None, look.origin}
        if request.method not in {"GET", "HEAD"} and foreign and request.endpoint != "door.back_channel":
            abort(403)

    def who() -> None:
        g.in_console = desk.whoever(key) if (key := cookies.key(request)) else None

    def whole() -> None:
        """What is framed wrongly, or breaks off, is no form of ours; every screen reads it from here on."""
        if request.method not in {"GET", "HEAD"}:
            whole_body(request, keep=True)

    app.before_request(speaks.choose)
    app.before_request(of_our_own)
    app.before_request(who)
    app.before_request(whole)
    app.jinja_env.globals["languages"] = speaks.menu


def _for_templates(views: list[Screen], files: Files, brand: Brand) -> dict[str, object]:
    who = g.get("in_console")
    return {
        "csp_nonce": nonce,
        "asset": files.address,
        "company": brand.company,
        "language": spoken(),
        "in_console": who,
        "roles": [said(ROLES[role]) for role in Role if role in who.actor.roles] if who else (),
        "opens": lambda page: _opens(views, who, page),
        "menu": menu(views, who.actor, request.blueprint) if who else (),
    }


def _opens(views: list[Screen], who: InConsole | None, page: str) -> bool:
    """Whether whoever looks may open this page too."""
    screen = next((view for view in views if view.key == page.partition(".")[0]), None)
    return screen is not None and who is not None and who.actor.has_any(screen.sees)


def _http(error: HTTPException) -> Response:
    """A redirect made by routing passes as it is."""
    status = error.code or 500
    if error.response is not None or 300 <= status < 400:
        return Response.force_type(error.get_response())
    return _broken(error) if status >= 500 else _problem(status)


def _broken(error: Exception) -> Response:
    """What nobody foresaw: the kind and the place, never the exception's own words, which may quote a secret."""
    reference = secrets.token_hex(4).upper()
    frames = traceback.extract_tb(error.__traceback__)
    place = " > ".join(f"{PurePath(frame.filename).name}:{frame.lineno}" for frame in frames)
    log.error("a screen broke: %s at %s, reference %s", type(error).__name__, place, reference)
    return _problem(500, ref=reference)


def _problem(status: int, **values: object) -> Response:
    return Response(render_template("console/problem.html", status=status, **values), status, content_type=HTML)
