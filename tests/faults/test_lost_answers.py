"""The answer to the password write is lost, or the order itself: we say that we do not know, and then the truth."""

from __future__ import annotations

import pytest
from servers.fault_proxy import FaultProxy, Mode
from servers.historian import assert_true
from servers.outfit import opens
from servers.serving import Serve, say
from servers.slapd import PASSWORD, Slapd
from servers.stopped import Stopped
from servers.story import Post
from servers.told import TOLD, Told, proven

QUICK, FULL = 1, 100
# So many at once that the last answer is lost before the first one is asked after again.
AT_ONCE = 10


def test_a_lost_reply_is_found_out(serve: Serve, post: Post, slapd: Slapd, proxy: FaultProxy) -> None:
    _lose_replies(serve, post, slapd, proxy, QUICK)


def test_a_lost_order_is_found_out(serve: Serve, post: Post, slapd: Slapd, proxy: FaultProxy) -> None:
    _lose_orders(serve, post, slapd, proxy, QUICK)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_hundred_lost_replies_are_found_out(
    serve: Serve, post: Post, slapd: Slapd, proxy: FaultProxy, database: str
) -> None:
    _lose_replies(serve, post, slapd, proxy, FULL, database)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_hundred_lost_orders_are_found_out(
    serve: Serve, post: Post, slapd: Slapd, proxy: FaultProxy, database: str
) -> None:
    _lose_orders(serve, post, slapd, proxy, FULL, database)


def _lose_replies(
    serve: Serve, post: Post, slapd: Slapd, proxy: FaultProxy, count: int, database: str = "sqlite"
) -> None:
    """The directory did it and nobody heard: it is set, and said to be."""
    keyback = serve(database)
    told: list[Told] = []
    truth = 0.0
    while len(told) < count:
        batch = proven(keyback, post, slapd, min(AT_ONCE, count))
        _lose(batch, proxy, Mode.SWALLOW_REPLY)
        for one in batch:
            assert one.page is not None
            assert one.page.stage in {"unsettled", "done"}, one.page.text
            truth = max(truth, one.hear("done"))
        assert_true(slapd, [one.person for one in batch])
        told += batch
    _report("replies", told, truth)


def _lose_orders(
    serve: Serve, post: Post, slapd: Slapd, proxy: FaultProxy, count: int, database: str = "sqlite"
) -> None:
    """It never arrived: it is not set, said to be so, and typed again without another proof."""
    keyback = serve(database)
    told: list[Told] = []
    truth = 0.0
    while len(told) < count:
        batch = proven(keyback, post, slapd, min(AT_ONCE, count))
        _lose(batch, proxy, Mode.SWALLOW_REQUEST)
        for one in batch:
            assert one.page is not None
            assert one.page.stage == "unsettled", one.page.text
            truth = max(truth, one.hear("renewing"))
            assert one.page.marked("data-outcome") == ["not-set"]
            # Nobody tried to sign in with a password that was never set.
            assert not slapd.read(one.person.dn, "pwdFailureTime")["pwdFailureTime"]
            assert opens(slapd, one.person.story, PASSWORD)
            assert one.person.renew(one.page).stage == "done"
        assert_true(slapd, [one.person for one in batch])
        told += batch
    _report("orders", told, truth)


def _lose(batch: list[Told], proxy: FaultProxy, mode: Mode) -> None:
    # Whatever asks for the truth afterwards comes through.
    proxy.on_bytes = lambda _: proxy.heal() if proxy.bytes_seen.is_set() else None
    for one in batch:
        lost, writer = proxy.swallowed, Stopped(one.person.story.keyback)
        asks = one.asking()
        writer.wait()
        # It looks at the object once more; the second thing that it sends is the order.
        proxy.fault(mode, skip=1)
        writer.go_on()
        asks.join()
        assert proxy.swallowed == lost + 1
    assert max(one.seconds for one in batch) < TOLD


def _report(what: str, told: list[Told], truth: float) -> None:
    longest = max(one.seconds for one in told)
    say(f"{len(told)} lost {what}: told within {longest:.1f} s, the truth within {truth:.1f} s")
