"""Places in the tree that settings name: whether people can be recognised by them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...core import PluginError
from ._ldap import Object, Wire
from ._ldap_names import normal_dn


def examine_places(wire: Wire, kind: str, places: Iterable[str], attributes: Sequence[str] = ("1.1",)) -> list[Object]:
    """What is there. Raises PluginError: a place that is misspelt would make nobody privileged, and say nothing."""
    return [_examined(wire, kind, place, attributes) for place in places]


def _examined(wire: Wire, kind: str, place: str, attributes: Sequence[str]) -> Object:
    entry = wire.read(place, attributes) if place.strip() else None
    if entry is None:
        raise PluginError(
            f"the {kind} {place} is not there, or the service account may not read it: "
            "its members could not be recognised"
        )
    if normal_dn(entry.dn) != normal_dn(place):
        # The server takes other spellings of it; we compare places by ourselves.
        raise PluginError(f"the {kind} {place} is called {entry.dn} by the directory: write it so")
    return entry
