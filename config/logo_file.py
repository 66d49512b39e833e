"""Reads the company's logo, once, and takes nothing that could be more than a picture."""

from __future__ import annotations

import re
from pathlib import Path

from ..core.contracts.errors import SettingsInvalid

# A page weighs 60 kB at most, and this stands on each.
LARGEST = 20_000
PNG = b"\x89PNG\r\n\x1a\n"
# Nothing before the picture but what every drawing program writes; no inner declarations, which can grow without end.
SVG = re.compile(r"(?:\ufeff|\s|<\?xml[^>]*>|<!--.*?-->|<!DOCTYPE svg[^>\[]*>)*<svg[\s>]", re.DOTALL)
# Pages show it as a picture, in which nothing runs; whoever has such a file should still know.
RUNS = re.compile(r"<script|<foreignObject|\son[a-z]+\s*=|javascript:", re.IGNORECASE)


def read(path: Path) -> tuple[str, bytes]:
    """The name that says what it is served as, and the content. Raises SettingsInvalid."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SettingsInvalid([f"pages.logo_file {path} cannot be read: {error.strerror}"]) from None
    if len(content) > LARGEST:
        raise SettingsInvalid([f"pages.logo_file {path} has {len(content)} bytes: {LARGEST} is the most"])
    if content.startswith(PNG):
        return "logo.png", content
    text = content.decode("utf-8", "replace")
    if not SVG.match(text):
        raise SettingsInvalid([f"pages.logo_file {path} is neither an SVG nor a PNG picture"])
    if RUNS.search(text):
        raise SettingsInvalid([f"pages.logo_file {path} holds something that runs: save it as a plain SVG"])
    return "logo.svg", content
