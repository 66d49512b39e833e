"""What every plugin is: a key, a label, settings that draw their own form, and a check."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.config import JsonDict
from pydantic_core import ErrorDetails

from .errors import SettingsInvalid
from .text import ENGLISH, Language, Text
from .wall import NO_WALL, Wall

ADDRESS, CERTIFICATES, GROWS = "address", "certificates", "only grows"
OURS, TRUSTED = "ours", "trusted"


def only_in_file() -> JsonDict:
    """For `json_schema_extra` of a setting that the console shows and does not change: it widens what this server may
    do, so it takes somebody who may write on the server."""
    return {"only in": "file"}


def is_address() -> JsonDict:
    """For `json_schema_extra` of a setting that says where the plugin connects to. Typed at the console, it leads to
    the internet and to the networks that the file lists; written in the file, anywhere."""
    return {ADDRESS: True}


def our_certificate() -> JsonDict:
    """For `json_schema_extra` of a setting that names a file (PEM) with the certificate by which the plugin shows who
    it is, before all others in it. Home says in time that it ends."""
    return {CERTIFICATES: OURS}


def trusted_certificates() -> JsonDict:
    """For `json_schema_extra` of a setting that names a file (PEM) with authorities' certificates. Home says in time
    that the last of them ends."""
    return {CERTIFICATES: TRUSTED}


def only_accepted() -> JsonDict:
    """For `json_schema_extra` of the setting that names who answers for a plugin: without it the plugin stays off, and
    the console fills it in for whoever read why not, and typed the organisation's name."""
    return {"only in": "acceptance"}


def only_grows() -> JsonDict:
    """For `json_schema_extra` of a setting that keeps people out: a list, or yes and no. Once the plugin was on, the
    console only adds to it. To take away lets people in, so it takes somebody who may write on the server."""
    return {GROWS: True}


class PluginSettings(BaseModel):
    """A flat form: str, int, bool, timedelta, enum, tuple of strings, SecretStr; each with title and description."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class NoSettings(PluginSettings):
    """For plugins with nothing to set."""


def marked_addresses(kind: type[PluginSettings]) -> frozenset[str]:
    """The settings that surely say where a plugin connects to."""
    marks = {name: each.json_schema_extra for name, each in kind.model_fields.items()}
    return frozenset(name for name, mark in marks.items() if isinstance(mark, dict) and ADDRESS in mark)


def growing_settings(kind: type[PluginSettings]) -> frozenset[str]:
    """The settings that keep people out."""
    marks = {name: each.json_schema_extra for name, each in kind.model_fields.items()}
    return frozenset(name for name, mark in marks.items() if isinstance(mark, dict) and GROWS in mark)


def certificate_settings(kind: type[PluginSettings]) -> Mapping[str, str]:
    """The settings that name a file with certificates, and whose these are."""
    marks = {name: each.json_schema_extra for name, each in kind.model_fields.items()}
    whose = {name: mark.get(CERTIFICATES) for name, mark in marks.items() if isinstance(mark, dict)}
    return {name: str(theirs) for name, theirs in whose.items() if theirs}


def addresses_of(kind: type[PluginSettings]) -> frozenset[str]:
    """The settings that say where a plugin connects to. One that marks none may mean any of them."""
    return marked_addresses(kind) or frozenset(kind.model_fields)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one setting, or with all of them together where `field` is empty.

    `kind` is pydantic's name for it, `limit` what it was measured by; `said` never quotes what was typed.
    """

    field: str
    kind: str
    said: Text | str
    limit: str = ""


def read_settings(kind: type[PluginSettings], stored: Mapping[str, object]) -> PluginSettings:
    """The stored values as settings. Raises SettingsInvalid, which names the fields and never the values."""
    settings, faults = examine_settings(kind, stored)
    if settings is None:
        raise SettingsInvalid([f"{fault.field or 'settings'}: {fault.said}" for fault in faults])
    return settings


def examine_settings(
    kind: type[PluginSettings], stored: Mapping[str, object]
) -> tuple[PluginSettings | None, tuple[Fault, ...]]:
    """The stored values as settings, or everything that is wrong with them."""
    try:
        return kind.model_validate(dict(stored)), ()
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
    return None, tuple(_fault(each, stored) for each in found)


def _fault(found: ErrorDetails, stored: Mapping[str, object]) -> Fault:
    measured = found.get("ctx", {})
    limit = next((str(measured[name]) for name in ("ge", "le", "min_length", "max_length") if name in measured), "")
    return Fault(str(found["loc"][0]) if found["loc"] else "", found["type"], _sentence(found, stored), limit)


def _sentence(found: ErrorDetails, stored: Mapping[str, object]) -> str:
    # A validator of the plugin's own may quote what it refuses; that may be a token typed into the wrong field.
    values = [value for one in stored.values() for value in (one if isinstance(one, (list, tuple)) else [one])]
    if any(isinstance(value, str) and value and value in found["msg"] for value in values):
        return found["type"].replace("_", " ")
    return found["msg"].removeprefix("Value error, ")


@dataclass(frozen=True, slots=True)
class Context:
    """All that a plugin ever learns about the outside. `deadline` is when a late answer stops counting."""

    now: datetime
    deadline: datetime
    locale: str
    origin: str
    company: str
    random: Callable[[int], bytes]
    # What sentences are rendered in where a method must know how long its words are.
    language: Language = ENGLISH
    # Which policy is the person's, where something is being added.
    policy: str = ""


class Plugin:
    """The root of the five kinds. `key` is stored in the database, so it never changes."""

    key: ClassVar[str]
    label: ClassVar[Text]
    Settings: ClassVar[type[PluginSettings]] = NoSettings
    contract: ClassVar[int] = 1
    # Where it may connect to: set by the host, by where its addresses come from. Connect by `keyback.core.dial`.
    wall: Wall = NO_WALL

    def __init__(self, settings: PluginSettings) -> None:
        self.settings = settings

    def check(self) -> Sequence[Text | str] | None:
        """Raise PluginError if these settings cannot work. Behind the admin's Test button; may do I/O.

        What works and is less than the operator may believe is returned, a sentence each. What is a Text is said in
        the administrator's language.
        """
        return None

    def close(self) -> None:
        """Let go of connections; called when a newer snapshot of the plugins replaces this one."""
