"""The database is locked, full or away: nobody waits for long, nothing is half done, and it heals by itself.

R10 and R12. The event log is in the same database, so whatever cannot be recorded cannot be done either.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from servers.broken_database import Broken, full, locked, no_connection_left, read_only, small_disk, unwritable
from servers.browser import Page
from servers.crowd import at_work
from servers.event_log import events
from servers.historian import assert_true
from servers.keyback import Keyback
from servers.outfit import a_story, opens
from servers.persistent import Persistent, together
from servers.serving import Serve, say
from servers.slapd import PASSWORD, Slapd
from servers.stopped import Stopped
from servers.story import Post, solve_on, wait_until

# Five seconds are promised; the rest is for a machine that has other things to do.
ANSWERED = 5.0 + 3.0
ROUNDS = 12


def test_a_database_that_cannot_be_written_stops_everything_and_nothing_for_good(
    serve: Serve, post: Post, slapd: Slapd
) -> None:
    _break(serve(), post, slapd, unwritable)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    ("database", "broken"),
    [
        ("sqlite", unwritable),
        ("sqlite", locked),
        ("postgresql", locked),
        ("postgresql", read_only),
        ("postgresql", no_connection_left),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_database_that_fails_again_and_again_harms_nobody(
    serve: Serve, post: Post, slapd: Slapd, database: str, broken: Broken
) -> None:
    keyback = serve(database)
    for _ in range(ROUNDS):
        _break(keyback, post, slapd, broken)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_full_disk_harms_nobody(serve: Serve, post: Post, slapd: Slapd, tmp_path: Path) -> None:
    """What SQLite's log has room for is still written, so some get through; all others are told to come again."""
    told, served = 0, 0
    try:
        with small_disk(tmp_path / "small", "16m") as folder:
            keyback = serve(f"sqlite:///{folder / 'keyback.db'}")
            for _ in range(ROUNDS):
                with at_work(lambda: Persistent(a_story(keyback, post, slapd)), 4) as people:
                    with full(folder):
                        wait_until(lambda: _told_to_wait(people), "somebody to find it full", 60)
                    healed = time.time()
                assert_true(slapd, people, faults=[healed])
                told, served = told + _told_to_wait(people), served + len(people)
            keyback.stop()
    except PermissionError as error:
        pytest.skip(f"no disk can be made here: {error}")
    say(f"{ROUNDS} times full beside {served} people: {told} times somebody was told to come again")


def _told_to_wait(people: Sequence[Persistent]) -> int:
    return sum("503" in trouble for person in list(people) for trouble in person.troubles)


def test_a_log_that_cannot_be_written_stops_nobody(serve: Serve, post: Post, slapd: Slapd, tmp_path: Path) -> None:
    keyback = serve()
    keyback.stop()
    keyback.log = Path("/dev/full")
    keyback.start()
    person = Persistent(a_story(keyback, post, slapd))
    person.live()
    assert_true(slapd, [person])
    assert len(person.recoveries) == 1


def _break(keyback: Keyback, post: Post, slapd: Slapd, broken: Broken) -> None:
    writing, waiting = (Persistent(a_story(keyback, post, slapd), stops_at="renewing") for _ in range(2))
    together([writing, waiting])
    fresh = Persistent(a_story(keyback, post, slapd))
    door = fresh.story.browser.get("/recover")
    solved = solve_on(door)
    in_the_middle = _Writing(keyback, writing)
    with broken(keyback):
        in_the_middle.go_on(slapd)
        assert in_the_middle.page is not None
        _is_told_to_wait(in_the_middle.page)
        assert "We don’t know yet" in in_the_middle.page.text
        _is_told_to_wait(waiting.renew(waiting.story.here()))
        _is_told_to_wait(fresh.story.browser.submit(door, identifier=fresh.story.name, proof_of_work=solved))
        assert slapd.writes(waiting.dn) == 0
        assert opens(slapd, waiting.story, PASSWORD)
    _heals(keyback, slapd, [writing, waiting, fresh])


def _is_told_to_wait(page: Page) -> None:
    assert page.status == 503, page.text
    assert int(page.headers["Retry-After"]) > 0
    assert page.seconds < ANSWERED


class _Writing:
    """Somebody whose order was on its way to the directory when it happened."""

    def __init__(self, keyback: Keyback, person: Persistent) -> None:
        self.page: Page | None = None
        self._person = person
        self._stopped = Stopped(keyback)
        self._asking = threading.Thread(target=self._ask)
        self._asking.start()
        self._stopped.wait()

    def go_on(self, slapd: Slapd) -> None:
        """The directory does it, and nobody can write that down."""
        self._stopped.go_on()
        self._asking.join()
        wait_until(lambda: slapd.writes(self._person.dn) == 1, "the directory to do it")

    def _ask(self) -> None:
        self.page = self._person.renew(self._person.story.here())


def _heals(keyback: Keyback, slapd: Slapd, people: list[Persistent]) -> None:
    """Without a restart; nobody proves anything twice, and what nobody could write down is found out."""
    before, healed = set(keyback.workers()), time.time()
    for person in people:
        person.stops_at = "done"
    together(people)
    assert_true(slapd, people, faults=[healed])
    assert set(keyback.workers()) == before
    assert [len(person.recoveries) for person in people] == [1, 1, 1]
    assert len(people[0].wishes) == 1
    assert events(keyback, people[1].recovery).count("password.intended") == 1
    say(f"everybody done {max(person.done_at for person in people) - healed:.1f} s after it healed")
