"""A house whose directory says who is in it, which campaigns need."""

from __future__ import annotations

import pytest
from servers.campaigning import Annex, Campaigning, campaigning
from servers.listed import Listed
from servers.small_house import SmallHouse, small_house

from keyback.core.db.session import Database


@pytest.fixture(autouse=True)
def _directories_that_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("servers.small_house.Directory", Listed)


@pytest.fixture
def house(database: Database) -> SmallHouse:
    return small_house(database)


@pytest.fixture
def joined(database: Database) -> Campaigning:
    """Jo has an account in each of two directories."""
    house = small_house(database, cloud=Annex())  # type: ignore[arg-type]
    house.link()
    return campaigning(house)
