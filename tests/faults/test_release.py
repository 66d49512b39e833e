"""The moment at which masked offers appear tells nobody who exists, however slow the directory is (A4).

Each pair mostly waits, so a long run has many servers side by side, each with pairs of its own and its own way to the
directory: `PAIRS=2000 SERVERS=16 pytest -s -m slow --timeout=7200 tests/faults/test_release.py` prints the lines that
stand in docs/sameness.md.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
from examples.auc import auc, interval
from servers.browser import Browser
from servers.fault_proxy import FaultProxy, Mode
from servers.keyback import Keyback
from servers.masked_directory import masked_keyback
from servers.serving import say
from servers.slapd import Slapd
from servers.story import Post, solve_on, wait_until

RELEASE = timedelta(seconds=2)
# Seconds after the start, one before each moment, as late as a busy machine allows: what is there by then came at the
# moment before. That nothing comes between two moments is tested where the clock can be moved.
LOOKS = (1.0, 3.5, 7.5, 15.5, 31.5)
NEVER = 99.0
PAIRS, SERVERS = int(os.environ.get("PAIRS", "40")), int(os.environ.get("SERVERS", "1"))
# Connections that were idle for a while are tried before they are used, one answer more. The first pairs come before
# that has settled, and where a moment is near it would take hundreds of them to even out.
LEAD = 6
# So many names at a time as one lane looks up at once: more would only measure the queue.
TOGETHER = 4


@dataclass(frozen=True)
class Pace:
    """Seconds that each answer of the directory takes, and how long it says nothing when a name is given."""

    answer: float = 0.0
    silence: tuple[float, float] = (0.0, 0.0)


PACES = {
    "0 ms": Pace(),
    "150 ms": Pace(0.15),
    "300 ms": Pace(0.3),
    "600 ms": Pace(0.6),
    # Shorter than an answer may take: after that the store is asked anew every two seconds, as if names were new.
    "stopped": Pace(silence=(0.5, 4.5)),
}


@dataclass(frozen=True)
class House:
    """Masked ends, over a directory that can be slowed down."""

    keyback: Keyback
    proxy: FaultProxy

    def shown(self, names: Sequence[str], pace: Pace) -> dict[str, float]:
        """At which look each of them had something to choose."""
        self.proxy.fault(Mode.DELAY, delay=pace.answer)
        warm_up(self.keyback, names[0])
        shown: dict[str, float] = {}
        with ThreadPoolExecutor(TOGETHER) as together:
            for first in range(0, len(names), TOGETHER):
                silence = random.uniform(*pace.silence)
                with self._silent(silence):
                    answers_from = time.monotonic() + silence
                    watches = [Watch.over(self.keyback, name) for name in names[first : first + TOGETHER]]
                    looks = list(together.map(Watch.shown_after, watches))
                # Decoys would be there even without a directory; whoever saw some before it answered had found nobody.
                # By the moment at which they did see it: a busy machine looks later than it meant to.
                assert min(seen for _, seen in looks) > answers_from
                shown |= {watch.name: look for watch, (look, _) in zip(watches, looks, strict=True)}
        return shown

    @contextmanager
    def _silent(self, seconds: float) -> Iterator[None]:
        if not seconds:
            yield
            return
        self.proxy.fault(Mode.STALL)
        speaking = threading.Timer(seconds, self.proxy.heal)
        speaking.start()
        yield
        speaking.join()


@dataclass
class Watch:
    """Somebody who gives a name and looks again and again."""

    browser: Browser
    name: str
    path: str
    began: float

    @classmethod
    def over(cls, keyback: Keyback, name: str) -> Watch:
        browser = keyback.browser()
        page = browser.get("/recover")
        solution = solve_on(page)
        began = time.monotonic()
        page = browser.post("/recover", {"identifier": name, "proof_of_work": solution}, follow=False)
        return cls(browser, name, page.headers["Location"].removeprefix(browser.origin), began)

    def shown_after(self) -> tuple[float, float]:
        """At which of the looks there was something to choose, and when that look was over."""
        for look in LOOKS:
            time.sleep(max(0.0, self.began + look - time.monotonic()))
            # By a connection of its own: a kept one may end in the very moment in which it is used.
            if self.browser.copy().get(self.path).name == "choosing":
                return look, time.monotonic()
        return NEVER, time.monotonic()


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory, post: Post, slapd: Slapd) -> Iterator[list[House]]:
    """As many as were asked for, one directory behind all."""
    with ExitStack() as running:
        made = []
        for _ in range(SERVERS):
            proxy = running.enter_context(FaultProxy(("127.0.0.1", slapd.port)))
            through = (f"ldaps://127.0.0.1:{proxy.port}",)
            masked = masked_keyback(tmp_path_factory.mktemp("masked"), post, slapd, release=RELEASE, servers=through)
            made.append(House(running.enter_context(masked), proxy))
        yield made


@pytest.mark.slow
@pytest.mark.parametrize("condition", PACES)
def test_known_and_unknown_names_appear_at_the_same_moments(houses: list[House], slapd: Slapd, condition: str) -> None:
    each = LEAD + -(-PAIRS // SERVERS)
    # A house knows nothing of the names that another was asked for.
    known, nobodys = [slapd.person().uid for _ in range(each)], [f"nobody.{n}.here" for n in range(each)]
    names = [name for n in range(each) for name in in_turn(n, known[n], nobodys[n])]
    with ThreadPoolExecutor(SERVERS) as together:
        shown = list(together.map(lambda house: house.shown(names, PACES[condition]), houses))
    somebody = [one[name] for one in shown for name in known[LEAD:]]
    nobody = [one[name] for one in shown for name in nobodys[LEAD:]]
    say(line(condition, somebody, nobody))
    assert min(*somebody, *nobody) > LOOKS[0]
    assert abs(auc(somebody, nobody) - 0.5) <= 0.03


def in_turn(n: int, one: str, other: str) -> tuple[str, str]:
    """Whoever comes first has an advantage; each kind has each place among those at a time as often."""
    return (one, other) if (n + n // 2) % 2 else (other, one)


def warm_up(keyback: Keyback, name: str) -> None:
    """The first ones pay for connections, one for each place of the lane, and for what is read once."""
    watches = [Watch.over(keyback, each) for each in (name, "nobody.warms.up", name, "nobody.warms.up")]
    for watch in watches:
        wait_until(lambda watch=watch: watch.browser.get(watch.path).name == "choosing", "the first")  # type: ignore[misc]


def line(condition: str, somebody: Sequence[float], nobody: Sequence[float]) -> str:
    """For docs/sameness.md: the area, where 95 of 100 samples would lie, and who appeared before which look."""
    low, high = interval(somebody, nobody)
    looks = sorted({*somebody, *nobody})
    each = ", ".join(f"{look:g} s: {Counter(somebody)[look]} and {Counter(nobody)[look]}" for look in looks)
    return f"| {condition} | {len(somebody)} | {auc(somebody, nobody):.3f} ({low:.3f} to {high:.3f}) | {each} |"
