"""From which address a request came."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

# A server behind a Unix socket has no peer address: whoever talks to it is on this machine.
LOCAL = "127.0.0.1"


def client_address(peer: str, forwarded: str, proxies: Sequence[IPv4Network | IPv6Network]) -> str:
    """The peer, or, behind listed proxies, the nearest address that is not one of them.

    X-Forwarded-For is read from the right: what stands further left was written by somebody nobody vouches for.
    """
    nearest = _parsed(peer) or ip_address(LOCAL)
    for hop in reversed(forwarded.split(",")):
        if not any(nearest in proxy for proxy in proxies):
            break
        before = _parsed(hop.strip())
        if before is None:
            break
        nearest = before
    return str(nearest)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # ::ffff:192.0.2.1 is 192.0.2.1; counted apart it would be a second budget for the same machine.
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
