"""A house for the length of one command: settings from where we stand, nothing started, everything closed after."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from .. import logging
from ..house import House, build
from ..loading import load
from ..settings import Settings

# What argparse calls by a private name.
Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def settings_here() -> Settings:
    """From the environment and the current folder. Logging speaks their level from now on."""
    settings = load(os.environ, Path.cwd())
    logging.configure(settings.log_level)
    return settings


@contextmanager
def opened(settings: Settings | None = None) -> Iterator[House]:
    """The house, without its pages and with its back office asleep."""
    house = build(settings or settings_here())
    try:
        yield house
    finally:
        house.close(house.settings.serve.grace_seconds)
