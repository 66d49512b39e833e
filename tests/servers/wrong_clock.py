"""A clock that a test can set, for one server and its processes alone."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

from .keyback import Keyback

_SOURCE = Path(__file__).with_suffix(".c")


def missing() -> str:
    """Why no clock can be set here; empty when one can."""
    return "" if shutil.which("cc") else "no C compiler is installed here"


class WrongClock:
    """Made before the server starts; it is right until it is set. Steady clocks stay steady."""

    def __init__(self, keyback: Keyback) -> None:
        library, self._file = keyback.folder / "wrong_clock.so", keyback.folder / "clock"
        subprocess.run(["cc", "-shared", "-fPIC", "-o", str(library), str(_SOURCE), "-ldl"], check=True)
        self._file.write_bytes(bytes(8))
        keyback.environment |= {"LD_PRELOAD": str(library), "KB_WRONG_CLOCK": str(self._file)}

    def set(self, seconds: int) -> None:
        """So far before the true time, or behind it; every process sees it at once."""
        with self._file.open("r+b") as file:
            file.write(struct.pack("q", seconds))
