"""What every page of the console has: headers, landmarks, language, and nothing that runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.small_console import AUDITOR, HELP_DESK, SmallConsole, opened


@pytest.fixture
def console(tmp_path: Path, migrated: Path) -> Iterator[SmallConsole]:
    with opened(migrated, tmp_path) as console:
        yield console


def test_home_is_for_every_role(console: SmallConsole) -> None:
    for who in (console, console.as_(AUDITOR), console.as_(HELP_DESK)):
        assert who.get("/admin/").status_code == 200


def test_nothing_runs_and_nothing_is_kept(console: SmallConsole) -> None:
    sent = console.get("/admin/")
    policy = sent.headers["Content-Security-Policy"]
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert sent.headers["Cache-Control"] == "no-store"
    assert "<script" not in sent.text
    assert not re.search(r"\s(style|on\w+)=", sent.text)


@pytest.mark.parametrize("path", ["/admin/", "/admin/nothing", "/admin/static/nothing.css"])
def test_every_answer_has_the_headers(console: SmallConsole, path: str) -> None:
    sent = console.get(path)
    assert {"X-Frame-Options", "Strict-Transport-Security", "Referrer-Policy"} <= set(sent.headers.keys())


def test_the_style_sheet_is_ours_and_may_be_kept(console: SmallConsole) -> None:
    address = re.search(r'href="(/admin/static/console\.[0-9a-f]{12}\.css)"', console.get("/admin/").text)
    assert address
    sent = console.get(address[1])
    assert sent.mimetype == "text/css"
    assert "immutable" in sent.headers["Cache-Control"]


def test_a_page_has_landmarks_a_heading_and_a_way_past_the_menu(console: SmallConsole) -> None:
    text = console.get("/admin/").text
    assert text.count("<h1>") == text.count("<main ") == 1
    assert 'href="#content"' in text
    assert 'aria-current="page"' in text


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        ("/admin/?language=de", "/admin/"),
        ("/admin/records/jobs?state=given-up&language=de", "/admin/records/jobs?state=given-up"),
        ("/admin/nothing?language=de", "/admin/"),
        ("//evil.example/?language=de", "/"),
    ],
)
def test_a_language_leads_back_to_the_page_it_was_chosen_on(console: SmallConsole, asked: str, leads_to: str) -> None:
    sent = console.get(asked)
    assert (sent.status_code, sent.headers["Location"]) == (303, leads_to)
    assert "kb_language=de" in sent.headers["Set-Cookie"]
