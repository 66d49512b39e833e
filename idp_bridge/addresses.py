"""Which addresses an identity provider may have, and the proxy that leads there."""

from __future__ import annotations

from urllib.parse import urlsplit


def is_safe(url: object, *, plain_http: bool) -> bool:
    """Whether this may be an address of an identity provider; over plain http only on this machine, in the demo."""
    if not isinstance(url, str) or len(url) > 2000 or not url.isascii() or not url.isprintable():
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.fragment or " " in url:
        return False
    return parts.scheme == "https" or (plain_http and parts.scheme == "http" and host in {"localhost", "127.0.0.1"})


def is_proxy(url: str) -> bool:
    """Whether this may be the company's own proxy: a host and a port, with a name and password if it asks for them."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    nothing_more = parts.path in {"", "/"} and not parts.query and not parts.fragment
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and port is not None and nothing_more
