"""Calls to plugins that do I/O, each within its bounds (house rule: a plugin can fail only itself)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import BoundedSemaphore, Lock
from time import perf_counter
from typing import TypeVar

from .. import stopwatch
from ..contracts.errors import OutcomeUnknown, PluginError, StoreUnavailable
from ..contracts.plugin import Plugin
from ..figures import CALLS
from ..guard import Busy, Guard, LateAnswer, NotAsked
from ..meter import Meter

T = TypeVar("T")

# As many as may be in flight at once. Many people at the same moment are no fault of the plugin: whoever comes when all
# places are taken waits for one, long enough for a plugin that works and too short for one that hangs to matter.
PLACES = 4
PATIENCE_SECONDS = 1.0

# What a slow step calls them.
PARTS = {"Store": "directory", "Channel": "provider"}


@dataclass(frozen=True)
class _Bounds:
    """A plugin's guard, and the queue before it."""

    guard: Guard
    queue: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(PLACES))

    def call(self, question: Callable[[], T], seconds: float) -> T:
        if not self.queue.acquire(timeout=PATIENCE_SECONDS):
            raise Busy(f"{self.guard.name} is busy")
        try:
            return self.guard.call(question, seconds)
        finally:
            self.queue.release()


class Calls:
    """One guard for each plugin, kept while snapshots come and go, so that a circuit survives a saved setting."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._bounds: dict[tuple[str, str], _Bounds] = {}
        self._lock = Lock()

    def ask(self, plugin: Plugin, question: Callable[[], T], seconds: float) -> T:
        """The plugin's answer, or PluginError when it is busy, resting or late."""
        name, began, outcome = _name(plugin), perf_counter(), "answered"
        try:
            with stopwatch.part(PARTS.get(name[0], name[0])):
                return self._bounds_of(name).call(question, seconds)
        except (NotAsked, LateAnswer) as failure:
            outcome = "late" if isinstance(failure, LateAnswer) else "not-asked"
            raise
        except Exception:
            outcome = "raised"
            raise
        finally:
            self._meter.time(CALLS, perf_counter() - began, *name, outcome)

    @property
    def circuits(self) -> Sequence[tuple[str, str, bool]]:
        """Of each plugin that was called: its kind, its key, and whether it is left alone for now."""
        with self._lock:
            return [(*name, bounds.guard.resting) for name, bounds in self._bounds.items()]

    def read(self, store: Plugin, question: Callable[[], T], seconds: float) -> T:
        """A question that changes nothing: whatever goes wrong, the store surely did nothing."""
        try:
            return self.ask(store, question, seconds)
        except PluginError as error:
            raise StoreUnavailable(str(error)) from error

    def write(self, store: Plugin, order: Callable[[], T], seconds: float) -> T:
        """An order: not asked is surely not done; a late answer, or a plugin that broke, may have done it."""
        try:
            return self.ask(store, order, seconds)
        except NotAsked as error:
            raise StoreUnavailable(str(error)) from error
        except PluginError as error:
            raise OutcomeUnknown(str(error)) from error

    def _bounds_of(self, name: tuple[str, str]) -> _Bounds:
        with self._lock:
            if name not in self._bounds:
                self._bounds[name] = _Bounds(Guard(" ".join(name), in_flight=PLACES))
            return self._bounds[name]


def _name(plugin: Plugin) -> tuple[str, str]:
    """Its kind and its key: "Store" and "openldap"."""
    kind = next(one for one in type(plugin).__mro__ if Plugin in one.__bases__)
    return kind.__name__, plugin.key
