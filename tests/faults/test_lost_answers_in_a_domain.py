"""Active Directory's answer is lost, or the order, or the controller freezes, or we are killed: what pages say is true.

The witness is the domain: its own count of the writes of a password, and Kerberos, which knows no former ones.
`TIMES=20 pytest -s -m slow tests/faults/test_lost_answers_in_a_domain.py` runs each fault so often.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from servers.domain_house import a_colleague, running_domain_house
from servers.fault_proxy import FaultProxy, Mode
from servers.keyback import Keyback
from servers.killed_writer import AT_ONCE as KILLED_AT_ONCE
from servers.killed_writer import MOMENTS, killed
from servers.late_orders import Orders, ask_in_a_frost, is_order, length_of_an_order
from servers.persistent import Persistent, together
from servers.samba import SambaAd, running_samba
from servers.samba_contents import PASSWORD
from servers.serving import say
from servers.slapd import Someone
from servers.stopped import Stopped
from servers.story import Post, wait_until
from servers.told import TOLD, TRUE, Told

QUICK, FULL = 1, int(os.environ.get("TIMES", "200"))
LASTING = 30.0
# So many at once, and in one frost.
AT_ONCE, IN_A_FROST = 6, 12


@dataclass
class World:
    """A house in front of a domain, and what lies between them."""

    keyback: Keyback
    post: Post
    ad: SambaAd
    between: FaultProxy
    length: int = 0

    def losses(self, count: int) -> list[Loss]:
        """So many who have proven who they are."""
        people = [a_colleague(self.keyback, self.post, self.ad) for _ in range(count)]
        losses = [Loss(self, person, Persistent(story, stops_at="renewing")) for person, story in people]
        together([loss.told.person for loss in losses])
        return losses


class Loss:
    """Somebody's order, and what happens to it on the way."""

    def __init__(self, world: World, person: Someone, browser: Persistent) -> None:
        self._world, self.person, self.told = world, person, Told(browser)

    def on_the_way(self, mode: Mode) -> None:
        """Type a password; the fault is on when the order leaves, and off afterwards."""
        between = self._world.between
        between.on_bytes = lambda _: between.heal() if between.bytes_seen.is_set() else None
        lost, writer = between.swallowed, Stopped(self._world.keyback)
        asks = self.told.asking()
        writer.wait()
        # Others may be asked after meanwhile.
        between.fault(mode, only=lambda chunk: is_order(chunk, self._world.length))
        writer.go_on()
        asks.join()
        between.on_bytes = None
        assert between.swallowed == lost + 1
        assert self.told.seconds < TOLD

    @property
    def stage(self) -> str:
        """Of the page that they see."""
        assert self.told.page is not None
        return self.told.page.stage

    @property
    def writes(self) -> int:
        """How often the domain wrote their password."""
        return self._world.ad.writes(self.person)

    def opens(self, password: str = "") -> bool:
        """Whether this password is theirs, usually the one that was typed last."""
        return self._world.ad.opens(self.person, password or self.told.person.every_password[-1])

    def is_set_once(self) -> bool:
        """Whether the password typed last is the one, and was written once."""
        return self.writes == 1 and self.opens()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, post: Post) -> Iterator[World]:
    """Of these tests' own: they freeze it."""
    with (
        running_samba() as ad,
        FaultProxy((ad.address, 636), listen=(ad.address, 0)) as between,
        running_domain_house(tmp_path_factory.mktemp("domain"), post, ad, between, processes=4) as keyback,
    ):
        world = World(keyback, post, ad, between)
        # What a process asks its server once, each has asked after this.
        first = [loss.told.person for loss in world.losses(IN_A_FROST)]
        for person in first:
            person.stops_at = "done"
        together(first)
        world.length = length_of_an_order(world.losses(1)[0].told, between)
        yield world


