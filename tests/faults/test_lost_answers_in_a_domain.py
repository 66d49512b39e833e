"""Active Directory's answer is lost, or the order, or the controller freezes, or we are killed: what pages say is true.

The witness is the domain: its own count of the writes of a password, and Kerberos, which knows no former ones.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from itertools import count, cycle, islice

import pytest
from servers.domain_house import proven_colleague, running_domain_house
from servers.fault_proxy import FaultProxy, Mode
from servers.keyback import Keyback
from servers.samba import SambaAd, running_samba
from servers.samba_contents import PASSWORD
from servers.serving import say
from servers.slapd import Someone
from servers.stopped import Stopped
from servers.story import Post, wait_until
from servers.told import TOLD, Told

QUICK, FULL = 1, 200
# Half a minute each.
FROSTS, LASTING = 20, 30.0
# Where the account is, and what it is; then the order. Each is one chunk.
BEFORE_THE_ORDER = 2


@pytest.fixture(scope="module")
def ad() -> Iterator[SambaAd]:
    """A domain of these tests' own: they freeze it."""
    with running_samba() as running:
        yield running


@pytest.fixture(scope="module")
def between(ad: SambaAd) -> Iterator[FaultProxy]:
    with FaultProxy((ad.address, 636), listen=(ad.address, 0)) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def keyback(
    tmp_path_factory: pytest.TempPathFactory, post: Post, ad: SambaAd, between: FaultProxy
) -> Iterator[Keyback]:
    with running_domain_house(tmp_path_factory.mktemp("domain"), post, ad, between) as running:
        # What a process asks its server once, it has asked after this.
        person, browser = proven_colleague(running, post, ad)
        assert browser.renew(browser.story.here()).stage == "done"
        assert ad.opens(person, browser.every_password[-1])
        yield running


class Loss:
    """Somebody's order, and what happens to it on the way."""

    def __init__(self, keyback: Keyback, post: Post, ad: SambaAd, between: FaultProxy) -> None:
        self.ad, self.between, self.keyback = ad, between, keyback
        self.person: Someone
        self.person, browser = proven_colleague(keyback, post, ad)
        self.told = Told(browser)

    def on_the_way(self, mode: Mode) -> None:
        """Type a password; the fault is on when the order leaves, and off afterwards."""
        self.between.on_bytes = lambda _: self.between.heal() if self.between.bytes_seen.is_set() else None
        lost, asks, writer = self.between.swallowed, *self._asking()
        self.between.fault(mode, skip=BEFORE_THE_ORDER)
        writer.go_on()
        asks.join()
        self.between.on_bytes = None
        assert self.between.swallowed == lost + 1
        assert self.told.seconds < TOLD

    def in_a_frost(self, lasting: float) -> None:
        """Type a password; the controller freezes with the order in its hands, and goes on once the page came."""
        frozen = threading.Event()
        chunks = count()

        def freeze(_: bytes) -> None:
            if next(chunks) == BEFORE_THE_ORDER:
                self.ad.freeze()
                frozen.set()

        asks, writer = self._asking()
        self.between.on_bytes = freeze
        writer.go_on()
        try:
            assert frozen.wait(10)
            began = time.monotonic()
            asks.join()
            wait_until(lambda: time.monotonic() - began >= lasting, "the frost to last", lasting + 1)
        finally:
            self.between.on_bytes = None
            self.ad.thaw()
        assert self.told.seconds < TOLD

    def is_set_once(self) -> bool:
        """Whether the password typed last is the one, and was written once."""
        return self.ad.writes(self.person) == 1 and self.ad.opens(self.person, self.told.person.every_password[-1])

    def _asking(self) -> tuple[threading.Thread, Stopped]:
        writer = Stopped(self.keyback)
        asks = self.told.asking()
        writer.wait()
        return asks, writer


