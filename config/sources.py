"""Where settings come from: keyback.toml, and the environment over it."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path

from ..core.contracts.errors import SettingsInvalid

PREFIX = "KEYBACK_"
# Names in the environment that are not settings: where the file is, and what the fault tests hand over.
NOT_SETTINGS = frozenset({"KEYBACK_CONFIG", "KEYBACK_FAULTPOINTS"})
PATHS = ("data_dir", "key_file", "previous_key_file", "breached_file")
# In tables.
PATHS_OF = {
    "pages": ("logo_file",),
    "sign_in": ("client_key_file", "ca_file"),
    "clients": ("ca_file",),
    "signals": ("ca_file",),
}


def read_sources(environ: Mapping[str, str], folder: Path) -> dict[str, object]:
    """All values by name. The environment wins, so that a container changes one value without a second file."""
    chosen = environ.get("KEYBACK_CONFIG")
    path = folder / (chosen or "keyback.toml")
    values = _from_file(path, required=chosen is not None)
    for name, text in sorted(environ.items()):
        if name.startswith(PREFIX) and name not in NOT_SETTINGS:
            _put(values, name.removeprefix(PREFIX).lower().split("__"), text)
    for table, names in PATHS_OF.items():
        inner = values.get(table)
        if isinstance(inner, dict):
            values[table] = _anchored(inner, path.parent, names)
    return _anchored(values, path.parent, PATHS)


def _from_file(path: Path, *, required: bool) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if required:
            raise SettingsInvalid([f"KEYBACK_CONFIG names {path}, which is not there"]) from None
        return {}
    except OSError as error:
        raise SettingsInvalid([f"{path} cannot be read: {error.strerror}"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsInvalid([f"{path} is not TOML: {error}"]) from None


def _put(values: dict[str, object], place: list[str], text: str) -> None:
    """`KEYBACK_PIN__STORE__OPENLDAP__HOST` is `host` in `[pin.store.openldap]`."""
    *tables, name = place
    for table in tables:
        inner = values.setdefault(table, {})
        if not isinstance(inner, dict):
            raise SettingsInvalid([f"{PREFIX}{'__'.join(place).upper()} is set, but {table} is not a table"])
        values = inner
    values[name] = _list_or_text(text)


def _list_or_text(text: str) -> object:
    """A list may be written as in TOML; anything else is taken as it stands, a password like "[x" too."""
    if text.startswith("["):
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            return text
    return text


def _anchored(values: dict[str, object], folder: Path, names: Collection[str]) -> dict[str, object]:
    """Relative paths start at the file that names them, not at wherever somebody typed `keyback`."""
    for name in names:
        value = values.get(name)
        if isinstance(value, str) and value:
            values[name] = str(folder / value)
    return {name: value for name, value in values.items() if not (name in names and value == "")}
