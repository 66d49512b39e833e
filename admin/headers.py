"""The security headers of everything that the console answers, errors and files included."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from flask import g
from werkzeug.wrappers import Response

# No script at all: the console works without, so none that somebody slipped in would run. Pictures are ours alone.
POLICY = (
    "default-src 'none'; style-src 'nonce-{nonce}'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types"
)
FIXED: Mapping[str, str] = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), clipboard-read=()",
    # Under `no-referrer` Chromium would send our own forms with `Origin: null`.
    "Referrer-Policy": "same-origin",
}
HSTS = "max-age=63072000; includeSubDomains"


def nonce() -> str:
    """This response's nonce: what our own style sheet shows, and nobody else's can."""
    if "console_nonce" not in g:
        g.console_nonce = secrets.token_urlsafe(16)
    value: str = g.console_nonce
    return value


def protect(response: Response, *, secure: bool) -> Response:
    """Add what every response carries. A file's own Cache-Control stays."""
    response.headers.extend(FIXED)
    response.headers["Content-Security-Policy"] = POLICY.replace("{nonce}", nonce())
    response.headers.setdefault("Cache-Control", "no-store")
    if secure:
        response.headers["Strict-Transport-Security"] = HSTS
    return response
