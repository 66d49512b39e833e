"""A plugin's settings between its row, its model and the form: secrets only go in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum, StrEnum
from typing import get_args

from pydantic import SecretStr

from ...contracts.plugin import PluginSettings

DOTS = "••••"


class Fixed(StrEnum):
    """Why a setting is not for the plugin's screen to change."""

    # `[pin.…]` in keyback.toml has its value.
    PINNED = "pinned"
    # It widens what this server may do.
    ONLY_IN_FILE = "file"
    # It names who answers for the plugin, and is set by turning it on.
    ACCEPTED = "acceptance"


@dataclass(frozen=True, slots=True)
class Change:
    """What was typed, by setting. Secrets that were left empty are not in it, and stay; `forget` takes them away."""

    values: Mapping[str, object] = field(repr=False)
    forget: frozenset[str] = frozenset()


def is_secret(kind: type[PluginSettings], name: str) -> bool:
    """Whether this setting is never shown."""
    annotation = kind.model_fields[name].annotation
    return annotation is SecretStr or SecretStr in get_args(annotation)


def plain(value: object) -> object:
    """As JSON holds it, and as the model takes it back."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Enum):
        return value.value
    return list(value) if isinstance(value, tuple) else value


def defaults_of(kind: type[PluginSettings]) -> dict[str, object]:
    """What holds where nobody sets anything; nothing for what must be set."""
    fields = kind.model_fields.items()
    return {name: plain(field.get_default()) for name, field in fields if not field.is_required()}


def only_elsewhere(kind: type[PluginSettings]) -> dict[str, Fixed]:
    """The settings that the plugin's own screen never changes."""
    found: dict[str, Fixed] = {}
    for name, each in kind.model_fields.items():
        extra = each.json_schema_extra
        if isinstance(extra, dict) and "only in" in extra:
            found[name] = Fixed(str(extra["only in"]))
    return found


def stored_form(settings: PluginSettings) -> dict[str, object]:
    """All settings as JSON holds them, secrets too: for the encrypted column alone."""
    return {name: plain(getattr(settings, name)) for name in type(settings).model_fields}


def differences(
    kind: type[PluginSettings], before: Mapping[str, object], after: Mapping[str, object]
) -> dict[str, str]:
    """What changed, in words for the record; of secrets only that they did."""
    names = [name for name in kind.model_fields if before.get(name) != after.get(name)]
    return {name: _told(kind, name, before.get(name), after.get(name)) for name in names}


def _told(kind: type[PluginSettings], name: str, old: object, new: object) -> str:
    if is_secret(kind, name):
        old, new = (DOTS if value else "" for value in (old, new))
    return f"{_short(old)} → {_short(new)}"


def _short(value: object) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value if value is not None else "")
    return text if len(text) <= 200 else f"{text[:200]}…"
