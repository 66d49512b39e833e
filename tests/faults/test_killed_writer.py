"""Whoever writes a password is killed between saying so and saying what became of it: another process finds out."""

from __future__ import annotations

import threading
import time
from itertools import cycle, islice

import pytest
from servers.fault_proxy import FaultProxy, Mode
from servers.historian import assert_true
from servers.serving import Serve, say
from servers.slapd import Slapd
from servers.stopped import Stopped
from servers.story import Post, wait_until
from servers.told import TRUE, Told, proven

FULL = 200
# So few that all are killed before the first one types again, twenty seconds later.
AT_ONCE = 5
# Before the order, while it is on its way, and after its answer; `test_kill.py` kills there every day.
MOMENTS = ("intent-stored", "write-sent", "write-answered")


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_two_hundred_killed_writers_leave_no_lie(serve: Serve, post: Post, slapd: Slapd, proxy: FaultProxy) -> None:
    keyback = serve()
    moments, healed = cycle(MOMENTS), 0.0
    for _ in range(FULL // AT_ONCE):
        batch = proven(keyback, post, slapd, AT_ONCE)
        writing = [
            _killed(one, moment, slapd, proxy) for one, moment in zip(batch, islice(moments, AT_ONCE), strict=True)
        ]
        for thread, _ in writing:
            thread.join()
        kills = [killed for _, killed in writing]
        took = max(one.person.done_at - killed for one, killed in zip(batch, kills, strict=True))
        assert took < TRUE
        assert_true(slapd, [one.person for one in batch], faults=kills)
        healed = max(healed, took)
    say(f"{FULL} writers were killed, everybody was done within {healed:.1f} s")


def _killed(one: Told, moment: str, slapd: Slapd, proxy: FaultProxy) -> tuple[threading.Thread, float]:
    """Who lives on, and when their writer died."""
    one.person.stops_at = "done"
    keyback = one.person.story.keyback
    if moment != "write-sent":
        keyback.arm(moment)
        living = _living(one)
        order = wait_until(lambda: next(keyback.faultpoints.glob(f"{moment}.*"), None), "the writer to come by")
        order.unlink()
        return living, time.time()
    writer = Stopped(keyback)
    living = _living(one)
    writer.wait()
    # It looks at the object once more; what is answered no more is the second thing that it sends, the order.
    proxy.fault(Mode.STALL, skip=2)
    writer.go_on()
    wait_until(lambda: slapd.writes(one.person.dn) == 1, "the directory to do it")
    writer.kill()
    proxy.heal()
    return living, time.time()


def _living(one: Told) -> threading.Thread:
    thread = threading.Thread(target=one.person.live)
    thread.start()
    return thread
