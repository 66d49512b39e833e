"""What every plugin is given: a context."""

from __future__ import annotations

import os
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
