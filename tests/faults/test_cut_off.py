"""One of three nodes is cut off from the database: whoever was at it goes on at the others (R15)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from servers.crowd import at_work
from servers.fault_proxy import FaultProxy, Mode
from servers.historian import assert_true
from servers.nodes import Nodes, running_nodes
from servers.persistent import Persistent
from servers.postgres import OWNER, Postgres
from servers.serving import say
from servers.slapd import Slapd
from servers.story import Post, wait_until
from sqlalchemy import make_url

PEOPLE, ROUNDS = 6, 3
# So long it is whole, then cut off, and so long it may take to notice and to come back.
WHOLE, SECONDS, NOTICED = 5.0, 20.0, 15.0


@pytest.fixture
def way(postgres: Postgres) -> Iterator[FaultProxy]:
    """Stands between one node and the database."""
    with FaultProxy(postgres.socket) as between:
        yield between


@pytest.fixture
def three(tmp_path: Path, postgres: Postgres, post: Post, slapd: Slapd, way: FaultProxy) -> Iterator[Nodes]:
    """Three nodes; the last one's way to the database may be cut."""
    url = postgres.database()
    cut = f"postgresql+psycopg://{OWNER}@127.0.0.1:{way.port}/{make_url(url).database}"
    with running_nodes(tmp_path, 3, url, post, slapd, ways={2: cut}) as nodes:
        yield nodes


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("mode", [Mode.STALL, Mode.REFUSE])
def test_nobody_is_lost_when_a_node_is_cut_off_from_the_database(
    three: Nodes, way: FaultProxy, slapd: Slapd, mode: Mode
) -> None:
    moments, went_on = list[float](), 0
    with at_work(lambda: Persistent(three.somebody()), PEOPLE) as crowd:
        for _ in range(ROUNDS):
            # Time itself is meant, twice: so long all three serve, and so long one of them is cut off.
            time.sleep(WHOLE)
            with _cut(three, way, mode) as began:
                time.sleep(SECONDS)
            moments.append(time.time())
            done = [began < person.done_at < moments[-1] for person in list(crowd)]
            assert any(done), "nobody went on at the others"
            went_on += sum(done)
    assert_true(slapd, crowd, faults=moments)
    # A proof that was taken and not answered leaves a browser with a key that is over: whoever meets that begins again.
    again = sum(len(person.recoveries) - 1 for person in crowd)
    say(f"cut off {ROUNDS} times ({mode}): {len(crowd)} people, {went_on} of them done meanwhile, {again} began again")


@contextmanager
def _cut(nodes: Nodes, way: FaultProxy, mode: Mode) -> Iterator[float]:
    """The last node, until the block ends and it serves again; from when on it said that it cannot serve."""
    way.fault(mode)
    if mode is Mode.REFUSE:
        way.drop_all()
    wait_until(lambda: not _ready(nodes), "it to say that it cannot serve", NOTICED)
    try:
        yield time.time()
    finally:
        way.heal()
    wait_until(lambda: _ready(nodes), "it to come back", NOTICED)


def _ready(nodes: Nodes) -> bool:
    try:
        return requests.get(f"{nodes.each[2].url}/readyz", timeout=2).status_code == 200
    except requests.RequestException:
        return False
