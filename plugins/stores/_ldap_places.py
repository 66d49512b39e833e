"""Places in the tree that settings name: whether people can be recognised by them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...core import PluginError, Text
from ._ldap import Object, Wire
from ._ldap_names import normal_dn

ADMINISTRATORS, SUBTREE = Text("the administrators' group"), Text("the privileged subtree")


def examine_places(wire: Wire, kind: Text, places: Iterable[str], attributes: Sequence[str] = ("1.1",)) -> list[Object]:
    """What is there. Raises PluginError: a place that is misspelt would make nobody privileged, and say nothing."""
    return [_examined(wire, kind, place, attributes) for place in places]


def _examined(wire: Wire, kind: Text, place: str, attributes: Sequence[str]) -> Object:
    entry = wire.read(place, attributes) if place.strip() else None
    if entry is None:
        raise PluginError(
            Text(
                "{kind} {place} is not there, or the service account may not read it: "
                "its members could not be recognised",
                kind=kind,
                place=place,
            )
        )
    if normal_dn(entry.dn) != normal_dn(place):
        # The server takes other spellings of it; we compare places by ourselves.
        said = Text("{kind} {place} is called {dn} by the directory: write it so", kind=kind, place=place, dn=entry.dn)
        raise PluginError(said)
    return entry
