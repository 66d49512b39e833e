"""What is handed on: locked, complete, and installable under any folder name."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DATA = (".html", ".css", ".js", ".toml", ".txt", ".svg", ".bin", ".po", ".mo")

LOCKS = {
    "requirements.txt": ("postgresql", "build"),
    "requirements-test.txt": tuple(PROJECT["project"]["optional-dependencies"]),
}


def _asked_for(extras: tuple[str, ...]) -> list[Requirement]:
    lines = [*PROJECT["project"]["dependencies"]]
    for extra in extras:
        lines += PROJECT["project"]["optional-dependencies"][extra]
    return [Requirement(line) for line in lines]


def _locked(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9.-]+)(?:\[[a-z,]+\])?==([^ ]+)", text, flags=re.MULTILINE))


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_holds_every_dependency_at_a_version_that_fits(name: str) -> None:
    locked = _locked(name)
    wrong = [
        f"{asked} (locked: {locked.get(canonicalize_name(asked.name))})"
        for asked in _asked_for(LOCKS[name])
        if not asked.specifier.contains(locked.get(canonicalize_name(asked.name), "0"))
    ]
    assert not wrong, "run `make lock`"


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_holds_nothing_that_nobody_asks_for(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    block = r"^([a-z0-9.-]+)(?:\[[a-z,]+\])?==(?:(?!^[a-z]).*\n)*?(?=^[a-z]|\Z)"
    direct = {
        match[1] for match in re.finditer(block, text, flags=re.MULTILINE) if "keyback (pyproject.toml)" in match[0]
    }
    assert direct == {canonicalize_name(asked.name) for asked in _asked_for(LOCKS[name])}, "run `make lock`"


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_version_has_its_hashes_and_no_line_names_a_place(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    pins = [number for number, line in enumerate(lines) if re.match(r"[a-z0-9]", line)]
    assert pins
    assert not [lines[number] for number in pins if "--hash=sha256:" not in lines[number + 1]]
    assert not [line for line in lines if "://" in line or line.startswith("-")]


def test_both_locks_agree_so_that_what_was_tested_is_what_runs() -> None:
    runtime, everything = _locked("requirements.txt"), _locked("requirements-test.txt")
    assert runtime.items() <= everything.items()


def test_every_dependency_says_why_it_is_there() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = re.search(r"^dependencies = \[\n(.*?)^\]", text, flags=re.MULTILINE | re.DOTALL)
    assert block
    assert not [line for line in block[1].splitlines() if not re.search(r'",\s+# \w', line)]
    assert len(PROJECT["project"]["dependencies"]) <= 20


@pytest.mark.parametrize("folder", ["keyback-main", "1"])
def test_a_wheel_holds_every_committed_file_of_the_package_whatever_the_checkout_is_called(
    folder: str, tmp_path: Path
) -> None:
    committed = _committed()
    checkout = tmp_path / folder
    for name in committed:
        target = checkout / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / name).read_bytes())
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(tmp_path)]
    built = subprocess.run([*build, str(checkout)], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    held = {name.removeprefix("keyback/") for name in zipfile.ZipFile(wheel).namelist() if name.startswith("keyback/")}
    rooms = ("config/", "core/", "idp_bridge/", "plugins/")
    wanted = {name for name in committed if name.startswith(rooms) and Path(name).suffix in {".py", *DATA}}
    assert wanted <= held
    assert not {name for name in held if name.startswith(("tests/", "docs/", ".ci/"))}


def _committed() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout, so nobody can say what is committed")
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
