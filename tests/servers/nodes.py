"""Several `keyback serve` on one PostgreSQL, and the proxy before them."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from .browser import Browser
from .keyback import HOST, Keyback
from .outfit import SWIFT, a_story, pins
from .round_robin import RoundRobin
from .serving import NOTHING, Pins
from .slapd import Slapd
from .story import Post, Story
from .together import at_once

# The company's own network, from which many people come at once.
TRUSTED = "172.20.0.0/16"


@dataclass
class Nodes:
    """Each node has a folder, a port and processes of its own; the database and the key are the same."""

    each: list[Keyback]
    front: RoundRobin
    post: Post
    slapd: Slapd

    def somebody(self) -> Story:
        """A new person of the directory, who comes through the proxy."""
        story = a_story(self.each[0], self.post, self.slapd)
        story.browser = self.browser()
        return story

    def browser(self) -> Browser:
        """A browser before the proxy, from an address of its own."""
        octets = ".".join(str(byte) for byte in secrets.token_bytes(3))
        return Browser(self.front.url, host=HOST, address=f"10.{octets}")

    def at(self, node: int, story: Story) -> Browser:
        """The same person's browser, before one node alone."""
        browser = story.browser.copy()
        browser.base = self.each[node].url
        return browser


def signalled(node: Keyback, number: signal.Signals) -> None:
    """Every process of this node gets it, the one that watches over the others first."""
    for process in node.processes():
        os.kill(process, number)


@contextmanager
def running_nodes(
    folder: Path,
    count: int,
    database_url: str,
    post: Post,
    slapd: Slapd,
    *,
    farewell: int = 3,
    more: Pins = NOTHING,
    ways: Mapping[int, str] = MappingProxyType({}),
) -> Iterator[Nodes]:
    """So many, ready, one process each; some may have a way of their own to the database."""
    outfit = {**pins(post, slapd), **SWIFT}
    nodes: list[Keyback] = []
    try:
        for number in range(count):
            own = folder / f"node{number}"
            own.mkdir(parents=True)
            if nodes:
                shutil.copy(nodes[0].folder / "keyback.key", own / "keyback.key")
            url = ways.get(number, database_url)
            nodes.append(Keyback(own, outfit, database_url=url, farewell=farewell, more=more))
            nodes[-1].start()
        with RoundRobin([node.port for node in nodes]) as front:
            yield Nodes(nodes, front, post, slapd)
    finally:
        at_once(len(nodes), lambda number: nodes[number].stop())
