"""When two spellings are the same name, and which signs none has; shared by stores."""

from __future__ import annotations

import unicodedata


def fold(name: str) -> str:
    """The same name in other clothes: other widths, capitals, invisible signs, outer spaces."""
    seen = "".join(c for c in unicodedata.normalize("NFKC", name) if unicodedata.category(c) != "Cf")
    return " ".join(unicodedata.normalize("NFKC", seen.casefold()).split())


def has_unspeakable(text: str) -> bool:
    """Control characters and halves of characters: nobody types them, and servers disagree about them."""
    return any(unicodedata.category(c) in ("Cc", "Cs") for c in text)
