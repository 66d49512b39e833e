"""A plugin that hangs costs its own four places, and nothing else."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from keyback.core.contracts.errors import PluginError, StoreUnavailable
from keyback.core.guard import Busy, Guard, LateAnswer, NotAsked, Resting


class Clock:
    """Time that moves when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Hanging:
    """A call that hangs until the test lets it go."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.came_back = threading.Semaphore(0)
        self.begun = threading.Semaphore(0)

    def __call__(self) -> str:
        self.begun.release()
        self.let_go.wait(30)
        self.came_back.release()
        return "late"


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    call = Hanging()
    yield call
    call.let_go.set()


def late(guard: Guard, fn: Callable[[], object]) -> None:
    with pytest.raises(LateAnswer):
        guard.call(fn, 0.02)


def answer_or_busy(guard: Guard) -> str:
    try:
        return guard.call(lambda: "free", 5)
    except Busy:
        # Its thread has come back and is about to say so.
        threading.Event().wait(0.01)
        return "busy"


def in_the_background(guard: Guard, hanging: Hanging) -> threading.Thread:
    def call() -> None:
        with contextlib.suppress(PluginError):
            guard.call(hanging, 30)

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    assert hanging.begun.acquire(timeout=10)
    return thread


def test_an_answer_in_time_passes_through() -> None:
    assert Guard("ldap").call(lambda: 42, 5) == 42


def test_an_exception_in_time_passes_through_as_it_is() -> None:
    fault = StoreUnavailable("no route")

    def broken() -> None:
        raise fault

    with pytest.raises(StoreUnavailable) as caught:
        Guard("ldap").call(broken, 5)
    assert caught.value is fault


def test_a_plugin_cannot_end_the_thread_that_asked() -> None:
    with pytest.raises(PluginError, match="SystemExit"):
        Guard("rude").call(lambda: sys.exit(3), 5)


def test_a_late_answer_is_said_to_be_late_and_thrown_away(hanging: Hanging) -> None:
    guard = Guard("ldap")
    late(guard, hanging)
    hanging.let_go.set()
    assert hanging.came_back.acquire(timeout=10)
    assert guard.call(lambda: "new", 5) == "new"


def test_the_fifth_call_in_flight_is_refused_at_once_and_never_made(hanging: Hanging) -> None:
    guard = Guard("ldap")
    for _ in range(4):
        in_the_background(guard, hanging)
    made: list[int] = []
    with pytest.raises(Busy):
        guard.call(lambda: made.append(1), 30)
    assert made == []


def test_a_call_that_came_back_late_frees_its_place(hanging: Hanging) -> None:
    guard = Guard("ldap", in_flight=1)
    late(guard, hanging)
    with pytest.raises(Busy):
        guard.call(lambda: 1, 5)
    hanging.let_go.set()
    assert hanging.came_back.acquire(timeout=10)
    assert "free" in [answer_or_busy(guard) for _ in range(500)]


def test_three_late_answers_in_a_row_make_it_rest_for_thirty_seconds(hanging: Hanging) -> None:
    clock = Clock()
    guard = Guard("sms", clock=clock)
    for _ in range(3):
        late(guard, hanging)
    with pytest.raises(Resting):
        guard.call(lambda: 1, 5)
    clock.now += 29.9
    with pytest.raises(Resting):
        guard.call(lambda: 1, 5)
    clock.now += 0.2
    assert guard.call(lambda: 1, 5) == 1


def test_after_its_rest_one_more_late_answer_is_enough(hanging: Hanging) -> None:
    clock = Clock()
    guard = Guard("sms", clock=clock)
    for _ in range(3):
        late(guard, hanging)
    clock.now += 31
    late(guard, hanging)
    with pytest.raises(Resting):
        guard.call(lambda: 1, 5)


def test_an_answer_in_time_forgives_late_ones_before_it(hanging: Hanging) -> None:
    guard = Guard("sms")
    late(guard, hanging)
    late(guard, hanging)
    guard.call(lambda: 1, 5)
    late(guard, hanging)
    assert guard.call(lambda: 1, 5) == 1


def test_not_asked_and_late_are_told_apart_because_one_of_them_may_have_written() -> None:
    assert issubclass(Busy, NotAsked)
    assert issubclass(Resting, NotAsked)
    assert not issubclass(LateAnswer, NotAsked)


def test_a_call_whose_time_was_over_before_it_began_is_never_made() -> None:
    for _ in range(200):
        made = threading.Event()
        try:
            Guard("ldap").call(made.set, 0)
        except NotAsked:
            assert not made.wait(0.001)
        except LateAnswer:
            pass


def test_threads_are_used_again() -> None:
    guard = Guard("ldap")
    used = {guard.call(threading.get_ident, 5) for _ in range(50)}
    assert len(used) == 1


def test_an_idle_thread_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keyback.core.guard.IDLE_SECONDS", 0.01)
    guard = Guard("brief")
    worker = guard.call(threading.current_thread, 5)
    worker.join(10)
    assert not worker.is_alive()
    assert guard.call(lambda: "still answers", 5) == "still answers"


def test_forty_callers_of_a_quick_plugin_get_their_own_answers_or_busy() -> None:
    guard = Guard("quick")
    wrong: list[object] = []

    def ask(number: int) -> None:
        for _ in range(50):
            try:
                if guard.call(lambda: number, 30) != number:
                    wrong.append(number)
            except Busy:
                continue

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert wrong == []


TWENTY_HUNG = """
import threading, time
from keyback.core.contracts.errors import PluginError
from keyback.core.guard import Guard

hung, healthy = Guard("hung"), Guard("healthy")
for_ever = threading.Event()

def ask():
    try:
        hung.call(for_ever.wait, 3.0)
    except PluginError as fault:
        print(type(fault).__name__, flush=True)

threads = [threading.Thread(target=ask) for _ in range(20)]
[thread.start() for thread in threads]
began = time.monotonic()
assert healthy.call(lambda: "here", 5) == "here"
print("healthy after", time.monotonic() - began < 2.5, flush=True)
[thread.join() for thread in threads]
"""


def test_twenty_hung_calls_of_one_plugin_slow_no_other_and_the_process_ends_cleanly() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", TWENTY_HUNG],
        capture_output=True,
        text=True,
        timeout=30,
        env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "healthy after True" in lines
    assert lines.count("LateAnswer") == 4
    assert lines.count("Busy") + lines.count("Resting") == 16


FORKED = """
import os
from keyback.core.guard import Guard

guard = Guard("ldap")
guard.call(lambda: 1, 5)
child = os.fork()
if not child:
    os._exit(0 if guard.call(lambda: 2, 5) == 2 else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""


def test_a_process_that_forks_does_not_wait_for_threads_it_left_behind() -> None:
    path = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, text=True, timeout=30, env=path)
    assert done.returncode == 0, done.stderr
