"""What a disk holds after the power failed: SQLite's files at one moment, without what no fsync had kept yet."""

from __future__ import annotations

import random
import shutil
import signal
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .keyback import Keyback
from .nodes import signalled
from .stopped import stands_still
from .story import wait_until

_HEADER, _FRAME = 32, 24


@dataclass(frozen=True)
class Frame:
    """One page in the write-ahead log. The last one of a transaction is its commit."""

    start: int
    end: int
    page: int
    commit: bool


def image(keyback: Keyback, folder: Path) -> Path:
    """The files as they are in the middle of whatever is going on; every process stands still meanwhile."""
    folder.mkdir()
    source = keyback.folder / "data" / "keyback.db"
    processes = keyback.processes()
    signalled(keyback, signal.SIGSTOP)
    try:
        wait_until(lambda: all(map(stands_still, processes)), "everything to stand still")
        for suffix in ("", "-wal"):
            if (part := Path(f"{source}{suffix}")).exists():
                shutil.copy(part, folder / part.name)
    finally:
        signalled(keyback, signal.SIGCONT)
    return folder / source.name


def cut(database: Path, chance: random.Random) -> None:
    """The last transaction was being written: only some of it arrived, and the end of that is rubbish."""
    log = _log(database)
    commits = [frame.end for frame in frames(database) if frame.commit]
    begun = commits[-2] if len(commits) > 1 else _HEADER
    kept = log.read_bytes()
    if len(kept) > begun:
        arrived = chance.randrange(begun, len(kept))
        log.write_bytes(kept[:arrived] + chance.randbytes(min(512, len(kept) - arrived)))


def tear(database: Path, chance: random.Random) -> None:
    """Pages were being copied out of the log into the database: what is there now is half of one and half of another.

    Until that is synced the log is not begun anew, so every page that may be torn still stands in it whole.
    """
    if not (committed := list(_committed(frames(database)))):
        return
    size = (committed[0].end - committed[0].start) - _FRAME
    with database.open("r+b") as file:
        length = file.seek(0, 2)
        for page in {frame.page for frame in committed}:
            if page * size <= length:
                file.seek((page - 1) * size + size // 2)
                file.write(chance.randbytes(size // 2))


def frames(database: Path) -> Iterator[Frame]:
    """The frames of the log that were written since it was begun anew."""
    log = _log(database)
    content = log.read_bytes() if log.exists() else b""
    if len(content) < _HEADER:
        return
    size = _FRAME + struct.unpack_from(">I", content, 8)[0]
    salts = content[16:24]
    for start in range(_HEADER, len(content) - size + 1, size):
        if content[start + 8 : start + 16] != salts:
            return
        page, pages = struct.unpack_from(">II", content, start)
        yield Frame(start, start + size, page, pages > 0)


def _committed(found: Iterator[Frame]) -> Iterator[Frame]:
    """Without what stands behind the last commit."""
    waiting: list[Frame] = []
    for frame in found:
        waiting.append(frame)
        if frame.commit:
            yield from waiting
            waiting = []


def _log(database: Path) -> Path:
    return database.with_name(database.name + "-wal")
