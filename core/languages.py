"""The languages there are: a folder of catalogues for each, ours first, then what plugins bring for theirs."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from gettext import GNUTranslations
from pathlib import Path
from types import MappingProxyType

from .contracts.text import ENGLISH, Language, Text

log = logging.getLogger(__name__)

CATALOGUE = Path("LC_MESSAGES", "keyback.mo")
# What the sentences are written in; it is there without a catalogue.
WRITTEN_IN = "en"
# Translated by each language's own name, as its people look for it in a list.
OWN_NAME = Text("English")


class Languages:
    """Every language that has a catalogue of ours. A plugin adds sentences to them, and no language."""

    def __init__(self, ours: Path | None = None, of_plugins: Iterable[Path] = (), *, default: str = WRITTEN_IN) -> None:
        found: dict[str, Language] = {WRITTEN_IN: ENGLISH}
        for path in sorted(ours.glob(f"*/{CATALOGUE}")) if ours else ():
            found[_tag(path)] = _with_plugins(_read(path), _tag(path), of_plugins)
        self._catalogues = found
        self.default = default if default in found else WRITTEN_IN
        self.names: Mapping[str, str] = MappingProxyType(
            {tag: OWN_NAME.render(catalogue) for tag, catalogue in found.items()}
        )

    def catalogue(self, tag: str) -> Language:
        """Its sentences; those of the default for a language that is not there."""
        return self._catalogues.get(tag, self._catalogues[self.default])

    def known(self, tag: str) -> str:
        """The tag, or the default's where there is no such language."""
        return tag if tag in self._catalogues else self.default


def _tag(path: Path) -> str:
    return path.parent.parent.name.replace("_", "-")


def _read(path: Path) -> GNUTranslations:
    with path.open("rb") as file:
        return GNUTranslations(file)


def _with_plugins(catalogue: GNUTranslations, tag: str, folders: Iterable[Path]) -> GNUTranslations:
    """Plugins are asked last: none can put words of its own into our mouth."""
    for folder in folders:
        path = folder / tag.replace("-", "_") / CATALOGUE
        if path.is_file():
            try:
                catalogue.add_fallback(_read(path))
            except Exception as error:
                # Whatever the reader makes of a broken file: the plugin's sentences stay English, the rest goes on.
                log.warning("a plugin's catalogue cannot be read", extra={"kind": type(error).__name__})
    return catalogue
