"""The console's navigation: five groups, and in them what somebody may see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import url_for

from ..core.contracts.text import Text
from ..core.service.administrators.actor import Actor
from .access import Screen

# Home stands alone on top.
GROUPS: Mapping[str, Text | None] = {
    "": None,
    "rules": Text("Rules"),
    "parts": Text("Parts"),
    "people": Text("People"),
    "looks": Text("Looks"),
}


@dataclass(frozen=True, slots=True)
class Item:
    """One screen in the menu."""

    label: Text
    address: str
    icon: str
    current: bool


def menu(screens: Iterable[Screen], actor: Actor, current: str | None) -> list[tuple[Text | None, list[Item]]]:
    """Heading and items of each group that has any for this actor."""
    seen = [screen for screen in screens if actor.has_any(screen.sees)]
    groups = (
        (words, [_item(screen, current) for screen in seen if screen.group == group]) for group, words in GROUPS.items()
    )
    return [(words, items) for words, items in groups if items]


def _item(screen: Screen, current: str | None) -> Item:
    return Item(screen.label, url_for(f"{screen.key}.{screen.first}"), screen.icon, screen.key == current)
