"""One of two directories is frozen: people of the other notice nothing, and whoever was writing is told the truth."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from servers.browser import Page
from servers.fault_proxy import FaultProxy
from servers.historian import assert_true
from servers.keyback import Keyback
from servers.outfit import a_story
from servers.persistent import Persistent
from servers.processor import processor_time
from servers.serving import Serve, say
from servers.slapd import Slapd
from servers.stopped import Stopped
from servers.story import Post, Story, solve_on, wait_until
from servers.together import at_once

# Told within eight seconds; the rest is for a machine that has other things to do.
TOLD, TRUE = 8.0 + 4.0, 60.0
# So many of the other directory come at the same time.
AT_ONCE = 2
# Before the frost or after it, whichever was slower: what may come between is a machine that has other things to do.
NOISE = 1.3
REALMS = {"openldap": ["alderwick.example"], "embedded": ["bracken.example"]}


def test_a_frozen_directory_holds_up_nobody_else(
    serve: Serve, post: Post, slapd: Slapd, proxy: FaultProxy, tmp_path: Path
) -> None:
    keyback = _two_stores(serve, tmp_path, 8)
    _freeze(keyback, post, slapd, proxy, frozen=10, others=_others(keyback, post, range(8)))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_half_a_minute_of_frost_costs_the_others_nothing(
    serve: Serve, post: Post, slapd: Slapd, proxy: FaultProxy, tmp_path: Path
) -> None:
    count = int(os.environ.get("TIMES", "100"))
    keyback = _two_stores(serve, tmp_path, 3 * count + 10)
    before, during, after = (_others(keyback, post, range(n * count, (n + 1) * count)) for n in range(3))
    # The first of all, who wait for what is made once.
    _all_come(keyback, _others(keyback, post, range(3 * count, 3 * count + 10)))
    cost = _all_come(keyback, before)
    usual = _say("before", before, cost)
    cost = _freeze(keyback, post, slapd, proxy, frozen=30, others=during)
    cold = _say("during the frost", during, cost)
    cost = _all_come(keyback, after)
    assert cold < NOISE * max(usual, _say("after", after, cost))


def _freeze(
    keyback: Keyback, post: Post, slapd: Slapd, proxy: FaultProxy, *, frozen: float, others: Sequence[_Other]
) -> float:
    """Freeze it when an order has just been sent, for so long at least, and until each of the others is done.

    What one of those cost the processor, in milliseconds.
    """
    writer = Persistent(_of_openldap(keyback, post, slapd), stops_at="renewing")
    writer.live()
    cold = [Persistent(_of_openldap(keyback, post, slapd)) for _ in range(3)]
    asking = _Asking(writer)
    _freeze_at_the_order(keyback, slapd, proxy, asking)
    try:
        began = time.monotonic()
        starting = [threading.Thread(target=person.live) for person in cold]
        for thread in starting:
            thread.start()
        cost = _all_come(keyback, others)
        wait_until(lambda: time.monotonic() - began >= frozen, "the frost to last", frozen)
    finally:
        slapd.thaw()
    thawed = time.time()
    _judge(asking)
    for thread in starting:
        thread.join()
    assert_true(slapd, [writer, *cold], faults=[thawed])
    return cost


def _all_come(keyback: Keyback, others: Sequence[_Other]) -> float:
    """Each gets a new password, some at the same time; what one cost the processor, in milliseconds."""

    def one_after_the_other(n: int) -> None:
        for other in others[n::AT_ONCE]:
            other.come()

    before = processor_time(keyback.processes())
    at_once(AT_ONCE, one_after_the_other)
    return (processor_time(keyback.processes()) - before) / len(others) * 1000


def _say(when: str, others: Sequence[_Other], cost: float) -> float:
    """Seconds within which 99 of 100 had their new password."""
    took = sorted(other.took for other in others)
    middle, late = took[len(took) // 2], took[len(took) * 99 // 100 - 1]
    say(
        f"{when}: {len(took)} resets, none failed; half within {middle:.2f} s, 99 % within {late:.2f} s, "
        f"{cost:.0f} ms of processor each"
    )
    return late


def _judge(asking: _Asking) -> None:
    """Whoever was writing: first that we do not know, then that it is set, for the directory thawed and did it."""
    thawed = time.monotonic()
    asking.join()
    person = asking.person
    assert asking.page is not None
    assert asking.page.stage == "unsettled", asking.page.text
    assert asking.seconds < TOLD
    person.story.wait_for_stage("done", seconds=TRUE)
    say(f"told after {asking.seconds:.1f} s, the truth {time.monotonic() - thawed:.1f} s after the thaw")


class _Asking(threading.Thread):
    """Somebody types a new password, and sees what comes back."""

    def __init__(self, person: Persistent) -> None:
        super().__init__()
        self.person = person
        self.page: Page | None = None
        self.seconds = 0.0

    def run(self) -> None:
        began = time.monotonic()
        self.page = self.person.renew(self.person.story.here())
        self.seconds = time.monotonic() - began


class _Other:
    """Somebody of the other directory, who has solved the robot check already."""

    def __init__(self, keyback: Keyback, post: Post, name: str, phone: str) -> None:
        self.story = Story.of(keyback, post, name, mail=name, phone=phone)
        # Seconds from the name to the new password.
        self.took = 0.0
        self._solved = solve_on(self.story.browser.get("/recover"))

    def come(self) -> None:
        """Forgotten, proven, set."""
        began = time.monotonic()
        page = self.story.browser.submit(self.story.here(), identifier=self.story.name, proof_of_work=self._solved)
        assert page.stage == "choosing", page.text
        self.story.prove()
        page = self.story.renew()
        assert page.stage == "done", page.text
        self.took = time.monotonic() - began


def _phone(n: int) -> str:
    # Far apart: messages into one range of numbers are few.
    return f"+43660{n * 10_007 % 10**7:07}"


def _others(keyback: Keyback, post: Post, which: range) -> list[_Other]:
    return [_Other(keyback, post, f"b{n}@bracken.example", _phone(n)) for n in which]


def _freeze_at_the_order(keyback: Keyback, slapd: Slapd, proxy: FaultProxy, asking: _Asking) -> None:
    """The directory has received the order when it stops, and does it when it goes on."""
    sent, frozen = [0], threading.Event()

    def freeze(_: bytes) -> None:
        # The writer looks at the object once more; the second thing that it sends is the order.
        sent[0] += 1
        if sent[0] == 2:
            slapd.freeze()
            frozen.set()

    stopped = Stopped(keyback)
    asking.start()
    stopped.wait()
    proxy.on_bytes = freeze
    stopped.go_on()
    assert frozen.wait(10)


def _of_openldap(keyback: Keyback, post: Post, slapd: Slapd) -> Story:
    """Named with the realm, so that only this directory is asked."""
    story = a_story(keyback, post, slapd)
    return Story.of(keyback, post, story.mail, mail=story.mail, phone=story.phone)


def _two_stores(serve: Serve, folder: Path, people: int) -> Keyback:
    also = {"store.embedded": {"database": str(folder / "people.sqlite")}}
    keyback = serve(also=also, more={"realms": REALMS})
    rows = [f"b{n},Person {n},b{n}@bracken.example,{_phone(n)}," for n in range(people)]
    listed = folder / "people.csv"
    listed.write_text("\n".join(["name,display_name,mails,phones,groups", *rows]) + "\n")
    keyback.command("people", "import", str(listed))
    return keyback
