"""Nodes are replaced by the next version's and back while people are at work: no request of theirs fails (R19)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.crowd import at_work
from servers.historian import assert_true
from servers.keyback import Keyback
from servers.next_version import EDITION, TABLES, next_version
from servers.nodes import Nodes, running_nodes
from servers.persistent import Persistent
from servers.postgres import Postgres
from servers.serving import say
from servers.slapd import Slapd
from servers.story import Post
from sqlalchemy import create_engine, text

PEOPLE, REQUESTS = 3, 2_000


@pytest.fixture
def two(tmp_path: Path, postgres: Postgres, post: Post, slapd: Slapd) -> Iterator[Nodes]:
    """Two nodes of this version."""
    with running_nodes(tmp_path / "nodes", 2, postgres.database(), post, slapd) as nodes:
        yield nodes


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_nobody_notices_an_upgrade_nor_the_way_back(two: Nodes, slapd: Slapd, tmp_path: Path) -> None:
    upgraded, rounds = next_version(tmp_path / "next"), 0
    with at_work(lambda: Persistent(two.somebody()), PEOPLE) as crowd:
        while not rounds or _requests(crowd) < REQUESTS:
            rounds += 1
            for environment in ({"PYTHONPATH": str(upgraded)}, {}):
                for node in two.each:
                    _replace(node, environment)
    assert_true(slapd, crowd)
    assert [person.troubles for person in crowd if person.troubles] == []
    written = _written(two)
    assert all(written.values()), written
    say(f"{rounds} times there and back beside {len(crowd)} people and {_requests(crowd)} requests, none failed")


def _replace(node: Keyback, environment: dict[str, str]) -> None:
    node.stop()
    node.environment = environment
    node.start()


def _requests(crowd: list[Persistent]) -> int:
    return sum(len(person.story.browser.history) for person in list(crowd))


def _written(nodes: Nodes) -> dict[str, bool]:
    """Whether rows of each kind are there from both versions."""
    engine = create_engine(nodes.each[0].database_url)
    try:
        with engine.connect() as tx:
            assert tx.scalar(text("SELECT version_num FROM alembic_version")) == EDITION
            asked = "SELECT count(next_note) > 0 AND count(next_note) < count(*) FROM {}"
            return {table: bool(tx.scalar(text(asked.format(table)))) for table in TABLES if table != "job"}
    finally:
        engine.dispose()
