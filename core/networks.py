"""Which networks may be used inside the house, as its settings name them, and what may cross them in clear."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Annotated
from urllib.parse import SplitResult

from pydantic import AfterValidator, Field

from .contracts.plugin import only_in_file


def _are_networks(value: tuple[str, ...]) -> tuple[str, ...]:
    for network in value:
        ip_network(network)
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


def must_be_secret(parts: SplitResult) -> None:
    """Raise ValueError for an address on whose way a code could be read: it would be everybody's."""
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        raise ValueError("must begin with https://, or http:// to this very machine")
