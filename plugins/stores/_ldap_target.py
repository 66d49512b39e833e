"""The server that ldap3 connects to, with those of its addresses alone that the plugin's wall lets through."""

from __future__ import annotations

from typing import Any

import ldap3

from ...core import Wall
from ...core.dial import addresses


class Target(ldap3.Server):  # type: ignore[misc]
    """Looked up once: ldap3 connects to what stands here, and asks nobody for the name again."""

    def __init__(self, wall: Wall, host: str, port: int, **more: Any) -> None:  # noqa: ANN401 - as ldap3 takes them
        super().__init__(host, port=port, **more)
        self._wall = wall
        self._found: list[list[Any]] = []

    @property
    def address_info(self) -> list[list[Any]]:
        """Each with whether it answered and when, for ldap3 to write there. Raises Forbidden."""
        if not self._found:
            self._found = [[*found, None, None] for found in addresses(self.host, self.port, self._wall)]
            self._address_info = self._found
        return self._found
