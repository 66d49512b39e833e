"""One of two directories is frozen: people of the other notice nothing, and whoever was writing is told the truth."""

from __future__ import annotations

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
from servers.serving import Serve, say
from servers.slapd import Slapd
from servers.stopped import Stopped
from servers.story import Post, Story, solve_on, wait_until

# Told within eight seconds; the rest is for a machine that has other things to do.
TOLD, TRUE = 8.0 + 4.0, 60.0
# What is promised to people of the other directory, in seconds from the name to the mail.
OTHERS = 0.3
# So many of them come at the same time.
AT_ONCE = 2
REALMS = {"openldap": ["alderwick.example"], "embedded": ["bracken.example"]}


def test_a_frozen_directory_holds_up_nobody_else(
    serve: Serve, post: Post, slapd: Slapd, proxy: FaultProxy, tmp_path: Path
) -> None:
    _freeze(_two_stores(serve, tmp_path, 8), post, slapd, proxy, frozen=10, people=8)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_half_a_minute_of_frost_costs_the_others_nothing(
    serve: Serve, post: Post, slapd: Slapd, proxy: FaultProxy, tmp_path: Path
) -> None:
    waits = _freeze(_two_stores(serve, tmp_path, 100), post, slapd, proxy, frozen=30, people=100)
    assert waits[98] < OTHERS


def _freeze(
    keyback: Keyback, post: Post, slapd: Slapd, proxy: FaultProxy, *, frozen: float, people: int
) -> Sequence[float]:
    """Freeze it when an order has just been sent. How long each of the others waited, the shortest first."""
    writer = Persistent(_of_openldap(keyback, post, slapd), stops_at="renewing")
    writer.live()
    cold = [Persistent(_of_openldap(keyback, post, slapd)) for _ in range(3)]
    others = [_Other(keyback, post, f"b{n}@bracken.example") for n in range(people)]
    asking = _Asking(writer)
    _freeze_at_the_order(keyback, slapd, proxy, asking)
    try:
        began = time.monotonic()
        starting = [threading.Thread(target=person.live) for person in cold]
        for thread in (*starting, *_queue_up(others)):
            thread.start()
        wait_until(lambda: all(other.waited for other in others), "mails of the others", frozen)
        wait_until(lambda: time.monotonic() - began >= frozen, "the frost to last", frozen)
    finally:
        slapd.thaw()
    thawed = time.time()
    _judge(asking)
    for thread in starting:
        thread.join()
    assert_true(slapd, [writer, *cold], faults=[thawed])
    waits = sorted(other.waited for other in others)
    middle, late = waits[people // 2], waits[people * 99 // 100 - 1]
    say(f"{people} others: half within {middle * 1000:.0f} ms, 99 % within {late * 1000:.0f} ms")
    return waits


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

    def __init__(self, keyback: Keyback, post: Post, name: str) -> None:
        self.story = Story.of(keyback, post, name, mail=name)
        self.waited = 0.0
        self._solved = solve_on(self.story.browser.get("/recover"))

    def ask(self) -> None:
        """From the name to the mail."""
        sink = self.story.post.mail
        began, seen = time.monotonic(), len(sink.messages)
        page = self.story.browser.submit(self.story.here(), identifier=self.story.name, proof_of_work=self._solved)
        assert page.stage == "choosing", page.text
        self.story.pick_mail()
        mine = wait_until(lambda: [m for m in sink.messages[seen:] if self.story.mail in m.recipients], "the mail")
        assert mine
        self.waited = time.monotonic() - began


def _queue_up(others: Sequence[_Other]) -> list[threading.Thread]:
    def one_after_the_other(some: Sequence[_Other]) -> None:
        for other in some:
            other.ask()

    return [threading.Thread(target=one_after_the_other, args=(others[n::AT_ONCE],)) for n in range(AT_ONCE)]


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
    rows = [f"b{n},Person {n},b{n}@bracken.example,+1556{n:07}," for n in range(people)]
    listed = folder / "people.csv"
    listed.write_text("\n".join(["name,display_name,mails,phones,groups", *rows]) + "\n")
    keyback.command("people", "import", str(listed))
    return keyback
