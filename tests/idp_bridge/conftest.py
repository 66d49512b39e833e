"""An identity provider for each test, and a house that is one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from servers.client_house import ClientHouse, client_house
from servers.hostile_idp import HostileIdp, hostile_idp

from keyback.core.db.session import Database


@pytest.fixture
def idp() -> Iterator[HostileIdp]:
    with hostile_idp() as idp:
        yield idp


@pytest.fixture
def clients(database: Database) -> ClientHouse:
    """A house with jo in it, and two clients of OpenID Connect."""
    return client_house(database)
