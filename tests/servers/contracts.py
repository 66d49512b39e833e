"""Contracts that providers publish, as judges of what we ask of them and of what our stand-ins answer."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from openapi_core import Config, OpenAPI

FOLDER = Path(os.environ.get("KEYBACK_CONTRACTS", Path(__file__).parents[3] / "shared" / "contracts"))


def published(name: str) -> Path:
    """Where this contract lies, if it is here."""
    return FOLDER / f"{name}.openapi.yaml"


def missing(name: str) -> str:
    """Why nobody can judge by it; empty when somebody can."""
    here = published(name).is_file()
    return "" if here else f"the published contract {name} is not here: name its folder in KEYBACK_CONTRACTS"


@cache
def judge(name: str) -> OpenAPI:
    """Whether the document itself is well made is its publisher's to know."""
    return OpenAPI.from_file_path(str(published(name)), config=Config(spec_validator_cls=None))
