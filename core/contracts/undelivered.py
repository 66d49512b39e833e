"""What the kinds of DeliveryFailed mean, for administrators."""

from __future__ import annotations

from collections.abc import Mapping

from .text import Text

_WORDS: Mapping[str, Text] = {
    "certificate": Text("its certificate can't be trusted"),
    "credentials": Text("it refuses the sign-in name, the password or the key"),
    "no-token": Text("it gave no token"),
    "not-understood": Text("its answer can't be understood"),
    "private-address": Text("it is in a private network that isn't listed"),
    "provider-down": Text("something is broken there"),
    "refused": Text("it refuses"),
    "throttled": Text("it takes no more for now"),
    "timeout": Text("it doesn't answer in time"),
    "unreachable": Text("it can't be reached"),
}


def why_not(kind: str) -> Text | str:
    """What is wrong with a provider, as the end of a sentence; a kind that only a plugin knows stands as it is."""
    return _WORDS.get(kind, kind)
