"""What the pages ask about the doors by which people arrive. `idp_bridge.entries` answers; they never meet in code."""

from __future__ import annotations

from typing import Protocol


class Door(Protocol):
    """One door: whose it is, and where its people go back to."""

    @property
    def key(self) -> str: ...

    @property
    def name(self) -> str: ...

    def way_back(self, return_to: str) -> str:
        """The address to go back to: the asked one only if it is listed, else the door's own."""


class Doors(Protocol):
    """All doors."""

    def get(self, key: str) -> Door | None: ...

    def allowed(self, key: str, return_to: str) -> str:
        """The address if this door lists exactly it, else nothing."""
