"""A server gets no file handle or no memory any more: it says so or waits, and heals without a restart (R22)."""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from servers.broken_database import limited
from servers.crowd import at_work
from servers.historian import assert_true
from servers.keyback import Keyback
from servers.outfit import a_story
from servers.persistent import Persistent
from servers.serving import Serve, say
from servers.slapd import Slapd
from servers.story import Post

PEOPLE = 3
# So many times for so long, with such pauses between: drawn, for a machine starves at any moment and not at a step of
# ours.
TIMES, SECONDS, PAUSE = 5, 3.0, (1.0, 4.0)
MEGABYTE = 1024 * 1024
Starve = tuple[int, Callable[[int], int]]


def _handles(_: int) -> int:
    """Fewer than it has already: what is open stays open."""
    return 8


def _memory(process: int) -> int:
    """Hardly more than it has already."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[0])
    return pages * resource.getpagesize() + 2 * MEGABYTE


NO_HANDLES: Starve = (resource.RLIMIT_NOFILE, _handles)
NO_MEMORY: Starve = (resource.RLIMIT_AS, _memory)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("starve", [NO_HANDLES, NO_MEMORY], ids=["handles", "memory"])
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_server_that_starves_harms_nobody(
    serve: Serve, post: Post, slapd: Slapd, database: str, starve: Starve
) -> None:
    keyback, chance, moments = serve(database), random.Random(TIMES), list[float]()
    before = set(keyback.workers())
    with at_work(lambda: Persistent(a_story(keyback, post, slapd)), PEOPLE) as crowd:
        for _ in range(TIMES):
            time.sleep(chance.uniform(*PAUSE))
            with limited(keyback.workers, *starve):
                time.sleep(SECONDS)
            moments.append(time.time())
    assert_true(slapd, crowd, faults=moments)
    kept, troubles = before & set(keyback.workers()), sum(len(person.troubles) for person in crowd)
    say(f"starved {TIMES} times beside {len(crowd)} people with {troubles} troubles, {len(kept)} processes lived on")
    _serves_as_before(keyback, post, slapd)


def _serves_as_before(keyback: Keyback, post: Post, slapd: Slapd) -> None:
    person = Persistent(a_story(keyback, post, slapd), errs_first=False)
    person.live()
    assert person.troubles == []
