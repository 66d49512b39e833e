"""What tests that start their own servers ask for, and how they say what they found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .keyback import Keyback

# Starts a server on a fresh database: on "sqlite" or "postgresql", with so many processes, with plugins `also`, and
# with `more` settings.
Serve = Callable[..., Keyback]
Pins = Mapping[str, Any]
NOTHING: Pins = {}


def say(figures: str) -> None:
    """What a long run found, for whoever watches it (`pytest -s`)."""
    print(figures, flush=True)  # noqa: T201
