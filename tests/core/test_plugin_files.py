"""A plugin's files are known by one number before any of their code runs, and others than were approved never run."""

from __future__ import annotations

import json
import os
import py_compile
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from py_compile import PycInvalidationMode

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
OURS = """
import json, sys
from keyback.core.host import Host
assert not Host(["sms", "smtp"], json.loads(sys.argv[1])).broken
for name in ("methods.sms", "channels.smtp"):
    print(type(sys.modules[f"keyback.plugins.{name}"].__spec__.loader).__name__)
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


def _of_ours(name: str) -> str:
    return digest_of(next(point for point in entry_points(group="keyback") if point.name == name))


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


def test_what_only_lies_where_python_keeps_byte_code_counts(package: Path) -> None:
    for name in ("beside.py", "beside.so", "beside.pyc"):
        before = digest_of(POINT)
        (package / "__pycache__").mkdir(exist_ok=True)
        (package / "__pycache__" / name).touch()
        _forget()
        assert digest_of(POINT) != before


def _with_byte_code_of(other: str, source: Path) -> None:
    """What Python would take for the byte code of this source, and is not."""
    stamp, written = source.stat(), source.read_text()
    source.write_text(other)
    py_compile.compile(str(source), doraise=True, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
    source.write_text(written)
    os.utime(source, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))


@pytest.mark.parametrize("approving", [True, False])
def test_byte_code_beside_a_strangers_sources_is_never_run(package: Path, *, approving: bool) -> None:
    for source in sorted(package.glob("*.py")):
        _with_byte_code_of("raise SystemExit('this ran')\n", source)
    assert list(package.glob("__pycache__/*.pyc"))
    (package / "plugin.py").write_text("from watched_package import beside\n" + CODE)
    _with_byte_code_of("raise SystemExit('this ran')\n", package / "plugin.py")
    host = Host(["watched"], {"watched": digest_of(POINT)} if approving else {})
    assert host.broken == ()
    assert ("channel", "watched") in host.classes


def test_a_module_by_itself_is_compiled_anew_too(package: Path, tmp_path: Path) -> None:
    alone = tmp_path / "watched_package.py"
    alone.write_text(CODE)
    shutil.rmtree(package)
    _with_byte_code_of("raise SystemExit('this ran')\n", alone)
    (tmp_path / "watched-1.0.dist-info" / "entry_points.txt").write_text("[keyback]\nwatched = watched_package\n")
    _forget()
    assert Host(["watched"]).broken == ()


def test_ours_are_compiled_anew_where_somebody_counts_on_their_files() -> None:
    for approved, loader in (({}, "SourceFileLoader"), ({"sms": _of_ours("sms")}, "_Compiled")):
        told = subprocess.run(
            [sys.executable, "-c", OURS, json.dumps(approved)], capture_output=True, text=True, check=True
        )
        assert told.stdout.split() == [loader, "SourceFileLoader"]


def test_what_nobody_can_count_has_no_number(package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = tmp_path / "packed.zip"
    with zipfile.ZipFile(packed, "w") as file:
        file.write(package / "__init__.py", "packed_package/__init__.py")
    monkeypatch.syspath_prepend(packed)
    assert digest_of(EntryPoint("packed", "packed_package", "keyback")) == ""


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
    assert digest_of(POINT) in str(broken.why)
    assert "plugins.approved" in str(broken.why)
