"""A small house on SQLite for the tests of the shell."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.small_house import Cloud, SmallHouse, small_house

from keyback.core.db.session import Database


@pytest.fixture
def house(database: Database) -> SmallHouse:
    """Somebody called jo, with a mailbox, a phone and saved codes."""
    return small_house(database)


@pytest.fixture
def linked(tmp_path: Path, migrated: Path) -> Iterator[SmallHouse]:
    """The same house with a second directory, in which jo has a linked account with a mailbox of its own."""
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'linked.db')}")
    house = small_house(database, cloud=Cloud(), realms={"fake": ("fake.example",), "cloud": ("cloud.example",)})
    house.link()
    yield house
    database.close()


@pytest.fixture
def on_either(either_database: Database) -> SmallHouse:
    """The same house as `house`, on each kind of database."""
    return small_house(either_database)
