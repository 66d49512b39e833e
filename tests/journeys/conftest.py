"""A running Keyback for the stories: one process on SQLite, two on PostgreSQL; `make faults` turns it around."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from servers.demo import Visitor, log_of, running_demo
from servers.keyback import Keyback
from servers.outfit import ENTRIES, SWIFT, a_story, pins, running_post
from servers.slapd import Slapd, running_slapd
from servers.story import Post, Story


@pytest.fixture(scope="session")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    """Where mails and texts arrive."""
    with running_post(tmp_path_factory.mktemp("post")) as both:
        yield both


@pytest.fixture(scope="session")
def slapd() -> Iterator[Slapd]:
    """A real directory."""
    with running_slapd() as server:
        yield server


@pytest.fixture(
    scope="session",
    params=[
        pytest.param(("sqlite", 1), id="sqlite-1"),
        pytest.param(("postgresql", 2), id="postgresql-2"),
        pytest.param(("sqlite", 2), id="sqlite-2", marks=pytest.mark.slow),
        pytest.param(("postgresql", 1), id="postgresql-1", marks=pytest.mark.slow),
    ],
)
def keyback(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, post: Post, slapd: Slapd
) -> Iterator[Keyback]:
    """A server that people can come to."""
    database, processes = request.param
    url = request.getfixturevalue("postgres").database() if database == "postgresql" else ""
    folder: Path = tmp_path_factory.mktemp(f"keyback-{database}-{processes}")
    outfit = {**pins(post, slapd), **SWIFT}
    with Keyback(folder, outfit, processes=processes, database_url=url, more={"entries": ENTRIES}) as server:
        yield server


@pytest.fixture
def somebody(keyback: Keyback, post: Post, slapd: Slapd) -> Story:
    """A person of the directory who has forgotten the password."""
    return a_story(keyback, post, slapd)


@pytest.fixture(scope="module")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demo keeps what it forgets at its next start."""
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(demo_folder: Path) -> Iterator[str]:
    """The demo's address."""
    with running_demo(demo_folder) as address:
        yield address


@pytest.fixture
def visitor(chromium: Any, demo: str, demo_folder: Path) -> Iterator[Visitor]:
    """Somebody who looks at the demo, and finds nothing to complain about."""
    somebody = Visitor(chromium, demo)
    somebody.overlook_what_came_before()
    yield somebody
    assert somebody.complaints == [], log_of(demo_folder)[-4000:]
    somebody.context.close()
