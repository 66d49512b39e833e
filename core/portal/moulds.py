"""Pages that differ only in a few values: each is made once, and filled in for everybody who asks."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Hashable, Mapping

from flask import g
from markupsafe import escape

from .headers import nonce
from .language import menu_start, menu_starting

# Who comes may choose language, mistake, check and door, about forty ways in each language. Were it fewer, a stranger
# who walks through them all would have every page made anew; each is some four kilobytes.
MOST = 256
NONCE = "nonce"
# What the links to other languages begin with.
MENU = "menu"
# Text of the page, and in every second place the name of the value that stands there.
Mould = tuple[str, ...]


class Moulds:
    """Anybody may ask for the first page as often as they like, so it costs as little as it can."""

    def __init__(self) -> None:
        self._made: dict[Hashable, Mould] = {}

    def page(self, alike: Hashable, values: Mapping[str, str], make: Callable[[Mapping[str, str]], str]) -> str:
        """What `make` makes of these values. It is asked once for all that are `alike`: only values may differ then."""
        values = {**values, NONCE: nonce(), MENU: menu_start()}
        # A template may leave out what is empty.
        key = (alike, tuple(name for name, value in values.items() if value))
        mould = self._made.get(key)
        if mould is None:
            mould = _mould(values, make)
            if len(self._made) >= MOST:
                self._made.clear()
            self._made[key] = mould
        return "".join(str(escape(values[piece])) if turn % 2 else piece for turn, piece in enumerate(mould))


def _mould(values: Mapping[str, str], make: Callable[[Mapping[str, str]], str]) -> Mould:
    # By chance, so that nobody can type one: what is filled in is never searched, but a sentence of the page might be.
    gaps = {name: secrets.token_hex(16) if value else "" for name, value in values.items()}
    names = {gap: name for name, gap in gaps.items() if gap}
    g.csp_nonce, mine = gaps[NONCE], values[NONCE]
    try:
        with menu_starting(gaps[MENU]):
            html = make(gaps)
    finally:
        g.csp_nonce = mine
    return tuple(names.get(piece, piece) for piece in re.split(f"({'|'.join(names)})", html))
