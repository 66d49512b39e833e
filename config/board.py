"""A board that every process of one server reads, and on which each writes its own figures in a place of its own."""

from __future__ import annotations

import json
import mmap
import struct
import time
import zlib
from dataclasses import dataclass, field

from ..core.meter import Meter, Numbers

# Memory that nobody has written to yet costs nothing.
PLACE = 256 * 1024
_HEAD = struct.Struct("!II")
_TRIES, _PAUSE = 20, 0.001


@dataclass(frozen=True, slots=True)
class Note:
    """What one process says: totals outlive it, what was measured does not."""

    totals: Numbers = field(default_factory=dict)
    measured: Numbers = field(default_factory=dict)


class Board:
    """Made before the fork, so that it is the same memory for all. What a killed process counted stays counted."""

    def __init__(self, places: int) -> None:
        self.places = places
        self._memory = mmap.mmap(-1, places * PLACE)

    def publish(self, place: int, meter: Meter) -> None:
        """Write down what this process says."""
        self._write(place, Note(meter.totals, meter.measured))

    def retire(self, place: int) -> None:
        """Its process has ended: what it counted was counted, what it measured is over."""
        self._write(place, Note(self.read(place).totals))

    def read(self, place: int) -> Note:
        """What stands there; nothing where nobody has written."""
        start = place * PLACE
        for _ in range(_TRIES):
            size, check = _HEAD.unpack_from(self._memory, start)
            body = self._memory[start + _HEAD.size : start + _HEAD.size + size]
            if zlib.crc32(body) == check:
                return _read(body) if body else Note()
            # Somebody writes at this very moment.
            time.sleep(_PAUSE)
        return Note()

    def everything(self) -> list[Note]:
        """What all of them say."""
        return [self.read(place) for place in range(self.places)]

    def _write(self, place: int, note: Note) -> None:
        rows = [
            [[name, labels, part, value] for (name, labels, part), value in numbers.items()]
            for numbers in (note.totals, note.measured)
        ]
        body = json.dumps(rows, separators=(",", ":")).encode()
        if len(body) <= PLACE - _HEAD.size:
            start = place * PLACE
            _HEAD.pack_into(self._memory, start, len(body), zlib.crc32(body))
            self._memory[start + _HEAD.size : start + _HEAD.size + len(body)] = body


def _read(body: bytes) -> Note:
    return Note(
        *({(name, tuple(labels), part): value for name, labels, part, value in rows} for rows in json.loads(body))
    )
