"""Calls to plugins that do I/O, each within its bounds (house rule: a plugin can fail only itself)."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TypeVar

from ..contracts.errors import OutcomeUnknown, PluginError, StoreUnavailable
from ..contracts.plugin import Plugin
from ..guard import Guard, NotAsked

T = TypeVar("T")


class Calls:
    """One guard for each plugin, kept while snapshots come and go, so that a circuit survives a saved setting."""

    def __init__(self) -> None:
        self._guards: dict[str, Guard] = {}
        self._lock = Lock()

    def ask(self, plugin: Plugin, question: Callable[[], T], seconds: float) -> T:
        """The plugin's answer, or PluginError when it is busy, resting or late."""
        return self._guard(plugin).call(question, seconds)

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

    def _guard(self, plugin: Plugin) -> Guard:
        name = f"{type(plugin).__mro__[1].__name__}:{plugin.key}"
        with self._lock:
            if name not in self._guards:
                self._guards[name] = Guard(name)
            return self._guards[name]
