"""People at work for as long as something is broken around them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from .together import at_once


class Lives(Protocol):
    """Somebody with something to do here."""

    def live(self) -> None:
        """From the first page to the last."""


T = TypeVar("T", bound=Lives)


@contextmanager
def at_work(somebody: Callable[[], T], count: int) -> Iterator[list[T]]:
    """So many at a time, one journey after the other, until the block ends; whoever began is in the list.

    Those who are in the middle of it then go on to their end, so that their histories can be judged.
    """
    everybody: list[T] = []
    over = threading.Event()
    failed: list[BaseException] = []

    def live(_: int) -> None:
        while not over.is_set() and not failed:
            everybody.append(person := somebody())
            try:
                person.live()
            except BaseException as problem:
                failed.append(problem)

    working = threading.Thread(target=at_once, args=(count, live))
    working.start()
    try:
        yield everybody
    finally:
        over.set()
        working.join()
        # Whatever the block waited for in vain, this is why.
        if failed:
            raise failed[0]
