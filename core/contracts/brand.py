"""How the company looks and what it says of itself, on every page and in every message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

# Letter by letter what a link may be: whatever a browser would run, or read otherwise than we do, is not.
LINK = re.compile(r"(?:https?://[A-Za-z0-9]|mailto:[^@]+@|tel:\+?[0-9])[!-~]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Logo:
    """The company's picture. `name`: what it is served as; `says_name`: the company's name can be read in it."""

    name: str
    content: bytes = field(repr=False)
    says_name: bool = False


@dataclass(frozen=True, slots=True)
class Brand:
    """What every page and every message has in common, the same for everybody who comes.

    `accent` is empty where Keyback's own colour stays, `accent_dark` where the dark one follows from it.
    """

    company: str
    company_short: str = ""
    help_desk: str = ""
    help_desk_link: str = ""
    help_desk_hours: str = ""
    name_example: str = ""
    privacy_link: str = ""
    accessibility_link: str = ""
    advice: bool = True
    advice_lines: tuple[str, ...] = ()
    accent: str = ""
    accent_dark: str = ""
    logo: Logo | None = None
    # What notices say in the company's own words: by language, in place of which sentence of ours.
    wordings: Mapping[str, Mapping[str, str]] = field(default_factory=dict, hash=False)

    @property
    def short_name(self) -> str:
        """What fits into a text message."""
        return self.company_short or self.company
