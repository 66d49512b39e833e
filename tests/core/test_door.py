"""One door: what plugins may use is there, and plugins use nothing else of the house."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

import keyback.core as door
from keyback.core.contracts import channel, errors, human_check, method, notifier, people, plugin, store

ROOT = Path(__file__).parents[2]
PLUGINS = sorted((ROOT / "plugins").rglob("*.py"))
# The demo's second directory is its first one under another name.
SAME_PLUGIN = {"pretend_cloud.py": "keyback.plugins.stores.embedded"}
PROMISED = {("keyback.core", name) for name in door.__all__}
# What plugins reach others by, so that every connection stops at the same walls.
WAYS_OUT = {"keyback.core.outside", "keyback.core.networks", "keyback.core.dial"}
MADE_FOR_PLUGINS = (channel, errors, human_check, method, notifier, people, store)


@pytest.mark.parametrize("name", door.__all__)
def test_what_the_door_promises_is_there(name: str) -> None:
    assert getattr(door, name) is not None


def test_the_list_of_promises_is_sorted_and_has_no_double() -> None:
    assert list(door.__all__) == sorted(set(door.__all__))


@pytest.mark.parametrize("module", MADE_FOR_PLUGINS, ids=lambda module: str(module.__name__))
def test_every_contract_is_behind_the_door(module: object) -> None:
    own = [name for name, one in inspect.getmembers(module, inspect.isclass) if one.__module__ == module.__name__]  # type: ignore[attr-defined]
    assert set(own) <= set(door.__all__)


def test_what_the_host_alone_needs_is_not_behind_the_door() -> None:
    assert plugin.read_settings.__name__ not in door.__all__
    assert not {"Host", "Guard", "Plugins", "Broken"} & set(door.__all__)


def _taken(path: Path) -> set[tuple[str, str]]:
    """What of the house this file imports: from which module, and which name."""
    package = "keyback." + ".".join(path.relative_to(ROOT).parent.parts)
    taken = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            module = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            taken |= {(module, alias.name) for alias in node.names}
        elif isinstance(node, ast.Import):
            taken |= {(alias.name, "") for alias in node.names}
    return {(module, name) for module, name in taken if module.split(".")[0] == "keyback"}


def _beside(path: Path, module: str, name: str) -> bool:
    """Whether it is a private neighbour: the stores over LDAP share their connection code in files with a `_`."""
    package = "keyback." + ".".join(path.relative_to(ROOT).parent.parts)
    private = (module == package and name.startswith("_")) or module.startswith(f"{package}._")
    return private or SAME_PLUGIN.get(path.name) == module


@pytest.mark.parametrize("path", PLUGINS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_plugin_takes_what_the_door_promises_and_nothing_else_of_the_house(path: Path) -> None:
    rest = {(module, name) for module, name in _taken(path) if not _beside(path, module, name)}
    assert {(module, name) for module, name in rest if module not in WAYS_OUT} <= PROMISED


def test_opening_the_door_starts_nothing() -> None:
    rooms = ("flask", "sqlalchemy", "ldap3", "keyback.core.host", "keyback.core.db", "keyback.core.service")
    code = f"import sys, keyback.core; print([name for name in {rooms} if name in sys.modules])"
    path = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=path, check=True)
    assert loaded.stdout.strip() == "[]"
