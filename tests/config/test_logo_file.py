"""A company's logo is a small picture and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from keyback.config.logo_file import LARGEST, PNG, read
from keyback.core import SettingsInvalid

SVG = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9"/></svg>'


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "logo"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (SVG, "logo.svg"),
        (f'\ufeff<?xml version="1.0"?>\n<!-- drawn\nby hand -->\n<!DOCTYPE svg PUBLIC "x">\n{SVG}', "logo.svg"),
        (PNG + b"\0" * 99, "logo.png"),
    ],
)
def test_a_picture_is_told_by_what_is_in_it_not_by_its_name(tmp_path: Path, content: str | bytes, name: str) -> None:
    path = written(tmp_path, content)
    assert read(path) == (name, path.read_bytes())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("<html><svg></svg></html>", "neither an SVG nor a PNG"),
        (b"GIF89a", "neither an SVG nor a PNG"),
        ("", "neither an SVG nor a PNG"),
        (f'<!DOCTYPE svg [<!ENTITY a "aaaa">]>{SVG}', "neither an SVG nor a PNG"),
        (SVG.replace("<path", "<script>x</script><path"), "something that runs"),
        (SVG.replace("<path", '<path onload = "x"'), "something that runs"),
        (SVG.replace("<path", "<foreignObject/><path"), "something that runs"),
        (SVG.replace("<path", '<a href="javascript:x"/><path'), "something that runs"),
        (PNG + b"\0" * LARGEST, "20000 is the most"),
    ],
)
def test_anything_else_is_refused_with_a_reason(tmp_path: Path, content: str | bytes, said: str) -> None:
    with pytest.raises(SettingsInvalid, match=said):
        read(written(tmp_path, content))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="cannot be read"):
        read(tmp_path / "nowhere.svg")
