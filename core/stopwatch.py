"""Where the time of one step goes, a page or a job: each is done by one thread."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)

_now = time.perf_counter
# Whoever waits longer than this wants to know for what.
SLOW_SECONDS = 1.0


class _Step(threading.local):
    began: float = 0.0
    parts: dict[str, float]

    def __init__(self) -> None:
        self.parts = {}


_step = _Step()


def begin() -> None:
    """A step begins in this thread."""
    _step.began, _step.parts = _now(), {}


def seconds() -> float:
    """How long it has taken so far."""
    return _now() - _step.began if _step.began else 0.0


def end(what: str) -> float:
    """How many seconds the step took. A slow one says how long each part of it was; the rest is our own work."""
    took = seconds()
    if took > SLOW_SECONDS:
        parts = {name: round(spent * 1000) for name, spent in _step.parts.items()}
        log.warning("slow", extra={"what": what, "milliseconds": round(took * 1000), **parts})
    _step.began = 0.0
    return took


@contextmanager
def part(name: str) -> Iterator[None]:
    """What happens inside is this part of the step."""
    began = _now()
    try:
        yield
    finally:
        add(name, _now() - began)


def add(name: str, spent: float) -> None:
    """So many more seconds of this part."""
    _step.parts[name] = _step.parts.get(name, 0.0) + spent
