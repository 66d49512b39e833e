"""From file and environment to settings that are safe to start with, or every reason why not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from ..core.contracts.errors import SettingsInvalid
from .settings import Settings
from .sources import read_sources
from .unsafe import unsafe


def load(environ: Mapping[str, str], folder: Path) -> Settings:
    """The settings of this start, or SettingsInvalid with everything that is wrong and what to set instead."""
    return checked(parse(read_sources(environ, folder)))


def checked(settings: Settings) -> Settings:
    """The same settings when they are safe to start with; otherwise everything that is not, at once."""
    problems = [*unsafe(settings), *_file_problems(settings)]
    if problems:
        raise SettingsInvalid(problems)
    return settings


def parse(values: Mapping[str, object]) -> Settings:
    """The values as one object; says for each wrong one what its name is and what was expected."""
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsInvalid([_sentence(problem["loc"], problem["msg"]) for problem in error.errors()]) from None


def _sentence(place: tuple[int | str, ...], message: str) -> str:
    name = ".".join(str(part) for part in place)
    if message == "Field required":
        return f"{name} is missing: set it in keyback.toml, or as KEYBACK_{name.upper().replace('.', '__')}"
    if message == "Extra inputs are not permitted":
        return f"{name} means nothing here: take it out, or mend its spelling"
    return f"{name}: {message[0].lower()}{message[1:]}"


def _file_problems(settings: Settings) -> list[str]:
    problems: list[str] = []
    read_all = (
        settings.key,
        settings.previous_key,
        lambda: settings.logo,
        lambda: settings.sign_in.client_key,
        lambda: settings.entry_tables,
    )
    for read in read_all:
        try:
            read()
        except SettingsInvalid as error:
            problems.extend(error.problems)
    return problems
