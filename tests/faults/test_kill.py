"""kill -9 at every named point: nobody is told a lie, nothing is done twice, nothing is lost, nobody is stuck."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from servers.event_log import events
from servers.fault_proxy import FaultProxy, Mode
from servers.historian import assert_true
from servers.keyback import Keyback
from servers.outfit import a_story
from servers.persistent import Persistent, together
from servers.serving import Serve, say
from servers.slapd import Slapd
from servers.stopped import Stopped
from servers.story import Post, wait_until

from keyback.core.service.faultpoint import POINTS

QUICK, FULL = 1, 20


@dataclass(frozen=True)
class World:
    """What a round needs."""

    keyback: Keyback
    post: Post
    slapd: Slapd
    proxy: FaultProxy

    def somebody(self) -> Persistent:
        """A new person of the directory."""
        return Persistent(a_story(self.keyback, self.post, self.slapd))


def test_a_kill_at_any_point_harms_nobody(serve: Serve, post: Post, slapd: Slapd, proxy: FaultProxy) -> None:
    _rounds(World(serve(), post, slapd, proxy), QUICK)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_twenty_kills_at_every_point_harm_nobody(
    serve: Serve, post: Post, slapd: Slapd, proxy: FaultProxy, database: str
) -> None:
    _rounds(World(serve(database), post, slapd, proxy), FULL)


def _rounds(world: World, rounds: int) -> None:
    for number in range(rounds):
        crowd = [world.somebody() for _ in POINTS]
        with _killed_when_the_order_was_sent(world) as first:
            kills = [time.time(), *_kill_at_the_points(world, crowd)]
        assert_true(world.slapd, [first, *crowd], faults=kills)
        healed = max(_healed_after(person, kills) for person in (first, *crowd))
        say(f"round {number + 1}: {len(kills)} kills, everybody done at most {healed:.1f} s after one")


def _kill_at_the_points(world: World, crowd: list[Persistent]) -> list[float]:
    for point in POINTS:
        world.keyback.arm(point)
    together(crowd)
    assert [point for point in POINTS if not world.keyback.fired(point)] == []
    return [_forgotten(order) for point in POINTS for order in world.keyback.faultpoints.glob(f"{point}.*")]


@contextmanager
def _killed_when_the_order_was_sent(world: World) -> Iterator[Persistent]:
    """The twelfth point: the directory has the order, and the writer dies before it hears what became of it.

    Whose order it was goes on living meanwhile.
    """
    person = world.somebody()
    writer = Stopped(world.keyback)
    living = threading.Thread(target=person.live)
    living.start()
    try:
        writer.wait()
        assert world.slapd.writes(person.dn) == 0
        # It looks at the object once more; what is answered no more is the second thing that it sends, the order.
        world.proxy.fault(Mode.STALL, skip=2)
        writer.go_on()
        wait_until(lambda: world.slapd.writes(person.dn) == 1, "the directory to do it")
        assert "password.set" not in events(world.keyback, person.recovery)
        writer.kill()
        world.proxy.heal()
        yield person
    finally:
        world.proxy.heal()
        living.join()


def _healed_after(person: Persistent, kills: list[float]) -> float:
    """How long after the last kill before it somebody was done."""
    return person.done_at - max((kill for kill in kills if kill < person.done_at), default=person.done_at)


def _forgotten(order: Path) -> float:
    """When it was taken; a renamed file's status changed then."""
    at = order.stat().st_ctime
    order.unlink()
    return at
