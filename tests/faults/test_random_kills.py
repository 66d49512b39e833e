"""kill -9 at random moments, whoever it hits: people go on, and their histories are true (R1)."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from servers.historian import assert_true
from servers.keyback import Keyback
from servers.outfit import a_story
from servers.persistent import Persistent, together
from servers.serving import Serve, say
from servers.slapd import Slapd
from servers.story import Post

FULL = 1_000
PEOPLE = 4
# Then there is peace: whoever is killed again and again has nothing to say about what comes after.
STORM = 20
# Long enough for a new process to come up, or nobody would ever get on.
PAUSES = (0.3, 2.5)


def test_a_kill_at_a_random_moment_harms_nobody(serve: Serve, post: Post, slapd: Slapd) -> None:
    keyback = serve()
    crowd = [Persistent(a_story(keyback, post, slapd), errs_first=False) for _ in range(2)]
    # What the back office had in hand is taken up after twenty seconds: the kills at named points wait for that.
    pages = [process for process in keyback.workers() if process != keyback.office()]
    with _killer(lambda: pages, random.Random(1), most=1) as moments:
        together(crowd)
    assert_true(slapd, crowd, faults=moments)


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_thousand_kills_harm_nobody(serve: Serve, post: Post, slapd: Slapd, database: str) -> None:
    _kill(serve(database), post, slapd, FULL // 2)


def _kill(keyback: Keyback, post: Post, slapd: Slapd, count: int) -> None:
    chance, kills, people = random.Random(count), 0, 0
    while kills < count:
        crowd = [Persistent(a_story(keyback, post, slapd)) for _ in range(PEOPLE)]
        with _killer(keyback.workers, chance, most=STORM) as moments:
            together(crowd)
        assert_true(slapd, crowd, faults=moments)
        kills, people = kills + len(moments), people + len(crowd)
        say(f"{kills} kills beside {people} people so far, all of them done")


@contextmanager
def _killer(victims: Callable[[], list[int]], chance: random.Random, *, most: int) -> Iterator[list[float]]:
    """Kills one process after the other; when, stands in the list."""
    moments: list[float] = []
    over = threading.Event()

    def kill() -> None:
        while len(moments) < most and not over.wait(chance.uniform(*PAUSES)):
            # One that has just died is nobody's loss.
            with suppress(ProcessLookupError, IndexError):
                os.kill(chance.choice(victims()), signal.SIGKILL)
                moments.append(time.time())

    killing = threading.Thread(target=kill)
    killing.start()
    try:
        yield moments
    finally:
        over.set()
        killing.join()
