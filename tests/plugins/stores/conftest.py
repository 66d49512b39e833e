"""A stand-in for Microsoft Graph, judged by Microsoft's contract, and the store that asks it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.entra_store import Make
from servers.graph import Graph

from keyback.plugins.stores.entra import Entra


@pytest.fixture
def graph(tmp_path: Path) -> Iterator[Graph]:
    with Graph(tmp_path) as graph:
        yield graph
        assert graph.violations == []


@pytest.fixture
def make_store(graph: Graph) -> Iterator[Make]:
    made: list[Entra] = []

    def make(**changed: object) -> Entra:
        made.append(Entra(graph.settings(**changed)))
        return made[-1]

    yield make
    for store in made:
        store.close()


@pytest.fixture
def store(make_store: Make) -> Entra:
    return make_store()
