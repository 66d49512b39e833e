"""Requests that are wrong in every way we could think of: each is refused with a sentence, and nothing comes of it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from servers.canaries import Canaries
from servers.judged import shortcomings
from servers.keyback import HOST, Keyback
from servers.malformed import Malformed, draw
from servers.outfit import ENTRIES, a_story, opens
from servers.persistent import Persistent
from servers.rows import Row, rows, strangers
from servers.serving import Serve, say
from servers.slapd import PASSWORD, Slapd
from servers.story import Post, wait_until
from servers.targets import Held, Target, in_every_stage, targets, urls
from servers.wire import Answer, exchange

QUICK, FULL = 1_200, 100_000
# Recoveries live for twenty minutes: so many requests, then new ones.
ROUND = 10_000
AT_ONCE = 4
P99 = 0.25


def test_malformed_requests_are_refused_and_leave_nothing_behind(serve: Serve, post: Post, slapd: Slapd) -> None:
    _fire(serve(more={"entries": ENTRIES}), post, slapd, QUICK, "quick")


@pytest.mark.slow
@pytest.mark.timeout(5400)
def test_a_hundred_thousand_malformed_requests_slow_nobody_down(serve: Serve, post: Post, slapd: Slapd) -> None:
    keyback = serve(more={"entries": ENTRIES})
    seconds = _fire(keyback, post, slapd, FULL, "full")
    assert seconds[len(seconds) * 99 // 100] < P99


def _fire(keyback: Keyback, post: Post, slapd: Slapd, count: int, seed: str) -> list[float]:
    """All of them, in rounds. How long each took, the shortest first."""
    addresses, alive = urls(keyback), keyback.workers()
    tally = Tally()
    for first in range(0, count, ROUND):
        held = in_every_stage([a_story(keyback, post, slapd) for _ in range(6)], post)
        link = post.wasnt_me(held[3].story.mail)
        _let_settle(keyback)
        before = rows(keyback)
        with _honest_people(keyback, post, slapd) as honest:
            pages = targets(addresses, held, link)
            # Forms have more ways to be wrong than addresses.
            pages += [page for page in pages if page.verb == "POST"] * 2
            _send_all(keyback, pages, range(first, min(count, first + ROUND)), seed, tally)
        assert not tally.problems, "\n".join(tally.problems)
        _nothing_moved(before, rows(keyback), honest)
        _nobody_was_touched(slapd, held)
        tally.secrets(held)
        tally.report()
    assert keyback.workers() == alive
    _log_is_clean(keyback, tally)
    return sorted(tally.seconds)


@dataclass
class Tally:
    """What came back."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    canaries: Canaries = field(default_factory=Canaries)

    def add(self, sent: Malformed, answer: Answer) -> None:
        """One more. What is wrong is kept with everything that is needed to send it again."""
        self.statuses["sound" if sent.sound else "broken", answer.status] += 1
        if not sent.pause and not sent.ends:
            self.seconds.append(answer.seconds)
        wrong = shortcomings(sent, answer)
        if wrong:
            place = f"{sent.number} {sent.endpoint} {sent.ways}"
            self.problems.append(f"{place}: {wrong}; sent {sent.raw!r}, came {answer.status} {answer.raw[:300]!r}")

    def secrets(self, held: Sequence[Held]) -> None:
        """What must not stand in the log."""
        for one in held:
            self.canaries.add("a cookie", one.cookie[1].partition(".")[2])
            for name in {"token", "code", "new_password"} & one.fields.keys():
                self.canaries.add(name, one.fields[name])

    def report(self) -> None:
        """The table as far as it goes."""
        ordered = sorted(self.seconds)
        half, late = ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100]
        say(f"{self.statuses.total()} requests: half within {half * 1000:.1f} ms, 99 % within {late * 1000:.1f} ms")
        for (kind, status), times in sorted(self.statuses.items()):
            say(f"{kind} HTTP: {status or 'closed'} {times} times")


def _send_all(keyback: Keyback, pages: Sequence[Target], numbers: range, seed: str, tally: Tally) -> None:
    def send(number: int) -> tuple[Malformed, Answer]:
        sent = draw(number, seed, HOST, pages)
        return sent, exchange(keyback.port, sent.raw, ends=sent.ends, pause=sent.pause)

    with ThreadPoolExecutor(AT_ONCE) as crowd:
        for sent, answer in crowd.map(send, numbers):
            tally.add(sent, answer)


@contextmanager
def _honest_people(keyback: Keyback, post: Post, slapd: Slapd) -> Iterator[list[Persistent]]:
    """Beside all that, one after the other resets a password. All of them are done at the end."""
    people: list[Persistent] = []
    over = threading.Event()

    def come() -> None:
        while not over.is_set() or not people:
            people.append(Persistent(a_story(keyback, post, slapd), errs_first=False))
            people[-1].live(60)

    with ThreadPoolExecutor(1) as beside:
        coming = beside.submit(come)
        try:
            yield people
        finally:
            over.set()
            coming.result()
    for person in people:
        assert opens(slapd, person.story, person.promised)
        assert slapd.writes(person.dn) == 1
    say(f"{len(people)} honest people are done beside it")
    _let_settle(keyback)


def _let_settle(keyback: Keyback) -> None:
    """Nothing is under way any more."""
    wait_until(lambda: not [row for row in rows(keyback) if row[0] == "job"], "all jobs to be done")


def _nothing_moved(before: set[Row], after: set[Row], honest: Sequence[Persistent]) -> None:
    known = {recovery for person in honest for recovery in person.recoveries}
    moved = strangers(before ^ after, known)
    assert not moved, "\n".join(moved)


def _nobody_was_touched(slapd: Slapd, held: Sequence[Held]) -> None:
    for one in held:
        set_before = one.story.here().stage == "done"
        assert slapd.writes(f"uid={one.story.name},{Persistent(one.story).dn.partition(',')[2]}") == set_before
        assert opens(slapd, one.story, PASSWORD) is not set_before


def _log_is_clean(keyback: Keyback, tally: Tally) -> None:
    log = keyback.log.read_bytes()
    assert b"Traceback" not in log
    assert b'"level": "error"' not in log
    assert b"kb-odd" not in log
    assert tally.canaries.found_in(log) == []
