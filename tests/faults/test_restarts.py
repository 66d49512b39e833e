"""The whole server is ended in order and started again in the middle of everybody's work (R23)."""

from __future__ import annotations

import random
import threading
import time

import pytest
from servers.historian import assert_true
from servers.keyback import Keyback
from servers.outfit import a_story
from servers.persistent import Persistent, together
from servers.serving import Serve, say
from servers.slapd import Slapd
from servers.story import Post

FULL = 100
PEOPLE = 4
# What is promised from the signal to the end.
ENDED = 10.0


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_hundred_restarts_harm_nobody(serve: Serve, post: Post, slapd: Slapd, database: str) -> None:
    _restart(serve(database), post, slapd, FULL // 2)


def _restart(keyback: Keyback, post: Post, slapd: Slapd, count: int) -> None:
    chance, took = random.Random(count), [0.0]
    for _ in range(count):
        crowd = [Persistent(a_story(keyback, post, slapd)) for _ in range(PEOPLE)]
        living = threading.Thread(target=together, args=(crowd,))
        living.start()
        living.join(chance.uniform(0.2, 2.0))
        began, moment = time.monotonic(), time.time()
        assert keyback.stop() == 0
        took.append(time.monotonic() - began)
        keyback.start()
        living.join()
        assert_true(slapd, crowd, faults=[moment])
    say(f"{count} restarts, each ended within {max(took):.1f} s")
    assert max(took) < ENDED
