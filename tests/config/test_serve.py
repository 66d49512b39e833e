"""What the processes of a server make for themselves."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.http import wsgi

from keyback.config.commands import serve
from keyback.config.commands.serve import Server
from keyback.config.settings import Settings
from keyback.config.worker import HouseWorker


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """One that builds a house of which nothing is asked."""
    monkeypatch.setattr(wsgi, "Response", wsgi.Response)
    monkeypatch.setattr(HouseWorker, "secure", HouseWorker.secure)
    monkeypatch.setattr(serve, "build", lambda _settings: SimpleNamespace())
    monkeypatch.setattr(Server, "_pages", lambda _server, _house: "pages")
    made = Server(Settings(portal_url="https://reset.example.org", company="Alderwick", help_desk="Room 7"))
    yield made
    made._hatch.close()


def test_every_process_makes_pages_but_the_back_office(server: Server) -> None:
    office, other = (SimpleNamespace(in_office=False, place=None, age=age) for age in (1, 2))
    arbiter: Any = SimpleNamespace(WORKERS={})
    server._assign(arbiter, office)  # type: ignore[arg-type]
    assert office.in_office
    assert server.load() != "pages"
    arbiter.WORKERS[1] = office
    server._assign(arbiter, other)  # type: ignore[arg-type]
    assert not other.in_office
    assert server.load() == "pages"  # type: ignore[comparison-overlap]