def _lost_replies(world: World, times: int) -> None:
    """The domain did it and nobody heard: it is set, and said to be."""
    truth = 0.0
    for count in _in_parts(times, AT_ONCE):
        losses = world.losses(count)
        for loss in losses:
            loss.on_the_way(Mode.SWALLOW_REPLY)
            assert loss.stage in {"unsettled", "done"}
        for loss in losses:
            truth = max(truth, loss.told.hear("done"))
            assert loss.is_set_once()
    say(f"{times} lost replies: the truth within {truth:.1f} s")


def _lost_orders(world: World, times: int) -> None:
    """It never arrived: it is not set, said to be so, and typed again without another proof."""
    truth = 0.0
    for count in _in_parts(times, AT_ONCE):
        losses = world.losses(count)
        for loss in losses:
            loss.on_the_way(Mode.SWALLOW_REQUEST)
            assert loss.stage == "unsettled"
        for loss in losses:
            truth = max(truth, loss.told.hear("renewing"))
            _typed_again(world, loss)
    say(f"{times} lost orders: the truth within {truth:.1f} s")


def _typed_again(world: World, loss: Loss) -> None:
    assert loss.told.page is not None
    assert loss.told.page.marked("data-outcome") == ["not-set"]
    assert loss.writes == 0
    # Nobody tried to sign in with a password that was never set.
    assert world.ad.read(loss.person.dn, "badPwdCount")["badPwdCount"] == [b"0"]
    assert loss.opens(PASSWORD)
    assert loss.told.person.renew(loss.told.page).stage == "done"
    assert loss.is_set_once()


def _frosts(world: World, times: int, lasting: float) -> None:
    """It is done late: first we do not know, and then it is set. Whoever's order had not left types again."""
    late, truth = 0, 0.0
    while late < times:
        losses = world.losses(min(IN_A_FROST, times))
        orders = Orders(world.ad, world.length, len(losses))
        ask_in_a_frost([loss.told for loss in losses], orders, world.between, lasting)
        thawed = time.monotonic()
        for loss in losses:
            if loss.stage == "unsettled":
                loss.told.hear("done", "renewing")
                # Never told that it is not set: the domain has the order and does it.
                assert loss.stage == "done"
                late += 1
            else:
                assert loss.stage == "renewing"
                assert loss.writes == 0
                loss.told.ask()
            wait_until(loss.is_set_once, "the password")
        truth = max(truth, time.monotonic() - thawed)
        assert truth < TRUE
    say(f"{late} orders were late: the truth within {truth:.1f} s of the thaw")


def _kills(world: World, times: int) -> None:
    """Whoever writes dies: written once for all that was told, and the page knows which one it is."""
    healed = 0.0
    for count in _in_parts(times, KILLED_AT_ONCE):
        losses = world.losses(count)
        writing = [
            killed(
                loss.told,
                moment,
                world.between,
                length=world.length,
                is_written=lambda: loss.writes == 1,  # noqa: B023
            )
            for loss, moment in zip(losses, MOMENTS, strict=False)
        ]
        for loss, (living, died) in zip(losses, writing, strict=True):
            living.join()
            healed = max(healed, loss.told.person.done_at - died)
            assert loss.writes == 1
            assert loss.opens(loss.told.person.promised)
    assert healed < TRUE
    say(f"{times} writers were killed, everybody was done within {healed:.1f} s")


def _in_parts(times: int, most: int) -> Iterator[int]:
    return (min(most, times - done) for done in range(0, times, most))


def test_a_lost_reply_is_found_out(world: World) -> None:
    _lost_replies(world, QUICK)


def test_a_lost_order_is_found_out(world: World) -> None:
    _lost_orders(world, QUICK)


def test_a_late_order_is_found_out(world: World) -> None:
    _frosts(world, QUICK, 0)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_two_hundred_lost_replies_are_found_out(world: World) -> None:
    _lost_replies(world, FULL)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_two_hundred_lost_orders_are_found_out(world: World) -> None:
    _lost_orders(world, FULL)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_two_hundred_late_orders_are_found_out(world: World) -> None:
    _frosts(world, FULL, LASTING)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_two_hundred_killed_writers_leave_no_lie(world: World) -> None:
    _kills(world, FULL)
