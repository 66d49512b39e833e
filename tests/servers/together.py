"""Many at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable


def all_at_once(count: int, act: Callable[[int], object]) -> list[str]:
    """Each in its own thread, started together; "set" or the name of what was raised."""
    outcomes: list[str] = []
    gate = threading.Barrier(count)

    def run(n: int) -> None:
        gate.wait()
        try:
            act(n)
            outcomes.append("set")
        except Exception as problem:
            outcomes.append(type(problem).__name__)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return outcomes
