"""Whether people can read a colour, by WCAG 2.2, and the shades that follow from one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

COLOUR = re.compile(r"#[0-9a-f]{6}", re.ASCII)
# What text of this size must have (WCAG 1.4.3).
READABLE = 4.5
BLACK, WHITE = "#000000", "#ffffff"
# Small enough that a proposal looks like what was asked for.
STEPS = 100


def luminance(colour: str) -> float:
    """How bright it is to the eye, from 0 to 1."""
    red, green, blue = (_linear(part / 255) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """From 1, the same, to 21, black on white."""
    darker, brighter = sorted((luminance(one), luminance(other)))
    return (brighter + 0.05) / (darker + 0.05)


def mixed(colour: str, other: str, share: float) -> str:
    """With so much of the other in it."""
    pairs = zip(_parts(colour), _parts(other), strict=True)
    return "#" + "".join(f"{round(mine + (theirs - mine) * share):02x}" for mine, theirs in pairs)


@dataclass(frozen=True, slots=True)
class Scheme:
    """One of the two looks: what an accent stands on, what stands on it, and which way it becomes easier to read."""

    behind: tuple[str, ...]
    on: str
    towards: str
    hover: float

    def worst(self, accent: str) -> float:
        """The least contrast it has anywhere: as a link on sheet, page and wash, or under the words of a button."""
        return min(contrast(accent, other) for other in (*self.behind, self.on))

    def nearest(self, accent: str) -> str:
        """The colour itself where it can be read, or the shade of it nearest to that."""
        shades: Iterable[str] = (mixed(accent, self.towards, step / STEPS) for step in range(STEPS + 1))
        return next(shade for shade in shades if self.worst(shade) >= READABLE)

    def hovered(self, accent: str) -> str:
        """As it looks below the pointer: further away from what is behind."""
        return mixed(accent, self.towards, self.hover)


# The colours of keyback.css: sheet, page and wash; then the words on a button.
LIGHT = Scheme(("#ffffff", "#f2f5f4", "#e1eff3"), WHITE, BLACK, 0.25)
DARK = Scheme(("#172225", "#0f1719", "#16333c"), "#06222b", WHITE, 0.3)


def dark_of(accent: str, accent_dark: str) -> str:
    """The one that was chosen for the dark, or the shade of the other that can be read there."""
    return accent_dark or DARK.nearest(accent)


@lru_cache(maxsize=4)
def stylesheet(accent: str, accent_dark: str) -> bytes:
    """What a company's colours change of ours. Both are judged before they are kept, so nothing else can stand here."""
    light, dark = (_properties(scheme, colour) for scheme, colour in ((LIGHT, accent), (DARK, accent_dark)))
    return f":root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n".encode()


def _properties(scheme: Scheme, accent: str) -> str:
    return f"--accent:{accent};--accent-2:{scheme.hovered(accent)};--on:{scheme.on}"


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
