"""Whoever writes a password is killed between saying so and saying what became of it: another process finds out."""

from __future__ import annotations

import pytest
from servers.fault_proxy import FaultProxy
from servers.historian import assert_true
from servers.killed_writer import AT_ONCE, MOMENTS, killed
from servers.late_orders import length_of_an_order
from servers.serving import Serve, say
from servers.slapd import Slapd
from servers.story import Post
from servers.told import TRUE, proven

FULL = 200


# `test_kill.py` kills there every day.
@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_two_hundred_killed_writers_leave_no_lie(serve: Serve, post: Post, slapd: Slapd, proxy: FaultProxy) -> None:
    keyback = serve()
    length, healed = length_of_an_order(proven(keyback, post, slapd, 1)[0], proxy), 0.0
    for _ in range(-(-FULL // AT_ONCE)):
        batch = proven(keyback, post, slapd, AT_ONCE)
        writing = [
            killed(one, moment, proxy, length=length, is_written=lambda: slapd.writes(one.person.dn) == 1)  # noqa: B023
            for one, moment in zip(batch, MOMENTS, strict=True)
        ]
        for thread, _ in writing:
            thread.join()
        kills = [died for _, died in writing]
        took = max(one.person.done_at - died for one, died in zip(batch, kills, strict=True))
        assert took < TRUE
        assert_true(slapd, [one.person for one in batch], faults=kills)
        healed = max(healed, took)
    say(f"{FULL} writers were killed, everybody was done within {healed:.1f} s")
