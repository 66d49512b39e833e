"""HTTP to the company's identity provider, within bounds: of time, of size, and to nowhere else."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
from requests.adapters import HTTPAdapter

# One step of a request, and a whole one with its answer; a discovery document or a key set has a few kilobytes.
STEP_SECONDS, WHOLE_SECONDS = 3.0, 5.0
LARGEST = 256 * 1024
_CHUNK = 16 * 1024


class WireError(requests.RequestException):
    """No answer that could be used. Its words are ours."""


class BoundedAdapter(HTTPAdapter):
    """Whatever is sent through it: no redirect is followed and no answer is read without an end."""

    def send(self, request: requests.PreparedRequest, *_: object, **options: Any) -> requests.Response:  # noqa: ANN401
        """One request, one answer from the same host."""
        over = time.monotonic() + WHOLE_SECONDS
        asked = {"timeout": STEP_SECONDS, "stream": True, "verify": options.get("verify", True)}
        asked["proxies"] = options.get("proxies")
        response = super().send(request, **asked)
        try:
            # A redirect would carry the code, the secret or our trust to a host that nobody configured.
            if 300 <= response.status_code < 400:
                raise WireError("it redirects")
            body = _read(response, over)
        finally:
            response.close()
        response._content = body
        return response


def _read(response: requests.Response, over: float) -> bytes:
    body = b""
    # As it comes: whoever drips would keep us waiting for a whole piece.
    while chunk := response.raw.read1(_CHUNK, decode_content=False):
        body += chunk
        if len(body) > LARGEST:
            raise WireError("its answer is too long")
        if time.monotonic() > over:
            raise WireError("its answer takes too long")
    return body


@dataclass(frozen=True, slots=True)
class Line:
    """How the identity provider is reached: whose certificates are believed, and by which proxy. Empty: as usual."""

    ca_file: str = ""
    proxy: str = field(default="", repr=False)  # may hold a password


def bound(session: requests.Session, line: Line) -> requests.Session:
    """Let this session speak on this line, within the bounds only."""
    # Neither proxies, authorities nor passwords from the environment or a .netrc: they would stand in for what is
    # configured, and whoever sets a variable would read along.
    session.trust_env = False
    session.verify = line.ca_file or True
    session.proxies = {"https": line.proxy, "http": line.proxy} if line.proxy else {}
    # Nothing packed: a few bytes could become many.
    session.headers["Accept-Encoding"] = "identity"
    for scheme in ("https://", "http://"):
        session.mount(scheme, BoundedAdapter())
    return session


def read_json(session: requests.Session, url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The JSON object at this address. Raises WireError or another RequestException."""
    response = session.request("GET", url, headers=dict(headers or {}))
    if response.status_code != 200:
        raise WireError(f"it answers {response.status_code}")
    try:
        found = json.loads(response.content)
    except (ValueError, RecursionError):
        raise WireError("its answer is not JSON") from None
    if not isinstance(found, dict):
        raise WireError("its answer is not an object")
    return found
