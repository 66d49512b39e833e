"""Is this password in a known leak? Asked of a file on this machine, so that no outside service learns anything.

The file is a heading and the first eight bytes of SHA-1 digests, sorted. Eight bytes are enough: beside a billion
leaked passwords a fresh one is mistaken for one of them once in twenty billion times. SHA-1 guards no secret here.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha1
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from ...contracts.errors import SettingsInvalid

HEADING = b"keyback leaked 1"
WIDTH = 8


def digest_of(password: str) -> bytes:
    """What the file keeps of a password."""
    # Half characters never reach a directory; here they must only not raise.
    return sha1(password.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()[:WIDTH]


@dataclass(frozen=True, slots=True)
class _Opened:
    """One edition of the file. It stays readable while somebody uses it, whatever has taken its place."""

    file: BinaryIO
    mark: tuple[int, int, int]
    count: int

    def at(self, index: int) -> bytes:
        # Not mapped into memory: a file that somebody cuts short would end the process instead of raising.
        return os.pread(self.file.fileno(), WIDTH, len(HEADING) + index * WIDTH)

    def __del__(self) -> None:
        self.file.close()

    def holds(self, digest: bytes) -> bool:
        low, high = 0, self.count
        while low < high:
            middle = (low + high) // 2
            if self.at(middle) < digest:
                low = middle + 1
            else:
                high = middle
        return low < self.count and self.at(low) == digest


class Breached:
    """The leaked passwords. A file that takes the place of this one is seen by the next question. None: no file."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = Lock()
        self._opened = None if path is None else _open(path)

    def __contains__(self, password: object) -> bool:
        opened = self._current()
        return opened is not None and isinstance(password, str) and opened.holds(digest_of(password))

    def __len__(self) -> int:
        opened = self._current()
        return 0 if opened is None else opened.count

    @property
    def made_at(self) -> datetime | None:
        """When the file was put in place; None without a file."""
        opened = self._current()
        return None if opened is None else datetime.fromtimestamp(opened.mark[1] / 1e9, UTC)

    def close(self) -> None:
        """Let go of it, for whoever asks nothing more. Left to chance, an interpreter that ends warns of it."""
        with self._lock:
            opened, self._opened = self._opened, None
        if opened is not None:
            opened.file.close()

    def _current(self) -> _Opened | None:
        path, opened = self._path, self._opened
        if path is None or opened is None or _mark(path) in (opened.mark, None):
            # A file that was taken away after the start is still open here, and still says no to what it holds.
            return opened
        with self._lock:
            if self._opened is opened:
                self._opened = _open(path)
            return self._opened


def _mark(path: Path) -> tuple[int, int, int] | None:
    try:
        now = path.stat()
    except OSError:
        return None
    return now.st_ino, now.st_mtime_ns, now.st_size


def _open(path: Path) -> _Opened:
    try:
        file = path.open("rb", buffering=0)
    except OSError as problem:
        raise SettingsInvalid([f"the list of breached passwords {path} cannot be read"]) from problem
    now = os.fstat(file.fileno())
    count, rest = divmod(now.st_size - len(HEADING), WIDTH)
    if file.read(len(HEADING)) != HEADING or rest:
        file.close()
        raise SettingsInvalid([f"{path} is not a list of breached passwords made by Keyback, or not a whole one"])
    return _Opened(file, (now.st_ino, now.st_mtime_ns, now.st_size), count)
