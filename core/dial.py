"""Connections that stop at a plugin's wall, whatever its protocol: the name is looked up once, and what was checked is
what is connected to."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from typing import Any

from .contracts.wall import Wall

# What a resolver says of one address: family, kind, protocol, name, and the address with its port.
Found = tuple[int, int, int, str, tuple[Any, ...]]


class Forbidden(OSError):
    """The host's name leads into a private network that is not listed."""


def addresses(host: str, port: int, wall: Wall) -> Sequence[Found]:
    """Those of this name that the wall lets through. Raises Forbidden, or OSError for a name that nobody knows."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    allowed = [one for one in found if wall.lets(str(one[4][0]))]
    if not allowed:
        raise Forbidden
    return allowed


def dial(host: str, port: int, wall: Wall, seconds: float) -> socket.socket:
    """A connection to the first of them that answers. Raises OSError."""
    ends, problem = time.monotonic() + seconds, OSError("no address")
    for family, kind, protocol, _, address in addresses(host, port, wall):
        left = ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        line = socket.socket(family, kind, protocol)
        try:
            line.settimeout(left)
            # The address that was checked: nobody is asked for the name again.
            line.connect(address)
            return line
        except OSError as failed:
            line.close()
            problem = failed
    raise problem
