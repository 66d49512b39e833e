"""How the house looks now: what keyback.toml says, and what administrators saved over it."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TypeAlias

from pydantic import TypeAdapter

from ...contracts.brand import Brand, Logo
from ...db.documents import Document, Documents
from ...db.session import Transaction

BRAND, LOGO, WORDINGS = Document("brand", "brand"), Document("logo", "logo"), Document("wordings", "wordings")
FIELDS = tuple(field.name for field in fields(Brand) if field.name not in {"logo", "wordings"})
Said: TypeAlias = Mapping[str, str | bool | tuple[str, ...]]
# By language, then by the sentence of ours whose place they take.
Words: TypeAlias = Mapping[str, Mapping[str, str]]
_WORDS: TypeAdapter[Words] = TypeAdapter(dict[str, dict[str, str]])
_SAID: TypeAdapter[Said] = TypeAdapter(dict[str, str | bool | tuple[str, ...]])


@dataclass(frozen=True, slots=True)
class FileSays:
    """The brand of keyback.toml: what holds where nobody saved anything. `pinned` are the fields that stay so."""

    brand: Brand
    pinned: frozenset[str] = frozenset()

    def over(self, saved: str | None) -> Brand:
        """With what was saved in place of the file's, but for what is pinned."""
        said = _SAID.validate_json(saved) if saved else {}
        mine = {name: value for name, value in said.items() if name in FIELDS and name not in self.pinned}
        return replace(self.brand, **mine)  # type: ignore[arg-type]

    def kept(self, brand: Brand) -> str:
        """What is worth keeping: what is as in the file follows the file also tomorrow."""
        said = {name: getattr(brand, name) for name in FIELDS if name not in self.pinned}
        other = {name: value for name, value in said.items() if value != getattr(self.brand, name)}
        return _SAID.dump_json(other).decode()

    def with_logo(self, brand: Brand, saved: str | None) -> Brand:
        """With the picture that was saved last; with the file's where none was, or where it is pinned."""
        if saved is None or "logo" in self.pinned:
            return replace(brand, logo=self.brand.logo)
        return replace(brand, logo=logo_from(saved))


def brand_of(tx: Transaction, documents: Documents, file: FileSays) -> Brand:
    """As it holds now. Raises SealBroken."""
    brand = file.with_logo(file.over(documents.get(tx, BRAND)), documents.get(tx, LOGO))
    return replace(brand, wordings=words_from(documents.get(tx, WORDINGS) or "{}"))


def logo_to(logo: Logo | None) -> str:
    """As it is kept; also that there shall be none."""
    if logo is None:
        return "{}"
    content = b64encode(logo.content).decode()
    return json.dumps({"name": logo.name, "content": content, "says_name": logo.says_name})


def logo_from(saved: str) -> Logo | None:
    """The same again."""
    kept = json.loads(saved)
    return Logo(kept["name"], b64decode(kept["content"]), kept["says_name"]) if kept else None


def words_to(words: Words) -> str:
    """As they are kept."""
    return _WORDS.dump_json(words).decode()


def words_from(saved: str) -> Words:
    """The same again."""
    return _WORDS.validate_json(saved)
