"""Which networks may be used inside the house, as its settings name them, and what may cross them in clear."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, Field

from .contracts.plugin import only_in_file


def _are_networks(value: tuple[str, ...]) -> tuple[str, ...]:
    try:
        for network in value:
            ip_network(network)
    except ValueError:
        raise ValueError("networks like 10.1.2.0/24, and nothing behind their mask") from None
    return value


# A setting with networks like 10.1.2.0/24; a misspelt one is refused when it is saved, not when something is sent.
# Whoever could widen this from a page could reach inside the house by any address (J15).
Networks = Annotated[tuple[str, ...], AfterValidator(_are_networks), Field(json_schema_extra=only_in_file())]


def is_loopback(host: str) -> bool:
    """Whether this is the very machine that asks."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def parts_of(address: str) -> SplitResult:
    """An address taken apart. Raises ValueError, with a sentence for whoever typed it."""
    try:
        parts = urlsplit(address)
        # Read here, for only then it is looked at.
        parts.port  # noqa: B018
    except ValueError:
        raise ValueError("is not a plain address") from None
    return parts


def must_be_secret(parts: SplitResult) -> None:
    """Raise ValueError for an address on whose way a code could be read: it would be everybody's."""
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        raise ValueError("must begin with https://, or http:// to this very machine")
