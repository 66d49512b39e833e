"""The kit is worth something only if it finds what is wrong: each planted fault fails the test that is about it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from keyback.core.testing import PluginSuite


def failures(suite: type[PluginSuite], **about: object) -> dict[str, str]:
    """The suite's tests that fail for this plugin, and what they say."""
    tested = type("Tested", (suite,), about)()
    failed = {}
    for name in (name for name in dir(tested) if name.startswith("test_")):
        try:
            getattr(tested, name)()
        except Exception as error:
            failed[name.removeprefix("test_")] = str(error)
    return failed


@pytest.fixture(name="failures")
def _failures() -> Callable[..., dict[str, str]]:
    """Runs a suite and says what failed."""
    return failures
