"""The directory stands still with orders in its hands, and does them half a minute later: nobody is told a lie."""

from __future__ import annotations

import time

import pytest
from servers.fault_proxy import FaultProxy
from servers.historian import assert_true
from servers.keyback import Keyback
from servers.late_orders import ask_in_a_frost
from servers.orders import length_of_an_order
from servers.persistent import Persistent, together
from servers.serving import Serve, say
from servers.slapd import Slapd
from servers.story import Post
from servers.told import TRUE, Told, proven

FULL = 200
FROZEN = 30.0
# So many write at once; how many of their orders are under way at the frost is counted.
AT_ONCE = 12


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_two_hundred_late_orders_are_found_out(serve: Serve, post: Post, slapd: Slapd, proxy: FaultProxy) -> None:
    keyback = serve(processes=4)
    length = length_of_an_order(proven(keyback, post, slapd, 1)[0], proxy)
    late, rounds = 0, 0
    while late < FULL:
        late += _one_frost(keyback, post, slapd, proxy, length)
        rounds += 1
    say(f"{late} orders were late in {rounds} frosts of {FROZEN:.0f} s, and nobody was told a lie")


def _one_frost(keyback: Keyback, post: Post, slapd: Slapd, proxy: FaultProxy, length: int) -> int:
    """How many orders were under way."""
    batch = proven(keyback, post, slapd, AT_ONCE)
    held = ask_in_a_frost(batch, slapd, proxy, length=length, lasting=FROZEN)
    thawed, thawed_at = time.monotonic(), time.time()
    late = [one for one in batch if _is_late(slapd, one)]
    slowest = time.monotonic() - thawed
    assert slowest < TRUE
    _type_again([one.person for one in batch if one not in late])
    assert_true(slapd, [one.person for one in batch], faults=[thawed_at])
    say(f"{len(late)} late orders of {held} held: all true {slowest:.1f} s after the thaw")
    return len(late)


def _is_late(slapd: Slapd, one: Told) -> bool:
    """Whether this order was under way: then it is done after all. Nothing was sent for whoever may type again."""
    assert one.page is not None
    if one.page.stage == "unsettled":
        one.hear("done")
        return True
    assert one.page.stage == "renewing", one.page.text
    assert slapd.writes(one.person.dn) == 0
    return False


def _type_again(people: list[Persistent]) -> None:
    for person in people:
        person.stops_at = "done"
    together(people)
