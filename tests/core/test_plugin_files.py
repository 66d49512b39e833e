"""A plugin's files are known by one number before any of their code runs, and others than were approved never run."""

from __future__ import annotations

import py_compile
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import pytest

from keyback.core.host import Host
from keyback.core.plugin_files import _digest, digest_of

CODE = """
from keyback.core import *

class Carrier(Channel):
    key, label, media = "watched", Text("A carrier"), frozenset({"sms"})

    def send(self, message, ctx):
        return Receipt()

@hookimpl
def keyback_channels():
    return [Carrier]
"""
POINT = EntryPoint("watched", "watched_package.plugin", "keyback")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A stranger's package, installed the way pip leaves it behind."""
    home, info = tmp_path / "watched_package", tmp_path / "watched-1.0.dist-info"
    for folder in (home, info):
        folder.mkdir()
    (home / "__init__.py").touch()
    (home / "plugin.py").write_text(CODE)
    (home / "beside.py").write_text("A = 1\n")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: watched\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[keyback]\nwatched = watched_package.plugin\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield home
    _forget()


def _forget() -> None:
    _digest.cache_clear()
    for name in [name for name in sys.modules if name.startswith("watched_package")]:
        del sys.modules[name]


def test_any_file_of_the_package_counts_and_nothing_of_it_is_run(package: Path) -> None:
    before = digest_of(POINT)
    assert len(before) == 64
    (package / "beside.py").write_text("A = 2\n")
    _forget()
    assert digest_of(POINT) != before
    (package / "beside.py").write_text("A = 1\n")
    (package / "notes.txt").write_text("no code")
    _forget()
    assert digest_of(POINT) == before
    assert "watched_package" not in sys.modules


def test_code_without_its_source_counts_and_what_python_keeps_of_a_source_does_not(package: Path) -> None:
    before = digest_of(POINT)
    kept = Path(py_compile.compile(str(package / "beside.py"), doraise=True))
    _forget()
    assert digest_of(POINT) == before
    kept.rename(package / "compiled.pyc")
    _forget()
    assert digest_of(POINT) != before


def test_every_part_of_a_package_that_lies_in_several_places_counts(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (package / "__init__.py").unlink()
    other = tmp_path / "elsewhere" / "watched_package"
    other.mkdir(parents=True)
    monkeypatch.syspath_prepend(other.parent)
    before = digest_of(POINT)
    (other / "more.py").write_text("A = 1\n")
    _forget()
    assert digest_of(POINT) != before


def test_another_name_of_a_file_is_another_number(package: Path) -> None:
    before = digest_of(POINT)
    (package / "beside.py").rename(package / "besides.py")
    _forget()
    assert digest_of(POINT) != before


def test_what_is_not_there_has_none() -> None:
    assert digest_of(EntryPoint("gone", "surely_not_there.at_all", "keyback")) == ""


def test_ours_are_the_folder_of_their_kind() -> None:
    points = {point.name: point for point in entry_points(group="keyback")}
    assert digest_of(points["sms"]) == digest_of(points["email"])
    assert digest_of(points["sms"]) != digest_of(points["smtp"])


def test_files_that_were_approved_run_and_others_are_refused_until_they_are_approved(package: Path) -> None:
    approved = {"watched": digest_of(POINT)}
    host = Host(["watched"], approved)
    assert host.files == {("channel", "watched"): approved["watched"]}
    (package / "plugin.py").write_text(CODE + "\nraise SystemExit('this ran')\n")
    _forget()
    refused = Host(["watched"], approved)
    assert refused.classes == {}
    assert "watched_package.plugin" not in sys.modules
    (broken,) = refused.broken
    assert digest_of(POINT) in broken.why
    assert "plugins.approved" in broken.why
