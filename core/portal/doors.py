"""What the pages ask about the doors by which people arrive. `idp_bridge.doors` answers; they never meet in code."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Protocol

from flask import url_for

from ..recovery.policy import Purpose
from ..recovery.state import Recovery

# Where one begins, without a door and by one.
STARTS: Mapping[Purpose, tuple[str, str]] = {
    Purpose.RESET: ("portal.who", "portal.arrive"),
    Purpose.UNLOCK: ("portal.unlock", "portal.arrive_to_unlock"),
}


class Door(Protocol):
    """One door: whose it is, and where its people go back to."""

    @property
    def key(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def language(self) -> str:
        """In which its pages begin; empty where the browser decides."""

    def way_back(self, return_to: str) -> str:
        """The address to go back to: the asked one only if it is listed, else the door's own."""


class Doors(Protocol):
    """All doors."""

    def get(self, key: str) -> Door | None: ...

    def allowed(self, key: str, return_to: str) -> str:
        """What may be kept as the way back: a listed address, or what this door's client asked; else nothing."""

    def purpose(self, key: str, return_to: str) -> Purpose | None:
        """What this door's client sends somebody for; None where no client asks."""

    def given_up(self, key: str, return_to: str) -> str:
        """Where somebody goes who leaves before there is a recovery; empty where nobody waits for them."""

    def expects_answer(self, key: str, return_to: str) -> bool:
        """Whether a client waits to be told what becomes of this."""

    def answer(self, recovery: Recovery) -> str:
        """Where its person goes with what became of it; empty while it goes on, and where nobody waits."""


def start_of(purpose: Purpose, entry: str = "", **asked: str) -> str:
    """Where somebody begins who comes for this, by the door that they came by. What is empty is left out."""
    plain, by_door = STARTS[purpose]
    known: dict[str, Any] = {name: value for name, value in asked.items() if value}
    if entry:
        return url_for(by_door, entry=entry, **known)
    return url_for(plain, **known) if known else plain_address(plain)


@cache
def plain_address(endpoint: str) -> str:
    """Of a page whose address has no values in it. Our cookies are for `/` alone: nothing ever stands before it."""
    return url_for(endpoint)
