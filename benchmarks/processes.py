"""What processes cost, read from /proc: CPU with their children's, dead or alive, and their share of memory."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> Iterator[int]:
    """A process and all below it."""
    yield pid
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
    except FileNotFoundError:
        return
    for thread in threads:
        for child in (thread / "children").read_text().split():
            yield from tree(int(child))


def cpu(pid: int) -> float:
    """Seconds of CPU that this process and everything it started have used so far."""
    return sum(_own(one) for one in tree(pid))


def _own(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    # utime, stime, and the same of children that ended and were waited for.
    return sum(map(int, fields[11:15])) / _TICK


def pss(pid: int) -> float:
    """Mebibytes of memory, shared pages divided among those that share them."""
    return sum(_share(one) for one in tree(pid)) / 1024


def _share(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


class Meter:
    """CPU seconds of each group since it was made."""

    def __init__(self, groups: Mapping[str, int]) -> None:
        self._groups = groups
        self._before = {name: cpu(pid) for name, pid in groups.items()}

    def read(self) -> dict[str, float]:
        """By group."""
        return {name: cpu(pid) - self._before[name] for name, pid in self._groups.items()}


def wait_for_rest(groups: Mapping[str, int], most: float = 60.0) -> None:
    """Until they use less than a fiftieth of a core: what a server does after its start is no request's cost.

    Raises TimeoutError after `most` seconds.
    """
    end = time.monotonic() + most
    while time.monotonic() < end:
        meter = Meter(groups)
        time.sleep(1)
        if sum(meter.read().values()) < 0.02:
            return
    raise TimeoutError(f"still busy after {most:g} seconds")


class Yardstick:
    """How much the machine is disturbed: CPU of a small fixed piece of work, taken again and again during a round.

    Neighbours on the same cores make everything dearer, this too. The ratio to its least ever says how much.
    """

    least = float("inf")

    def __init__(self) -> None:
        self._taken: list[float] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._take, daemon=True)

    def __enter__(self) -> Yardstick:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        Yardstick.least = min(Yardstick.least, *self._taken)

    @property
    def disturbed(self) -> float:
        """How many times dearer than at best it was on average."""
        return sum(self._taken) / len(self._taken) / Yardstick.least

    def _take(self) -> None:
        # Once at least, however short the round.
        while not self._taken or not self._over.wait(0.1):
            began = time.thread_time()
            for _ in range(20_000):
                pass
            self._taken.append(time.thread_time() - began)
