"""The screen of files by mail: who sets them up, what is refused at its field, and what stays text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.console_forms import words
from servers.small_console import AUDITOR, HELP_DESK, SmallConsole, opened

HERE, NEW = "/admin/files/", "/admin/files/new"
STORED = "<script>alert(1)</script>"
GOOD = {"what": "report", "every": "week", "to": "it@acme.example", "why": "the steering group reads it"}


@pytest.fixture
def console(tmp_path: Path, migrated: Path) -> Iterator[SmallConsole]:
    with opened(migrated, tmp_path, file_domains=("acme.example",)) as console:
        yield console


def ending(console: SmallConsole) -> str:
    (address,) = re.findall(rf'href="({HERE}[^"]+/end)"', console.get(HERE).text)
    return str(address)


def test_one_is_set_up_listed_and_ended(console: SmallConsole) -> None:
    assert "Nothing is mailed" in words(console.get(HERE))
    assert "Mail it from now on" in words(console.get(NEW))
    assert console.post(NEW, GOOD).status_code == 303
    listed = words(console.get(HERE))
    assert "it@acme.example" in listed
    assert "2030-06-03 12:00" in listed
    page = ending(console)
    assert "Nothing more is mailed" in words(console.get(page))
    assert console.post(page).status_code == 303
    assert console.post(page).status_code == 403
    assert "Nothing is mailed" in words(console.get(HERE))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("what", "passwords"), ("what", ""), ("every", "second"), ("to", ""), ("to", "it@evil.example"),
        ("to", STORED), ("to", "it@acme.example\x07"), ("why", ""), ("why", "x" * 201),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_at_its_field(console: SmallConsole, field: str, value: str) -> None:
    refused = console.post(NEW, {**GOOD, field: value})
    assert refused.status_code == 422
    assert re.search(rf'href="#{field}"', refused.text)
    assert re.search(rf'aria-describedby="[^"]*\b{field}-error"', refused.text)
    assert STORED not in refused.text
    assert "Nothing is mailed" in words(console.get(HERE))


def test_what_is_typed_stays_text(console: SmallConsole) -> None:
    assert console.post(NEW, {**GOOD, "why": STORED}).status_code == 303
    assert STORED not in console.get(HERE).text


def test_auditors_look_and_nobody_else_does(console: SmallConsole) -> None:
    assert console.post(NEW, GOOD).status_code == 303
    page, auditor = ending(console), console.as_(AUDITOR)
    assert "it@acme.example" in auditor.get(HERE).text
    assert "End…" not in auditor.get(HERE).text
    for path in (NEW, page):
        assert auditor.get(path).status_code == 403
        assert auditor.post(path, GOOD).status_code == 403
        assert console.post(path, GOOD, token="another").status_code == 403
    for other in (console.as_(HELP_DESK), console.as_()):
        assert other.get(HERE).status_code == 403
    assert "it@acme.example" in console.get(HERE).text
