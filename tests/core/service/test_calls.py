"""Calls to plugins: many people at once are no fault, a plugin that hangs is."""

from __future__ import annotations

import threading
import time

import pytest
from servers.together import all_at_once

from keyback.core.contracts.errors import StoreUnavailable
from keyback.core.meter import Meter
from keyback.core.service import calls
from keyback.core.service.calls import PLACES, Calls
from keyback.core.testing import FakeStore


def test_more_people_than_places_are_all_answered() -> None:
    bounds, store = Calls(Meter()), FakeStore()
    inside, most, lock = 0, 0, threading.Lock()
    # Nobody leaves before every place is taken, so the others surely come while all of them are.
    full = threading.Barrier(PLACES, timeout=5)

    def question() -> None:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        full.wait()
        with lock:
            inside -= 1

    outcomes = all_at_once(6 * PLACES, lambda n: bounds.write(store, question, 5))
    assert outcomes == ["set"] * 6 * PLACES
    assert most == PLACES


def test_behind_a_plugin_that_hangs_nobody_waits_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "PATIENCE_SECONDS", 0.05)
    bounds, store, never = Calls(Meter()), FakeStore(), threading.Event()
    hanging = [threading.Thread(target=lambda: bounds.ask(store, never.wait, 10)) for _ in range(PLACES)]
    for thread in hanging:
        thread.start()
    began = time.monotonic()
    with pytest.raises(StoreUnavailable):
        bounds.read(store, lambda: None, 10)
    # Without patience of its own it would be the ten seconds of those who hang.
    assert time.monotonic() - began < 5
    never.set()
    for thread in hanging:
        thread.join()
