"""Many at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def at_once(count: int, act: Callable[[int], T]) -> list[T]:
    """Each in its own thread, started together: what each returned, in order; raises what one of them raised."""
    gate = threading.Barrier(count)

    def run(n: int) -> T:
        gate.wait(30)
        return act(n)

    with ThreadPoolExecutor(count) as crowd:
        return list(crowd.map(run, range(count)))


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
