"""What the fault tests break: a directory behind a proxy that fails on purpose, and Keyback in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.client_story import CLIENT
from servers.fault_proxy import FaultProxy
from servers.keyback import PROMPT, Keyback
from servers.nodes import TRUSTED, Nodes, running_nodes
from servers.outfit import SWIFT, pins, running_post
from servers.postgres import Postgres
from servers.serving import NOTHING, Pins, Serve
from servers.slapd import Slapd, running_slapd
from servers.story import Post

from keyback.core.recovery.policy import PublicRules


@pytest.fixture(scope="session")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    """Where mails and texts arrive."""
    with running_post(tmp_path_factory.mktemp("post")) as both:
        yield both


@pytest.fixture(scope="session")
def slapd() -> Iterator[Slapd]:
    """A real directory of these tests' own: they freeze it."""
    with running_slapd() as server:
        yield server


@pytest.fixture
def proxy(slapd: Slapd) -> Iterator[FaultProxy]:
    """Stands between Keyback and the directory."""
    with FaultProxy(("127.0.0.1", slapd.port)) as between:
        yield between


@pytest.fixture
def serve(
    request: pytest.FixtureRequest, tmp_path: Path, post: Post, slapd: Slapd, proxy: FaultProxy
) -> Iterator[Serve]:
    """Starts servers whose way to the directory leads through the proxy."""
    running: list[Keyback] = []

    def begin(
        database: str = "sqlite",
        *,
        processes: int = 2,
        also: Pins = NOTHING,
        more: Pins = NOTHING,
        rules: PublicRules = PROMPT,
    ) -> Keyback:
        url = request.getfixturevalue("postgres").database() if database == "postgresql" else database
        url = "" if url == "sqlite" else url
        outfit = {**pins(post, slapd, servers=(f"ldaps://127.0.0.1:{proxy.port}",)), **SWIFT, **also}
        folder = tmp_path / f"keyback{len(running)}"
        server = Keyback(folder, outfit, processes=processes, database_url=url, more=more, rules=rules)
        running.append(server)
        server.start()
        return server

    yield begin
    for server in running:
        server.stop()


@pytest.fixture(scope="session")
def nodes(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres, post: Post, slapd: Slapd) -> Iterator[Nodes]:
    """Two nodes behind a proxy. Whoever ends one starts it again."""
    folder: Path = tmp_path_factory.mktemp("nodes")
    more = {"trusted_networks": [TRUSTED], "entries": CLIENT}
    with running_nodes(folder, 2, postgres.database(), post, slapd, more=more) as both:
        yield both
