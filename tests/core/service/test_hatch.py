"""Jobs pass from the pages to the back office whole, and no page waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from examples.recoveries import answering

from keyback.core.db.jobs import Job
from keyback.core.service.hatch import Hatch

JOB = Job(
    "1", "store:openldap", "find", "recovery", {"store": "openldap", "words": "ß, ﬁ and \n"}, 0, datetime.now(UTC)
)


@pytest.fixture
def hatch() -> Iterator[Hatch]:
    made = Hatch()
    yield made
    made.close()


def test_a_job_arrives_as_it_was(hatch: Hatch) -> None:
    recovery = answering()
    assert hatch.give(replace(JOB, seen=recovery))
    taken = hatch.take()
    assert taken == JOB
    assert taken.seen == recovery


def test_a_hatch_that_nobody_empties_refuses_at_once(hatch: Hatch) -> None:
    passed = 0
    while hatch.give(JOB):
        passed += 1
    assert passed > 20
    assert hatch.take() == JOB
    assert hatch.give(JOB)


def test_a_job_that_is_too_large_is_refused_and_not_cut(hatch: Hatch) -> None:
    assert not hatch.give(Job("2", "house", "tell", "recovery", {"words": "x" * 2_000_000}, 0, JOB.due_at))
    assert hatch.give(JOB)
    assert hatch.take() == JOB
