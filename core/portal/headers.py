"""The security headers of every response, errors and files included."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from functools import lru_cache

from flask import g
from werkzeug.wrappers import Response

POLICY: Mapping[str, tuple[str, ...]] = {
    "default-src": ("'none'",),
    "script-src": ("'nonce-{nonce}'", "'strict-dynamic'"),
    "style-src": ("'nonce-{nonce}'",),
    "img-src": ("'self'", "data:"),
    "connect-src": ("'self'",),
    "form-action": ("'self'",),
    "frame-ancestors": ("'none'",),
    "base-uri": ("'none'",),
    "object-src": ("'none'",),
    "require-trusted-types-for": ("'script'",),
    "trusted-types": ("kb",),
    "report-to": ("kb",),
}
# Nothing is added to these: where forms lead, who may frame a page, and what nobody named.
OURS_ALONE = frozenset({"default-src", "object-src", "form-action", "frame-ancestors", "base-uri"})
FIXED: Mapping[str, str] = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": (
        "publickey-credentials-get=(self), publickey-credentials-create=(self), otp-credentials=(self), camera=(), "
        "microphone=(), geolocation=(), payment=(), usb=(), clipboard-read=()"
    ),
}
HSTS = "max-age=63072000; includeSubDomains"
NO_SOURCES: Mapping[str, tuple[str, ...]] = {}


def nonce() -> str:
    """This response's nonce: what our own scripts and styles show, and nobody else's can."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    value: str = g.csp_nonce
    return value


def has_form() -> None:
    """This page has a form: under `no-referrer` Chromium would send it with `Origin: null`."""
    g.referrer_policy = "same-origin"


def allow_sources(sources: Mapping[str, tuple[str, ...]]) -> None:
    """Directives of this response on top, such as the sources that its human check needs."""
    g.csp_sources = sources


def clear_cache(response: Response) -> Response:
    """For the last page and after a cancel. Not "storage": that would delete an enrolled phone's key."""
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def protect(response: Response, *, secure: bool) -> Response:
    """Add what every response carries. A file's own Cache-Control stays."""
    headers = of_every_response(nonce(), secure=secure)
    headers["Referrer-Policy"] = g.get("referrer_policy", "no-referrer")
    if sources := g.get("csp_sources"):
        headers["Content-Security-Policy"] = policy(nonce(), sources)
    if "Cache-Control" in response.headers:
        del headers["Cache-Control"]
    # Added, not set: nothing else is there yet, and to look for each takes longer than to write them.
    response.headers.extend(headers)
    return response


def of_every_response(of_nonce: str, *, secure: bool) -> dict[str, str]:
    """What no answer goes without, even one that is made where there is no page."""
    headers = {**FIXED, "Content-Security-Policy": policy(of_nonce)}
    headers |= {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
    return {**headers, "Strict-Transport-Security": HSTS} if secure else headers


def policy(of_nonce: str, more: Mapping[str, tuple[str, ...]] = NO_SOURCES) -> str:
    """The content security policy with this nonce; `more` only ever adds to what a page may load."""
    return _written(tuple(more.items())).replace("{nonce}", of_nonce)


# No stranger chooses what may be added, so these are few.
@lru_cache(maxsize=16)
def _written(added: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    more, directives = dict(added), []
    for name in dict.fromkeys((*POLICY, *more)):
        sources = list(POLICY.get(name, ()))
        if name not in OURS_ALONE:
            sources += [source for source in more.get(name, ()) if source not in sources]
        directives.append(" ".join((name, *sources)))
    return "; ".join(directives)
