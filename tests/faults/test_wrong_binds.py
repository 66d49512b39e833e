"""Somebody guesses at the same account all the time: the owner's reset succeeds, and nothing of ours counts."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from servers.historian import assert_true
from servers.outfit import a_story
from servers.persistent import Persistent, together
from servers.serving import Serve, say
from servers.slapd import Slapd
from servers.story import Post

QUICK, FULL = 4, 100
AT_ONCE = 2
PER_SECOND = 50


class Stranger:
    """Signs in with wrong passwords, fifty times a second, on one connection."""

    def __init__(self, slapd: Slapd, dn: str) -> None:
        self.tries, self.seconds = 0, 0.0
        self._connection: Any = slapd.connection(dn, b"not the password")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._try_for_ever)

    def __enter__(self) -> Stranger:
        self._connection.open(read_server_info=False)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._connection.unbind()

    def _try_for_ever(self) -> None:
        began = time.monotonic()
        while not self._stop.wait(max(0.0, began + self.tries / PER_SECOND - time.monotonic())):
            assert not self._connection.bind(read_server_info=False)
            self.tries += 1
        self.seconds = time.monotonic() - began


def test_a_stranger_who_guesses_stops_no_reset(serve: Serve, post: Post, slapd: Slapd) -> None:
    _under_fire(serve, post, slapd, QUICK)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_stranger_who_guesses_stops_none_of_a_hundred_resets(serve: Serve, post: Post, slapd: Slapd) -> None:
    _under_fire(serve, post, slapd, FULL)


def test_a_reset_makes_no_wrong_sign_in_itself(serve: Serve, post: Post, slapd: Slapd) -> None:
    person = Persistent(a_story(serve(processes=1), post, slapd), stops_at="renewing")
    person.live()
    # Before the write, for the write itself would wipe the marks away.
    assert _marks(slapd, person) == []
    assert person.renew(person.story.here()).stage == "done"
    assert _marks(slapd, person) == []


def _under_fire(serve: Serve, post: Post, slapd: Slapd, count: int) -> None:
    keyback = serve()
    strangers: list[Stranger] = []
    crowd: list[Persistent] = []
    for _ in range(0, count, AT_ONCE):
        people = [Persistent(a_story(keyback, post, slapd)) for _ in range(AT_ONCE)]
        with Stranger(slapd, people[0].dn) as one, Stranger(slapd, people[1].dn) as other:
            together(people)
        strangers, crowd = [*strangers, one, other], [*crowd, *people]
    assert all(stranger.tries > 0 for stranger in strangers)
    assert all(len(person.recoveries) == 1 for person in crowd), [person.troubles for person in crowd]
    assert_true(slapd, crowd)
    tries, seconds = sum(one.tries for one in strangers), sum(one.seconds for one in strangers)
    say(f"{count} resets under {tries} wrong sign-ins, {tries / seconds:.0f} a second for each")


def _marks(slapd: Slapd, person: Persistent) -> list[Any]:
    return slapd.read(person.dn, "pwdFailureTime")["pwdFailureTime"]
