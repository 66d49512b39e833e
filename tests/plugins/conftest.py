"""What every plugin is given: a context."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from keyback.core import Context


@pytest.fixture
def ctx() -> Context:
    now = datetime.now(UTC)
    return Context(
        now=now,
        deadline=now + timedelta(seconds=10),
        locale="en",
        origin="https://reset.alderwick.example",
        company="Alderwick",
        random=os.urandom,
    )


@pytest.fixture(scope="session")
def amazon() -> Iterator[str]:
    """The address of a server that does as Amazon does."""
    from moto.server import ThreadedMotoServer  # slow to import, and few tests want it

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()
