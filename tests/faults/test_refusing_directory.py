"""The directory takes no connections: before the first proof nobody sees it, after it nobody loses anything (R5)."""

from __future__ import annotations

import time

import pytest
from servers.fault_proxy import FaultProxy, Mode
from servers.historian import assert_true
from servers.outfit import a_story
from servers.persistent import Persistent, together
from servers.serving import Serve, say
from servers.slapd import Slapd
from servers.story import Post

# From its return to the last one who was waiting for it (R5).
BACK = 15.0
SHORT, LONG = 2, 20


def test_a_directory_that_refuses_is_said_and_costs_no_proof(
    serve: Serve, post: Post, slapd: Slapd, proxy: FaultProxy
) -> None:
    _refuse(serve, post, slapd, proxy, SHORT)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_many_wait_for_a_directory_that_refuses(
    serve: Serve, post: Post, slapd: Slapd, proxy: FaultProxy, database: str
) -> None:
    _refuse(serve, post, slapd, proxy, LONG, database)


def _refuse(serve: Serve, post: Post, slapd: Slapd, proxy: FaultProxy, count: int, database: str = "sqlite") -> None:
    keyback = serve(database)
    proven = [Persistent(a_story(keyback, post, slapd), stops_at="renewing") for _ in range(count)]
    together(proven)
    fresh = [Persistent(a_story(keyback, post, slapd)) for _ in range(count)]
    proxy.fault(Mode.REFUSE)
    proxy.drop_all()
    for person in fresh:
        assert person.story.start().stage == "choosing"
        assert person.story.pick_mail().stage == "answering"
    for person in proven:
        page = person.renew(person.story.here())
        assert (page.status, page.stage) == (503, "renewing"), page.text
        assert int(page.headers["Retry-After"]) > 0
        assert "your old password still works" in page.text
    proxy.heal()
    began, moment = time.monotonic(), time.time()
    for person in proven:
        person.stops_at = "done"
    together([*proven, *fresh])
    seconds = time.monotonic() - began
    say(f"{2 * count} people were done {seconds:.1f} s after the directory was back")
    assert_true(slapd, [*proven, *fresh], faults=[moment])
    assert all(len(person.recoveries) == 1 for person in proven)
    assert all(person.done_at - moment < BACK for person in proven)
