"""A plugin of somebody else's that carries texts, and does to its process what the test wishes."""

from __future__ import annotations

from .keyback import Keyback

_CODE = """
import ctypes, time
from pathlib import Path
from keyback.core import Text, hookimpl
from keyback.plugins.channels.http_gateway import HttpGateway

WISH, ASKED = Path({wish!r}), Path({asked!r})

class Faulty(HttpGateway):
    key = "faulty"
    label = Text("Faulty")

    def send(self, message, ctx):
        wish = WISH.read_text()
        ASKED.touch()
        if wish == "raise":
            raise ZeroDivisionError
        if wish == "hang":
            # The fault itself: longer than anybody waits for a plugin.
            time.sleep(120)
        if wish == "allocate":
            bytearray(1 << 30)
        if wish == "crash":
            ctypes.string_at(0)
        return super().send(message, ctx)

@hookimpl
def keyback_channels():
    return [Faulty]
"""


class FaultyPlugin:
    """Takes the gateway's place in a server that is stopped."""

    def __init__(self, keyback: Keyback) -> None:
        self._wish, self._asked = keyback.folder / "wish", keyback.folder / "asked"
        folder = keyback.folder / "plugins"
        info = folder / "faulty-1.0.dist-info"
        info.mkdir(parents=True)
        (folder / "faulty.py").write_text(_CODE.format(wish=str(self._wish), asked=str(self._asked)))
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: faulty\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[keyback]\nfaulty = faulty\n")
        keyback.environment["PYTHONPATH"] = str(folder)
        settings = keyback.folder / "keyback.toml"
        text = settings.read_text().replace('"http_gateway"', '"faulty"')
        settings.write_text(text.replace("[pin.channel.http_gateway]", "[pin.channel.faulty]"))

    @property
    def asked(self) -> bool:
        """Whether it was, since the start."""
        return self._asked.exists()

    def will(self, wish: str) -> None:
        """What it does from now on: raise, hang, allocate, crash; or work."""
        self._wish.write_text(wish)