def _lost_replies(keyback: Keyback, post: Post, ad: SambaAd, between: FaultProxy, times: int) -> None:
    """The domain did it and nobody heard: it is set, and said to be."""
    truth = 0.0
    for _ in range(times):
        loss = Loss(keyback, post, ad, between)
        loss.on_the_way(Mode.SWALLOW_REPLY)
        assert loss.told.page is not None
        assert loss.told.page.stage in {"unsettled", "done"}, loss.told.page.text
        truth = max(truth, loss.told.hear("done"))
        assert loss.is_set_once()
    say(f"{times} lost replies: the truth within {truth:.1f} s")


def _lost_orders(keyback: Keyback, post: Post, ad: SambaAd, between: FaultProxy, times: int) -> None:
    """It never arrived: it is not set, said to be so, and typed again without another proof."""
    truth = 0.0
    for _ in range(times):
        loss = Loss(keyback, post, ad, between)
        loss.on_the_way(Mode.SWALLOW_REQUEST)
        assert loss.told.page is not None
        assert loss.told.page.stage == "unsettled", loss.told.page.text
        truth = max(truth, loss.told.hear("renewing"))
        assert loss.told.page.marked("data-outcome") == ["not-set"]
        assert ad.writes(loss.person) == 0
        # Nobody tried to sign in with a password that was never set.
        assert ad.read(loss.person.dn, "badPwdCount")["badPwdCount"] == [b"0"]
        assert ad.opens(loss.person, PASSWORD)
        assert loss.told.person.renew(loss.told.page).stage == "done"
        assert loss.is_set_once()
    say(f"{times} lost orders: the truth within {truth:.1f} s")


def _frosts(keyback: Keyback, post: Post, ad: SambaAd, between: FaultProxy, times: int, lasting: float) -> None:
    """It is done late: first we do not know, and then it is set."""
    truth = 0.0
    for _ in range(times):
        loss = Loss(keyback, post, ad, between)
        loss.in_a_frost(lasting)
        assert loss.told.page is not None
        assert loss.told.page.stage == "unsettled", loss.told.page.text
        truth = max(truth, loss.told.hear("done"))
        wait_until(loss.is_set_once, "the late order")
    say(f"{times} frosts: the truth within {truth:.1f} s")


def _kills(keyback: Keyback, post: Post, ad: SambaAd, times: int) -> None:
    """Whoever writes dies before the order, or after its answer: written once, and the page knows which one it was."""
    for moment in islice(cycle(("intent-stored", "write-answered")), times):
        person, browser = proven_colleague(keyback, post, ad)
        browser.stops_at = "done"
        keyback.arm(moment)
        browser.live()
        assert keyback.fired(moment)
        assert ad.writes(person) == 1
        assert ad.opens(person, browser.promised)
    say(f"{times} writers were killed")


def test_a_lost_reply_is_found_out(keyback: Keyback, post: Post, ad: SambaAd, between: FaultProxy) -> None:
    _lost_replies(keyback, post, ad, between, QUICK)


def test_a_lost_order_is_found_out(keyback: Keyback, post: Post, ad: SambaAd, between: FaultProxy) -> None:
    _lost_orders(keyback, post, ad, between, QUICK)


def test_a_late_order_is_found_out(keyback: Keyback, post: Post, ad: SambaAd, between: FaultProxy) -> None:
    _frosts(keyback, post, ad, between, QUICK, 0)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_two_hundred_lost_replies_are_found_out(keyback: Keyback, post: Post, ad: SambaAd, between: FaultProxy) -> None:
    _lost_replies(keyback, post, ad, between, FULL)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_two_hundred_lost_orders_are_found_out(keyback: Keyback, post: Post, ad: SambaAd, between: FaultProxy) -> None:
    _lost_orders(keyback, post, ad, between, FULL)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_twenty_frosts_of_half_a_minute_are_found_out(
    keyback: Keyback, post: Post, ad: SambaAd, between: FaultProxy
) -> None:
    _frosts(keyback, post, ad, between, FROSTS, LASTING)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_two_hundred_killed_writers_leave_no_lie(keyback: Keyback, post: Post, ad: SambaAd) -> None:
    _kills(keyback, post, ad, FULL)
