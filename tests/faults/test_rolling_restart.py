"""A restart of one node after the other while people are at work: no request of theirs fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests
from servers.browser import Page
from servers.keyback import HOST
from servers.nodes import Nodes, running_nodes
from servers.outfit import opens
from servers.postgres import Postgres
from servers.serving import say
from servers.slapd import Slapd
from servers.story import NEW, Post, wait_until
from servers.together import at_once


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres, post: Post, slapd: Slapd) -> Iterator[Nodes]:
    """Two of them."""
    folder: Path = tmp_path_factory.mktemp("rolling")
    with running_nodes(folder, 2, postgres.database(), post, slapd) as both:
        yield both


def test_no_request_fails_while_every_node_is_restarted(nodes: Nodes, slapd: Slapd) -> None:
    _roll(nodes, slapd, 100)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_no_request_of_two_thousand_fails_while_every_node_is_restarted(nodes: Nodes, slapd: Slapd) -> None:
    _roll(nodes, slapd, 2000)


def test_a_node_says_that_it_leaves_before_it_does(nodes: Nodes) -> None:
    node = nodes.each[0]
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
    node.start()


def _roll(nodes: Nodes, slapd: Slapd, most: int) -> None:
    with _load(nodes, slapd, 2) as load:
        restarts, longest = 0, 0.0
        while restarts < len(nodes.each) or load.requests < most:
            node = nodes.each[restarts % len(nodes.each)]
            began = time.monotonic()
            assert node.stop() == 0
            longest = max(longest, time.monotonic() - began)
            node.start()
            restarts += 1
    assert load.failed == []
    assert load.journeys > 0
    say(
        f"{restarts} restarts, {load.requests} requests, {load.journeys} journeys, 0 failed; "
        f"the longest farewell took {longest:.1f} s"
    )


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
