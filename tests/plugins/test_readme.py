"""The page for plugin authors is true: its examples are taken from it, installed, loaded and tested."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from keyback.core.hookspecs import GROUP
from keyback.core.host import Host

PAGE = (Path(__file__).parents[2] / "plugins" / "README.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"```python\n# (\S+)\n(.*?)```", PAGE, re.DOTALL))
ENTRY_POINTS = re.findall(r'^(\w+) = "(acme_keyback\.\w+)"$', PAGE, re.MULTILINE)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The package of the page, the way pip leaves it behind."""
    for name, code in FILES.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(code, encoding="utf-8")
    info = tmp_path / "acme_keyback-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-keyback\nVersion: 1.0\n")
    points = "\n".join(f"{name} = {module}" for name, module in ENTRY_POINTS)
    (info / "entry_points.txt").write_text(f"[{GROUP}]\n{points}\n")
    return tmp_path


@pytest.fixture
def forgotten() -> Iterator[None]:
    yield
    for name in [name for name in sys.modules if name.split(".")[0] == "acme_keyback"]:
        del sys.modules[name]


@pytest.mark.usefixtures("forgotten")
def test_the_host_loads_every_example(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(package)
    host = Host([name for name, _ in ENTRY_POINTS])
    assert host.broken == ()
    assert set(host.classes) == {("method", "pager"), ("store", "people_file"), ("channel", "spool")}


def test_every_example_passes_its_suite(package: Path) -> None:
    path = os.pathsep.join([str(package), *filter(None, sys.path)])
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=package,
        capture_output=True,
        text=True,
        timeout=100,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert tested.returncode == 0, tested.stdout
    assert re.search(r"\b[4-9]\d passed", tested.stdout), tested.stdout


def test_an_example_takes_about_forty_lines() -> None:
    plugins = {name: code.strip().count("\n") + 1 for name, code in FILES.items() if name.startswith("acme")}
    assert len(plugins) == len(ENTRY_POINTS) == 3
    assert all(lines <= 80 for lines in plugins.values()), plugins


@pytest.mark.parametrize("name", FILES)
def test_an_example_imports_the_door_and_nothing_else_of_the_house(name: str) -> None:
    assert set(re.findall(r"\bkeyback(?:\.\w+)+", FILES[name])) <= {"keyback.core", "keyback.core.testing"}
