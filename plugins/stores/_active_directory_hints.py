"""Asks a server to hold resets to the history of passwords, where it can."""

from __future__ import annotations

import logging

from ._ldap import Address, Control, Wire

log = logging.getLogger(__name__)

# The newer name of the control and the older one. Sent to a server that lists neither, it would fail the whole reset.
_NAMES = ("1.2.840.113556.1.4.2239", "1.2.840.113556.1.4.2066")
# A sequence of one whole number, 1.
_VALUE = bytes.fromhex("3003020101")


class Hints:
    """Remembers which server understands what: they are asked once."""

    def __init__(self) -> None:
        self._known: dict[Address, tuple[Control, ...]] = {}

    def asked_of(self, wire: Wire) -> tuple[Control, ...]:
        """What goes along with a reset. Critical: a server that could not obey must not reset."""
        if wire.server not in self._known:
            root = wire.read("", ["supportedControl"])
            offered = () if root is None else root.texts("supportedControl")
            name = next((name for name in _NAMES if name in offered), "")
            if not name:
                log.warning("%s does not hold resets to the history: people can take an old password", wire.server)
            self._known[wire.server] = ((name, True, _VALUE),) if name else ()
        return self._known[wire.server]

    def forget(self, wire: Wire) -> None:
        """It turned out otherwise: ask again."""
        self._known.pop(wire.server, None)
