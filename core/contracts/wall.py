"""Which addresses a plugin may connect to."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
_NAT64 = ip_network("64:ff9b::/96")
# All that is the internet in IPv6 so far (RFC 4291 2.4). What lies beside it leads into somebody's house, by a
# translator (RFC 8215, RFC 2765) or by an old scheme (site-local, IPv4-compatible), and Python calls some of it global.
_UNICAST = ip_network("2000::/3")
# Where clouds tell their machines secrets, at addresses that count as anybody's: Azure, Oracle.
_METADATA = frozenset(map(ip_address, ("168.63.129.16", "192.0.0.192")))


@dataclass(frozen=True, slots=True)
class Wall:
    """The internet, and such networks inside the house as are listed; with `anywhere`, all of the house."""

    networks: tuple[Network, ...] = ()
    anywhere: bool = False

    def lets(self, address: str) -> bool:
        """Whether a connection may go to this address, as a resolver gave it."""
        ip = _innermost(ip_address(address.partition("%")[0]))
        listed = any(ip in network for network in self.networks if network.version == ip.version)
        return self.anywhere or listed or _is_internet(ip)


# For whatever the operator wrote in the file.
NO_WALL = Wall(anywhere=True)


def _is_internet(ip: IPv4Address | IPv6Address) -> bool:
    if ip.version == 6 and ip not in _UNICAST:
        return False
    return ip.is_global and not ip.is_multicast and ip not in _METADATA


def _innermost(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 one leads to, if it does."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip
