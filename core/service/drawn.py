"""The last few pictures and sounds of human checks: a browser fetches a sound in pieces, and people look again."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from ..contracts.human_check import Part

# A sound takes a hundred thousand bytes.
MOST = 8


class Drawn:
    """In the memory of this process. Whoever asks elsewhere has it drawn there."""

    def __init__(self) -> None:
        self._parts: OrderedDict[str, Part] = OrderedDict()
        self._lock = Lock()

    def get(self, name: str) -> Part | None:
        """The one of this name, if it is still here."""
        with self._lock:
            return self._parts.get(name)

    def keep(self, name: str, part: Part) -> Part:
        """And forget the oldest."""
        with self._lock:
            self._parts[name] = part
            if len(self._parts) > MOST:
                self._parts.popitem(last=False)
        return part
