"""A small house on SQLite for the tests of the shell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.small_house import SmallHouse, small_house

from keyback.core.db.session import Database


@pytest.fixture
def house(tmp_path: Path) -> Iterator[SmallHouse]:
    """Somebody called jo, with a mailbox, a phone and saved codes."""
    database = Database(f"sqlite:///{tmp_path / 'keyback.db'}")
    database.upgrade()
    yield small_house(database)
    database.close()
