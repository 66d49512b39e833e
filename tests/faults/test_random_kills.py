"""kill -9 at random moments, whoever it hits: people go on, and their histories are true (R1)."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from servers.crowd import at_work
from servers.historian import assert_true
from servers.keyback import Keyback
from servers.outfit import a_story
from servers.persistent import Persistent
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
    with at_work(lambda: Persistent(a_story(keyback, post, slapd), errs_first=False), 2) as crowd:
        # What the back office had in hand is taken up after twenty seconds: the kills at named points wait for that.
        pages = [process for process in keyback.workers() if process != keyback.office()]
        moments = _storm(lambda: pages, random.Random(1), 1)
    assert_true(slapd, crowd, faults=moments)


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_thousand_kills_harm_nobody(serve: Serve, post: Post, slapd: Slapd, database: str) -> None:
    _kill(serve(database), post, slapd, FULL // 2)


def _kill(keyback: Keyback, post: Post, slapd: Slapd, count: int) -> None:
    chance, kills, people = random.Random(count), 0, 0
    while kills < count:
        with at_work(lambda: Persistent(a_story(keyback, post, slapd)), PEOPLE) as crowd:
            moments = _storm(keyback.workers, chance, STORM)
        assert_true(slapd, crowd, faults=moments)
        kills, people = kills + len(moments), people + len(crowd)
        say(f"{kills} kills beside {people} people so far, all of them done")


def _storm(victims: Callable[[], list[int]], chance: random.Random, kills: int) -> list[float]:
    """Kills one process after the other, each after a while; when."""
    moments: list[float] = []
    while len(moments) < kills:
        # Time itself is meant: nothing says when a machine kills a process.
        time.sleep(chance.uniform(*PAUSES))
        # One that has just died is nobody's loss.
        with suppress(ProcessLookupError, IndexError):
            os.kill(chance.choice(victims()), signal.SIGKILL)
            moments.append(time.time())
    return moments
