"""Pictures as drawing programs write them."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL import Image


def drawn(kind: str, size: tuple[int, int] = (40, 10), **more: Any) -> bytes:
    """As a drawing program writes it."""
    file = BytesIO()
    Image.new("RGBA" if kind != "JPEG" else "RGB", size, "#c8102e").save(file, kind, **more)
    return file.getvalue()


def moving(kind: str) -> bytes:
    """Two of them, one after the other."""
    file = BytesIO()
    first, second = (Image.new("RGB", (4, 4), colour) for colour in ("red", "blue"))
    first.save(file, kind, save_all=True, append_images=[second])
    return file.getvalue()


PNG = drawn("PNG")
