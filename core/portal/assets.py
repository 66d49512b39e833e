"""Static files under names that hold their digest, so that a browser may keep them for a year."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from flask import abort
from werkzeug.wrappers import Response

KINDS: Mapping[str, str] = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
KEEP = "public, max-age=31536000, immutable"


class Assets:
    """The files of one folder, read once; nothing outside of it can be asked for."""

    def __init__(self, folder: Path) -> None:
        self._served: dict[str, tuple[bytes, str]] = {}
        self._names: dict[str, str] = {}
        for path in sorted(folder.iterdir()):
            if path.suffix in KINDS:
                content = path.read_bytes()
                served = f"{path.stem}.{sha256(content).hexdigest()[:12]}{path.suffix}"
                self._served[served] = (content, KINDS[path.suffix])
                self._names[path.name] = served

    def served_as(self, name: str) -> str:
        """The name with its digest. A KeyError here is a misspelt name in a template."""
        return self._names[name]

    def response(self, name: str) -> Response:
        """The file, or 404 for a name without the right digest."""
        if name not in self._served:
            abort(404)
        content, kind = self._served[name]
        return Response(content, content_type=f"{kind}; charset=utf-8", headers={"Cache-Control": KEEP})
