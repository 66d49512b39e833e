"""What a whole journey may ask of the database. Counted, not timed: a machine that is busy changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from servers.postgres import missing as no_postgres
from servers.slapd import missing as no_slapd
from statements import count_statements
from town import Town, town


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A directory, a letterbox and a database server."""
    if why := no_slapd() or no_postgres():
        pytest.skip(why)
    with town(tmp_path_factory.mktemp("town")) as servers:
        yield servers


# With two proofs there are three texts, one code and two notices. Each is paid for before it leaves, in a commit of its
# own, and what became of it is kept: eight statements and three commits more than as many mails.
# Commits are counted as if nobody else were there: under load the results of messages share theirs.
@pytest.mark.parametrize(("proofs", "statements", "commits"), [(1, 49, 8), (2, 77, 15)])
def test_a_journey_asks_no_more_than_this(here: Town, proofs: int, statements: int, commits: int) -> None:
    counts = count_statements(here, "sqlite", proofs)
    reads, writes, committed = (sum(step) for step in zip(*counts.values(), strict=True))
    assert reads + writes <= statements, counts
    assert committed <= commits, counts


def test_the_first_page_reads_once_and_writes_nothing(here: Town) -> None:
    assert count_statements(here, "postgresql", 1)["first page"] == (1, 0, 0)
