"""To which hosts shared signals may be brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from .addresses import is_safe


@dataclass(frozen=True)
class PushHosts:
    """The hosts that keyback.toml lists: whoever holds a receiver's token must not be able to send us anywhere else.

    "*.example.org" stands for every host below it.
    """

    listed: Sequence[str]
    plain_http: bool = False

    def __call__(self, address: str) -> bool:
        """Whether signals may be brought there."""
        if not is_safe(address, plain_http=self.plain_http):
            return False
        host = (urlsplit(address).hostname or "").lower()
        return any(
            host == one or (one.startswith("*.") and host.endswith(one[1:])) for one in map(str.lower, self.listed)
        )
