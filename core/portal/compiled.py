"""Templates, compiled once: a server does it before it becomes several processes, and each finds them in memory."""

from __future__ import annotations

from pathlib import Path
from types import CodeType

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from .language import speak_in_templates


class Compiled(BytecodeCache):
    """By a template's name, place and words, so that one that was changed meanwhile is compiled anew."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """What is known of it, if anything."""
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it for whoever asks next."""
        if bucket.code is not None:
            self._codes[bucket.key, bucket.checksum] = bucket.code


_COMPILED = Compiled()


def share_templates(app: Flask) -> Flask:
    """Have this app find what was compiled before. To be said before it looks at its first template."""
    app.jinja_options = {**app.jinja_options, "bytecode_cache": _COMPILED}
    return app


def compile_templates(folder: Path) -> None:
    """All of the portal's pages. What the app serves is not needed for that, only how templates speak."""
    app = share_templates(Flask("keyback", static_folder=None, template_folder=folder, instance_path=str(folder)))
    speak_in_templates(app.jinja_env)
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)
