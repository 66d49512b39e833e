"""What the console's pages need to know about the house they stand in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flask import Request

from ..core.languages import Languages
from ..core.origins import host_of, origin_of

HERE = Path(__file__).parent
TRANSLATIONS = HERE / "translations"


def remote_address(request: Request) -> str:
    """The client's address where no proxy stands before us."""
    return request.environ.get("REMOTE_ADDR") or ""


@dataclass(frozen=True)
class ConsoleLook:
    """`secure` is false only in a demo over plain HTTP."""

    url: str
    # Whether people can sign in at the identity provider; otherwise only by a link made on the server.
    signs_in: bool = True
    secure: bool = True
    languages: Languages = Languages(TRANSLATIONS)
    # Where a request comes from; a proxy's word counts as the house says.
    address_of: Callable[[Request], str] = remote_address

    @property
    def origin(self) -> str:
        """Scheme and host as browsers write them: lower case, without the scheme's own port."""
        return origin_of(self.url)

    @property
    def host(self) -> str:
        """The one Host header that is answered."""
        return host_of(self.url)
