"""The house rules that a machine can check: sizes, rooms, names, and that no list forgets a file."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from keyback.core import PluginSettings, Text
from keyback.core.contracts import errors
from keyback.core.contracts.plugin import Plugin
from keyback.core.recovery.state import Stage

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ROOMS = ("admin", "config", "core", "idp_bridge", "plugins")
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
PURE = [path for path in SOURCES if path.relative_to(ROOT).as_posix().startswith(("core/contracts/", "core/recovery/"))]

SHARED = {"servers", "examples"}
VAGUE = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}
HOOKS = ("methods", "stores", "channels", "notifiers", "human_checks")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@dataclass(frozen=True)
class Code:
    """What the rules ask of one file: names, with a function's lines and arguments or a class' public methods."""

    says_what_it_is: bool
    imported: frozenset[str]
    # By a relative import, and how far it climbs.
    near: frozenset[tuple[str, int]]
    lines: Sequence[tuple[str, int]]
    positional: Sequence[tuple[str, Sequence[str]]]
    public: Sequence[tuple[str, int]]
    attributes: frozenset[str]


@cache
def _code(path: Path) -> Code:
    """Each file is read once: there are a thousand."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    nodes = list(ast.walk(tree))
    froms = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    whole = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    functions = [node for node in nodes if isinstance(node, Function)]
    dotted = [node for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)]
    return Code(
        says_what_it_is=bool(ast.get_docstring(tree)),
        imported=frozenset(whole | {node.module or "" for node in froms if not node.level}),
        near=frozenset((node.module or "", node.level) for node in froms if node.level),
        lines=[(function.name, (function.end_lineno or 0) - function.lineno + 1) for function in functions],
        positional=[(function.name, _positional(function)) for function in functions],
        public=[(node.name, len(_public_methods(node))) for node in nodes if isinstance(node, ast.ClassDef)],
        attributes=frozenset(f"{node.value.id}.{node.attr}" for node in dotted if isinstance(node.value, ast.Name)),
    )


def _positional(function: Function) -> Sequence[str]:
    given = [*function.args.posonlyargs, *function.args.args]
    return [argument.arg for argument in given if argument.arg not in {"self", "cls"}]


def _public_methods(kind: ast.ClassDef) -> list[Function]:
    return [part for part in kind.body if isinstance(part, Function) and _is_public_method(part)]


def _is_public_method(function: Function) -> bool:
    read_only = {decorator.id for decorator in function.decorator_list if isinstance(decorator, ast.Name)}
    return not function.name.startswith("_") and "property" not in read_only


def _committed() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout, so nobody can say what is committed")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


# Rule 1: sizes ------------------------------------------------------------------------------------------------


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {_name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES + TESTS}
    assert not {name: lines for name, lines in lengths.items() if lines > 400}


def test_no_function_is_longer_than_40_lines() -> None:
    long = {
        f"{_name(path)}:{function}": lines
        for path in SOURCES
        # A migration is a list of columns, and is never touched again.
        if path.parent.name != "versions"
        for function, lines in _code(path).lines
        if lines > 40
    }
    # The drawing as one match: cutting it in two would hide that every pair of stage and move stands in one place.
    long.pop("core/recovery/flow.py:step", None)
    assert not long


def test_no_class_has_more_than_ten_public_methods() -> None:
    kinds = {f"{_name(path)}:{kind}": count for path in SOURCES for kind, count in _code(path).public}
    assert not {kind: count for kind, count in kinds.items() if count > 10}


def test_no_function_takes_more_than_five_arguments_by_position() -> None:
    greedy = {
        f"{_name(path)}:{function}": positional
        for path in SOURCES
        for function, positional in _code(path).positional
        if len(positional) > 5
    }
    assert not greedy


# Rules 2 and 3: rooms (the whole table is an import-linter contract, run by `make check`) --------------------------


def test_contracts_and_recovery_have_no_clock_and_no_chance() -> None:
    impure = {"random", "secrets", "time", "uuid", "os", "socket", "threading", "logging", "asyncio"}
    clocks = {f"{kind}.{clock}" for kind in ("datetime", "date") for clock in ("now", "utcnow", "today")}
    found = {_name(path): _rooms(path) & impure | _code(path).attributes & clocks for path in PURE}
    assert not {name: those for name, those in found.items() if those}


def test_imports_inside_the_house_are_relative() -> None:
    """`import core` would load a second copy of the house beside the first."""
    found = {_name(path): _rooms(path) & {"keyback", "tests", *ROOMS} for path in SOURCES}
    assert not {name: those for name, those in found.items() if those}


def test_tests_import_the_house_by_its_name() -> None:
    found = {_name(path): _rooms(path) & {*ROOMS} for path in TESTS}
    assert not {name: those for name, those in found.items() if those}


