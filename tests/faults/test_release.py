"""The moment at which masked offers appear tells nobody who exists, however slow the directory is (A4)."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from examples.auc import auc
from servers.browser import Browser
from servers.fault_proxy import FaultProxy, Mode
from servers.keyback import Keyback
from servers.masked_directory import masked_keyback
from servers.slapd import Slapd
from servers.story import Post, solve_on, wait_until

RELEASE = timedelta(seconds=2)
# Seconds after the start, one before each moment, as late as a busy machine allows: what is there by then came at the
# moment before. That nothing comes between two moments is tested where the clock can be moved.
LOOKS = (1.0, 3.5, 7.5, 15.5, 31.5)
PAIRS = int(os.environ.get("PAIRS", "40"))
# So many pairs at a time, by the milliseconds of each answer: as many as one lane has done before the moment. More
# would only measure the queue.
AT_ONCE = {0: 20, 150: 3, 300: 1, 600: 1}
# Connections that were idle for a while are tried before they are used, one answer more. The first pairs come before
# that has settled, and where a moment is near it would take hundreds of them to even out.
LEAD = 6


@pytest.fixture
def masked(tmp_path: Path, post: Post, slapd: Slapd, proxy: FaultProxy) -> Iterator[Keyback]:
    """Masked ends, over a directory that can be slowed down."""
    through = (f"ldaps://127.0.0.1:{proxy.port}",)
    with masked_keyback(tmp_path / "masked", post, slapd, release=RELEASE, servers=through) as keyback:
        yield keyback


@dataclass
class Watch:
    """Somebody who gives a name and looks again and again."""

    browser: Browser
    path: str
    began: float

    @classmethod
    def over(cls, keyback: Keyback, name: str) -> Watch:
        browser = keyback.browser()
        page = browser.get("/recover")
        solution = solve_on(page)
        began = time.monotonic()
        page = browser.post("/recover", {"identifier": name, "proof_of_work": solution}, follow=False)
        return cls(browser, page.headers["Location"].removeprefix(browser.origin), began)

    def shown_after(self) -> float:
        """At which of the looks there was something to choose."""
        for look in LOOKS:
            time.sleep(max(0.0, self.began + look - time.monotonic()))
            if self.browser.get(self.path).name == "choosing":
                return look
        return 99.0


@pytest.mark.slow
@pytest.mark.parametrize("milliseconds", [0, 150, 300, 600])
def test_known_and_unknown_names_appear_at_the_same_moments(
    masked: Keyback, slapd: Slapd, proxy: FaultProxy, milliseconds: int
) -> None:
    known = [slapd.person().uid for _ in range(LEAD + PAIRS)]
    if milliseconds:
        proxy.fault(Mode.DELAY, delay=milliseconds / 1000)
    warm_up(masked, known[0])
    names = [name for n, one in enumerate(known) for name in in_turn(n, one, f"nobody.{n}.here")]
    shown: dict[str, float] = {}
    width = 2 * AT_ONCE[milliseconds]
    with ThreadPoolExecutor(width) as together:
        for first in range(0, len(names), width):
            some = names[first : first + width]
            looking = {name: together.submit(Watch.over(masked, name).shown_after) for name in some}
            shown |= {name: each.result() for name, each in looking.items()}
    theirs = [shown[name] for name in known[LEAD:]]
    nobodys = [shown[f"nobody.{n}.here"] for n in range(LEAD, LEAD + PAIRS)]
    assert min(*theirs, *nobodys) > LOOKS[0]
    told = auc(theirs, nobodys)
    assert abs(told - 0.5) <= 0.03, (told, theirs, nobodys)


def in_turn(n: int, one: str, other: str) -> tuple[str, str]:
    """Whoever comes first has an advantage; each kind has it as often."""
    return (one, other) if n % 2 else (other, one)


def warm_up(keyback: Keyback, name: str) -> None:
    """The first ones pay for connections, one for each place of the lane, and for what is read once."""
    watches = [Watch.over(keyback, each) for each in (name, "nobody.warms.up", name, "nobody.warms.up")]
    for watch in watches:
        wait_until(lambda watch=watch: watch.browser.get(watch.path).name == "choosing", "the first")  # type: ignore[misc]
