"""Whoever writes a password is killed between saying so and saying what became of it: another process finds out.

`TIMES=20 pytest -s -m slow tests/faults/test_killed_writer.py` kills so many.
"""

from __future__ import annotations

import os
from itertools import cycle

import pytest
from servers.fault_proxy import FaultProxy
from servers.historian import assert_true
from servers.killed_writers import Death, Killed
from servers.orders import length_of_an_order
from servers.serving import Serve, say
from servers.slapd import Slapd
from servers.story import Post
from servers.told import TRUE, proven

FULL, AT_ONCE = int(os.environ.get("TIMES", "200")), 20


# `test_kill.py` kills there every day.
@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_two_hundred_killed_writers_leave_no_lie(serve: Serve, post: Post, slapd: Slapd, proxy: FaultProxy) -> None:
    keyback = serve(processes=4, also={"store.openldap": slapd.settings(**_way(proxy), connections=8)})
    killed = Killed(keyback, proxy, length=length_of_an_order(proven(keyback, post, slapd, 1)[0], proxy))
    for death in cycle(Death):
        batch = proven(keyback, post, slapd, AT_ONCE)
        killed.die(batch, death, lambda: sum(slapd.writes_of([one.person.dn for one in batch])))  # noqa: B023
        took = max(one.person.done_at for one in batch) - killed.at
        assert took < TRUE
        assert_true(slapd, [one.person for one in batch], faults=[killed.at])
        say(f"{killed.count} writers were killed, these orders {death}: everybody was done within {took:.1f} s")
        if killed.count >= FULL:
            break


def _way(proxy: FaultProxy) -> dict[str, object]:
    return {"servers": (f"ldaps://127.0.0.1:{proxy.port}",)}
