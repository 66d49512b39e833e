"""An identity provider for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from servers.hostile_idp import HostileIdp, hostile_idp


@pytest.fixture
def idp() -> Iterator[HostileIdp]:
    with hostile_idp() as idp:
        yield idp
