"""Static files under names that hold their digest, so that a browser may keep them for a year."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from flask import abort
from werkzeug.wrappers import Response

from .headers import allow_sources

KINDS: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
}
# Opened by itself a picture is a document, and somebody else may have drawn it: it runs nothing and is nobody's page.
ALONE: Mapping[str, tuple[str, ...]] = {"sandbox": ()}
# Below the host itself: our cookies ask for that too.
FOLDER = "/static/"
KEEP = "public, max-age=31536000, immutable"


class Assets:
    """The files of one folder, read once, and what is added; nothing else can be asked for."""

    def __init__(self, folder: Path) -> None:
        self._served: dict[str, tuple[bytes, str]] = {}
        self._names: dict[str, str] = {}
        for path in sorted(folder.iterdir()):
            if path.suffix in KINDS:
                self.add(path.name, path.read_bytes())

    def add(self, name: str, content: bytes) -> None:
        """One more file; what it is served as follows from its name alone."""
        stem, dot, ending = name.rpartition(".")
        served = f"{stem}.{sha256(content).hexdigest()[:12]}.{ending}"
        self._served[served] = (content, KINDS[dot + ending])
        self._names[name] = served

    def knows(self, name: str) -> bool:
        """Whether this name, with its digest, is served."""
        return name in self._served

    def served_as(self, name: str) -> str:
        """The name with its digest. A KeyError here is a misspelt name in a template."""
        return self._names[name]

    def address(self, name: str) -> str:
        """Where browsers ask for it. By hand: each page names four, and routing takes longer to make one."""
        return FOLDER + self.served_as(name)

    def response(self, name: str) -> Response:
        """The file, or 404 for a name without the right digest."""
        if name not in self._served:
            abort(404)
        content, kind = self._served[name]
        if kind.startswith("image/"):
            allow_sources(ALONE)
        return Response(content, content_type=kind, headers={"Cache-Control": KEEP})