def test_tests_climb_out_of_no_folder() -> None:
    # What tests share lies in folders of tests/, whose files may name one another.
    climbing = [path for path in TESTS if any(level > (path.parent.name in SHARED) for _, level in _code(path).near)]
    assert not [_name(path) for path in climbing]


def test_no_room_imports_plugins() -> None:
    outside = [path for path in SOURCES if not _name(path).startswith("plugins/")]
    found = {_name(path): [module for module, _ in _code(path).near if _first(module) == "plugins"] for path in outside}
    assert not {name: modules for name, modules in found.items() if modules}


def _rooms(path: Path) -> set[str]:
    """Where what this file imports by its full name lies."""
    return {_first(name) for name in _code(path).imported}


def _first(name: str) -> str:
    return name.partition(".")[0]


# Names and lists --------------------------------------------------------------------------------------------------


def test_nothing_is_called_utils() -> None:
    assert not [_name(path) for path in SOURCES + TESTS if {path.stem, *path.relative_to(ROOT).parts} & VAGUE]


def test_the_written_list_of_packages_is_the_folders() -> None:
    folders = {"keyback"} | {"keyback." + ".".join(path.parent.relative_to(ROOT).parts) for path in SOURCES}
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == folders


def test_every_code_folder_says_in_a_line_what_it_is() -> None:
    inits = {path.parent / "__init__.py" for path in SOURCES}
    assert not [_name(path) for path in sorted(inits) if not path.is_file() or not _code(path).says_what_it_is]


def test_tests_are_no_package() -> None:
    assert not [_name(path) for path in TESTS if path.name == "__init__.py"]


def test_every_plugin_file_has_its_entry_point() -> None:
    files = {
        path.stem: "keyback." + ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for hook in HOOKS
        for path in (ROOT / "plugins" / hook).glob("[!_]*.py")
    }
    assert PROJECT["project"]["entry-points"]["keyback"] == files


def test_every_file_begins_with_what_it_is() -> None:
    assert not [_name(path) for path in SOURCES + TESTS if not _code(path).says_what_it_is]


# Rules 4 and 6: what a person sees ------------------------------------------------------------------------------


def _plugins() -> list[type[Plugin]]:
    modules = map(importlib.import_module, PROJECT["project"]["entry-points"]["keyback"].values())
    doors = [f"keyback_{kind}" for kind in HOOKS]
    hooks = [getattr(module, door) for module in modules for door in doors if hasattr(module, door)]
    return [plugin for hook in hooks for plugin in hook()]


def test_every_plugin_has_a_key_and_a_label() -> None:
    assert not [plugin for plugin in _plugins() if not plugin.key or not isinstance(plugin.label, Text)]


def test_every_plugin_setting_has_a_title_and_a_description() -> None:
    fields = {
        f"{plugin.key}.{name}": field for plugin in _plugins() for name, field in plugin.Settings.model_fields.items()
    }
    assert all(issubclass(plugin.Settings, PluginSettings) for plugin in _plugins())
    assert not [name for name, field in fields.items() if not field.title or not field.description]


def test_every_stage_has_a_template() -> None:
    templates = ROOT / "core" / "portal" / "templates"
    assert {stage.value for stage in Stage} <= {path.stem for path in templates.rglob("*.html")}


def test_every_error_has_a_row_in_the_portals_table() -> None:
    table = (ROOT / "core" / "portal" / "errors.py").read_text(encoding="utf-8")
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and kind.__module__ == errors.__name__]
    assert not [kind.__name__ for kind in kinds if not re.search(rf"\b{kind.__name__}\b", table)]


# What is handed on ------------------------------------------------------------------------------------------------


def test_nothing_committed_names_the_machine_it_was_written_on() -> None:
    # Put together here, so that this file does not find itself.
    registries = ["pypi" + ".org", "python" + "hosted", "npmjs" + ".org", "--index-" + "url", "--find-" + "links"]
    places = ["/work" + "/", "/root" + "/", ".." + "/shared", "/opt/" + "wheels", "/opt/" + "pypi"]
    found = {
        f"{_name(path)}: {word}"
        for path in _committed()
        for word in registries + places
        if word.encode() in path.read_bytes()
    }
    assert not found


def test_nothing_committed_is_half_merged() -> None:
    """Both sides of a quarrel, with its marks, in whatever is text."""
    marks = re.compile(rb"^(?:<{7}|={7}|>{7})(?: |$)", re.MULTILINE)
    assert [path for path in _committed() if (ROOT / path).is_file() and marks.search((ROOT / path).read_bytes())] == []


def test_nothing_is_left_for_later_in_the_code() -> None:
    later = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    written = {path: path.read_text(encoding="utf-8") for path in SOURCES + TESTS if path != Path(__file__)}
    assert not [_name(path) for path, text in written.items() if later.search(text)]
