"""A restart of one node after the other while people are at work: no request of theirs fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
import requests
from servers.browser import Page
from servers.keyback import HOST, Keyback
from servers.nodes import Nodes
from servers.outfit import opens
from servers.serving import say
from servers.slapd import Slapd
from servers.story import NEW, wait_until
from servers.together import at_once


def test_no_request_fails_while_every_node_is_restarted(nodes: Nodes, slapd: Slapd) -> None:
    _roll(nodes, slapd, 100)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_no_request_of_two_thousand_fails_while_every_node_is_restarted(nodes: Nodes, slapd: Slapd) -> None:
    _roll(nodes, slapd, 2000)


def _roll(nodes: Nodes, slapd: Slapd, most: int) -> None:
    with _load(nodes, slapd, 2) as load:
        restarts, longest = 0, 0.0
        while restarts < len(nodes.each) or load.requests < most:
            node = nodes.each[restarts % len(nodes.each)]
            longest = max(longest, _leave(node))
            node.start()
            restarts += 1
    assert load.failed == []
    assert load.journeys > 0
    say(
        f"{restarts} restarts, {load.requests} requests, {load.journeys} journeys, 0 failed; "
        f"the longest farewell took {longest:.1f} s"
    )


def _leave(node: Keyback) -> float:
    """Stop it, and see that it says so before it does; how long it took."""
    began = time.monotonic()
    with requests.Session() as probe:
        assert probe.get(f"{node.url}/readyz", timeout=5).status_code == 200
        leaving = threading.Thread(target=node.stop)
        leaving.start()
        wait_until(lambda: probe.get(f"{node.url}/readyz", timeout=5).status_code == 503, "it to say so")
        # It still serves, on new connections and on kept ones, and every answer is the last on its connection.
        for ask in (probe.get, requests.get):
            answer = ask(f"{node.url}/recover", headers={"Host": HOST}, timeout=5)
            assert (answer.status_code, answer.headers["Connection"]) == (200, "close")
    leaving.join()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{node.url}/healthz", timeout=5)
    return time.monotonic() - began


@dataclass
class _Load:
    """What people at work saw."""

    requests: int = 0
    journeys: int = 0
    failed: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def live(self, nodes: Nodes, slapd: Slapd) -> None:
        """One journey after the other until it is over."""
        while not self.over.is_set():
            story = nodes.somebody()
            try:
                story.whole()
                assert opens(slapd, story, NEW)
                self.journeys += 1
            except Exception as problem:
                self.failed.append(f"{type(problem).__name__} {problem}"[:300])
            self._count(story.browser.history)

    def _count(self, pages: list[Page]) -> None:
        self.requests += len(pages)
        self.failed += [f"{page.status} {page.url} {page.text[:80]}" for page in pages if page.status >= 500]


@contextmanager
def _load(nodes: Nodes, slapd: Slapd, people: int) -> Iterator[_Load]:
    load = _Load()
    crowd = threading.Thread(target=lambda: at_once(people, lambda _: load.live(nodes, slapd)))
    crowd.start()
    try:
        yield load
    finally:
        load.over.set()
        crowd.join()
