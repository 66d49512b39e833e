"""What the tests that walk the whole console share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from servers.console_pages import Walk
from servers.lived_in import lived_in, seen
from servers.rows import Row, rows_at

Rows = Callable[[], set[Row]]


@pytest.fixture(scope="session")
def walked_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the database of `walk` lies."""
    return tmp_path_factory.mktemp("walked")


@pytest.fixture(scope="session")
def walk(walked_folder: Path, migrated: Path) -> Iterator[Walk]:
    """Every page and form of a console, for tests that leave it as it is."""
    with lived_in(migrated, walked_folder) as console:
        yield seen(console)


@pytest.fixture
def rows(walk: Walk, walked_folder: Path) -> Rows:
    """All that this console's database keeps at the moment."""
    return lambda: rows_at(f"sqlite:///{walked_folder / 'keyback.db'}")
