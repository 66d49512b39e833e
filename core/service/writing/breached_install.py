"""Makes the file of `breached.py` out of downloads: lines of `HASH:count`, sorted or not, from any number of files."""

from __future__ import annotations

import os
import re
import sys
from array import array
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import IO

from ...contracts.errors import SettingsInvalid
from .breached import HEADING, WIDTH

# Digests are dealt out by their first ten bits and sorted heap by heap: of a billion, a heap holds a million.
_HEAPS = 1024
_HELD = 1_000_000
_LINE = re.compile(rb"([0-9A-Fa-f]{40})(?::([0-9]{1,18}))?\s*")


def install(sources: Iterable[Path], target: Path) -> int:
    """Put these downloads in place as one list, and say how many passwords it holds.

    Raises SettingsInvalid for a line that is not `HASH:count`; the list in use then stays as it was.
    """
    if target.exists() and not _is_list(target):
        # Whoever names the files in the wrong order must not lose a download.
        raise SettingsInvalid([f"{target} is not a list made by Keyback, so it is not replaced"])
    return write(_digests(sources), target)


def _is_list(target: Path) -> bool:
    with target.open("rb") as file:
        return file.read(len(HEADING)) in (HEADING, b"")


def write(digests: Iterable[bytes], target: Path) -> int:
    """Sort digests into a new file which takes the target's place only when it is whole and on disk."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=target.parent, prefix=".sorting-") as folder, _replacing(target) as new:
        _deal(digests, Path(folder))
        new.write(HEADING)
        return sum(_sorted_into(new, Path(folder) / str(number)) for number in range(_HEAPS))


def _digests(sources: Iterable[Path]) -> Iterator[bytes]:
    for source in sources:
        with source.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.isspace():
                    continue
                found = _LINE.fullmatch(line)
                if found is None:
                    # The line itself is not told: somebody may have taken a file of passwords for one of digests.
                    raise SettingsInvalid([f"{source}, line {number}: not a SHA-1 digest and a count"])
                if int(found[2] or 1) > 0:
                    yield bytes.fromhex(found[1].decode())[:WIDTH]


def _deal(digests: Iterable[bytes], folder: Path) -> None:
    heaps = [bytearray() for _ in range(_HEAPS)]
    for held, digest in enumerate(digests, 1):
        heaps[(digest[0] << 2) | (digest[1] >> 6)] += digest
        if held % _HELD == 0:
            _put_down(heaps, folder)
    _put_down(heaps, folder)


def _put_down(heaps: list[bytearray], folder: Path) -> None:
    for number, heap in enumerate(heaps):
        if heap:
            with (folder / str(number)).open("ab") as file:
                file.write(heap)
            heap.clear()


def _sorted_into(new: IO[bytes], heap: Path) -> int:
    if not heap.exists():
        return 0
    numbers = array("Q", heap.read_bytes())
    _turn(numbers)
    ordered = array("Q", sorted(set(numbers)))
    count = len(ordered)
    _turn(ordered)
    new.write(ordered.tobytes())
    return count


def _turn(numbers: array[int]) -> None:
    """Between the file's order of bytes and this machine's."""
    if sys.byteorder == "little":
        numbers.byteswap()


@contextmanager
def _replacing(target: Path) -> Iterator[IO[bytes]]:
    with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}-", delete=False) as new:
        try:
            yield new
            new.flush()
            os.fsync(new.fileno())
        except BaseException:
            Path(new.name).unlink()
            raise
    # Nothing in it is secret, and the server may run as somebody else than the one who installs it.
    Path(new.name).chmod(0o644)
    Path(new.name).replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
