"""Active Directory's answer is lost, or the order, or the controller freezes, or we are killed: what pages say is true.

The witness is the domain: its own count of the writes of a password, and Kerberos, which knows no former ones.
`TIMES=20 pytest -s -m slow tests/faults/test_lost_answers_in_a_domain.py` runs each fault so often.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle

import pytest
from servers.domain_house import a_colleague, running_domain_house
from servers.fault_proxy import FaultProxy, Mode
from servers.keyback import Keyback
from servers.killed_writers import Death, Killed
from servers.late_orders import ask_in_a_frost
from servers.orders import is_order, length_of_an_order
from servers.persistent import Persistent, together
from servers.samba import SambaAd, running_samba
from servers.samba_contents import PASSWORD
from servers.serving import say
from servers.slapd import Someone
from servers.story import Post
from servers.told import TOLD, TRUE, Told

QUICK, FULL = 1, int(os.environ.get("TIMES", "200"))
LASTING = 30.0
# So many at the same moment.
AT_ONCE = 20


class Colleague(Told):
    """Somebody of the domain who has proven who they are."""

    def __init__(self, ad: SambaAd, entry: Someone, browser: Persistent) -> None:
        super().__init__(browser)
        self._ad, self.entry = ad, entry

    @property
    def stage(self) -> str:
        """Of the page that they see."""
        assert self.page is not None
        return self.page.stage

    @property
    def writes(self) -> int:
        """How often the domain wrote their password."""
        return self._ad.writes(self.entry)

    def opens(self, password: str = "") -> bool:
        """Whether this password is theirs, usually the one that was typed last."""
        return self._ad.opens(self.entry, password or self.person.every_password[-1])

    def is_set_once(self) -> bool:
        """Whether the password typed last is the one, and was written once."""
        return self.writes == 1 and self.opens()


@dataclass
class World:
    """A house in front of a domain, and what lies between them."""

    keyback: Keyback
    post: Post
    ad: SambaAd
    between: FaultProxy
    length: int = 0

    def proven(self, count: int) -> list[Colleague]:
        """So many who have proven who they are."""
        people = [a_colleague(self.keyback, self.post, self.ad) for _ in range(count)]
        colleagues = [Colleague(self.ad, entry, Persistent(story, stops_at="renewing")) for entry, story in people]
        together([one.person for one in colleagues])
        return colleagues

    def lose(self, people: Sequence[Colleague], mode: Mode) -> int:
        """All type a password, and each order is lost, or its answer; whatever asks for the truth comes through.

        How many were lost; a domain that is slower than its writers are patient loses some by itself.
        """
        before = self.between.swallowed
        self.between.fault(mode, only=lambda chunk: is_order(chunk, self.length))
        asking = [one.asking() for one in people]
        for thread in asking:
            thread.join()
        self.between.heal()
        assert max(one.seconds for one in people) < TOLD
        lost = self.between.swallowed - before
        assert 0 < lost <= len(people)
        return lost


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
        first = [one.person for one in world.proven(12)]
        for person in first:
            person.stops_at = "done"
        together(first)
        world.length = length_of_an_order(world.proven(1)[0], between)
        yield world


def _lose(world: World, mode: Mode, times: int) -> None:
    """Pages say "set" exactly where the domain wrote. Elsewhere it is typed again without another proof.

    Some may find every connection in use and send nothing: they are told so at once.
    """
    lost = 0
    while lost < times:
        people = world.proven(min(AT_ONCE, times))
        lost += world.lose(people, mode)
        doubted = [one for one in people if one.stage == "unsettled"]
        truth = max(one.hear("done", "renewing") for one in people)
        assert truth < TRUE
        assert [one.writes for one in people] == [int(one.stage == "done") for one in people]
        again = [one for one in people if one.stage == "renewing"]
        assert all(one not in doubted or one.page.marked("data-outcome") == ["not-set"] for one in again)
        assert all(_untouched(world, one) for one in again)
        _type_again(again)
        assert all(one.is_set_once() for one in people)
        presses = max(len(one.person.every_password) for one in people)
        say(f"{lost} times {mode}: the truth within {truth:.1f} s, typed {presses} times at most")


def _untouched(world: World, one: Colleague) -> bool:
    """Nobody tried to sign in with a password that was never set, and the old one still opens."""
    return world.ad.read(one.entry.dn, "badPwdCount")["badPwdCount"] == [b"0"] and one.opens(PASSWORD)


def _type_again(people: Sequence[Colleague]) -> None:
    """As often as their pages ask for it. What a page had kept from them would be written a second time."""
    for one in people:
        one.person.stops_at = "done"
    together([one.person for one in people])


def _frosts(world: World, times: int, lasting: float) -> None:
    """It is done late: first we do not know, and then it is set. Whoever's order had not left types again.

    Whose orders had left, the domain knows: a page says "set" exactly where it wrote.
    """
    late = 0
    while late < times:
        people = world.proven(min(AT_ONCE, times))
        ask_in_a_frost(people, world.ad, world.between, length=world.length, lasting=lasting)
        thawed = time.monotonic()
        assert {one.stage for one in people} <= {"unsettled", "renewing"}
        for one in people:
            one.hear("done", "renewing")
        truth = time.monotonic() - thawed
        assert truth < TRUE
        assert [one.writes for one in people] == [int(one.stage == "done") for one in people]
        _type_again([one for one in people if one.stage == "renewing"])
        assert all(one.is_set_once() for one in people)
        late += sum(one.stage == "done" for one in people)
        say(f"{late} orders were late: the truth within {truth:.1f} s of the thaw")


def _kills(world: World, times: int) -> None:
    """Whoever writes dies: written once for all that was told, and the page knows which one it is."""
    killed = Killed(world.keyback, world.between, length=world.length)
    for death in cycle(Death):
        people = world.proven(min(AT_ONCE, times))
        killed.die(people, death, lambda: sum(world.ad.writes_of([one.entry for one in people])))  # noqa: B023
        healed = max(one.person.done_at for one in people) - killed.at
        assert healed < TRUE
        assert all(one.writes == 1 and one.opens(one.person.promised) for one in people)
        say(f"{killed.count} writers were killed, these orders {death}: everybody was done within {healed:.1f} s")
        if killed.count >= times:
            break


def test_a_lost_reply_is_found_out(world: World) -> None:
    _lose(world, Mode.SWALLOW_REPLY, QUICK)


def test_a_lost_order_is_found_out(world: World) -> None:
    _lose(world, Mode.SWALLOW_REQUEST, QUICK)


def test_a_late_order_is_found_out(world: World) -> None:
    _frosts(world, QUICK, 0)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_two_hundred_lost_replies_are_found_out(world: World) -> None:
    _lose(world, Mode.SWALLOW_REPLY, FULL)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_two_hundred_lost_orders_are_found_out(world: World) -> None:
    _lose(world, Mode.SWALLOW_REQUEST, FULL)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_two_hundred_late_orders_are_found_out(world: World) -> None:
    _frosts(world, FULL, LASTING)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_two_hundred_killed_writers_leave_no_lie(world: World) -> None:
    _kills(world, FULL)
