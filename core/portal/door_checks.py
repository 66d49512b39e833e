"""What is checked of every request before a page is entered: for us, by our own form, from where."""

from __future__ import annotations

from flask import Request, abort
from flask.globals import request_ctx

from .client import client_address
from .settings import PortalSettings

# Probes come by address, not by name; these pages show nothing and link nowhere.
PROBES = frozenset({"/healthz", "/readyz"})
ADDRESS = "keyback.client_address"


def check_host(request: Request, settings: PortalSettings) -> None:
    """Only our own name is answered: a foreign Host is an attempt to get a foreign address into our words (C7)."""
    # What cannot be a host at all leaves Flask without addresses; no page could be made, not even for a probe.
    impossible = request_ctx.url_adapter is None
    if impossible or (request.path not in PROBES and request.environ.get("HTTP_HOST", "").lower() != settings.host):
        abort(400, "host")


def check_path(request: Request) -> None:
    """Routing would take `//recover` for `/recover`; a browser takes it for a host. One page, one address."""
    if request.environ.get("PATH_INFO", "").startswith("//"):
        abort(404)


def check_origin(request: Request, settings: PortalSettings) -> None:
    """A form counts only when our own page sent it (E17).

    Every browser of today says Sec-Fetch-Site, and then it alone decides. Older ones say Origin on every POST from
    elsewhere; "null" is not ours. A client that says neither is no browser: nobody's cookie rides on it unasked, the
    recovery's form token is still demanded, and the start form has nothing that could be ridden on.
    """
    if request.method != "POST":
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    foreign = site != "same-origin" if site is not None else origin not in {None, settings.origin}
    if foreign:
        abort(403, "foreign form")


def address_of(request: Request, settings: PortalSettings) -> str:
    """The client's address; a proxy's word counts only if the proxy is listed."""
    environ = request.environ
    # Read once for each request: a start asks for its limits and for its page. Headers only ever fill HTTP_ names.
    if ADDRESS not in environ:
        peer, forwarded = environ.get("REMOTE_ADDR") or "", environ.get("HTTP_X_FORWARDED_FOR", "")
        environ[ADDRESS] = client_address(peer, forwarded, settings.proxies)
    found: str = environ[ADDRESS]
    return found
