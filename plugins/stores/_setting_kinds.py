"""Kinds of settings that several directories have: files that must be there, and patience that ends."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator


def _there(file: str) -> str:
    if file and not Path(file).is_file():
        raise ValueError("there is no such file")
    return file


def _finite(patience: timedelta) -> timedelta:
    if not timedelta(milliseconds=100) <= patience <= timedelta(seconds=30):
        raise ValueError("between a tenth of a second and 30 seconds")
    return patience


# Empty: none.
File = Annotated[str, AfterValidator(_there)]
Patience = Annotated[timedelta, AfterValidator(_finite)]
