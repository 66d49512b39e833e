"""The console's static files, under names that hold their digest, so that a browser may keep them for a year."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from flask import abort, url_for
from werkzeug.wrappers import Response

KINDS = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml; charset=utf-8"}
KEEP = "public, max-age=31536000, immutable"


class Files:
    """The files of one folder, read once; nothing else can be asked for."""

    def __init__(self, folder: Path) -> None:
        found = {path: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix in KINDS}
        self._names = {
            path.name: f"{path.stem}.{sha256(content).hexdigest()[:12]}{path.suffix}" for path, content in found.items()
        }
        self._served = {self._names[path.name]: (content, KINDS[path.suffix]) for path, content in found.items()}

    def address(self, name: str) -> str:
        """Where browsers ask for it. A KeyError here is a misspelt name in a template."""
        return url_for("file", name=self._names[name])

    def response(self, name: str) -> Response:
        """The file, or 404 for a name without the right digest."""
        if name not in self._served:
            abort(404)
        content, kind = self._served[name]
        return Response(content, content_type=kind, headers={"Cache-Control": KEEP})
