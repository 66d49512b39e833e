"""Reports over HTTP: numbers, pictures that say the same in words, and a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from servers.console_forms import words
from servers.small_console import AUDITOR, HELP_DESK, SmallConsole, opened

from keyback.admin.home_screen import HomeScreen
from keyback.admin.report_screens import ReportScreen
from keyback.core.db import daily_sums

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def console(tmp_path: Path, migrated: Path) -> Iterator[SmallConsole]:
    with opened(migrated, tmp_path, screens=(HomeScreen, ReportScreen)) as console:
        day = console.house.clock().date().isoformat()
        sums = {(day, "set", "reset"): 12, (day, "closed", "expired"): 3, (day, "proof", "email"): 15}
        sums |= {(day, "message", "sms:DE:delivered"): 9, (day, "message", "sms:DE:failed"): 1}
        with console.house.records.db.write() as tx:
            daily_sums.add(tx, sums)
        yield console


def test_reports_are_for_administrators_and_auditors_alone(console: SmallConsole) -> None:
    assert console.get("/admin/reports/").status_code == 200
    assert console.as_(AUDITOR).get("/admin/reports/").status_code == 200
    for other in (console.as_(HELP_DESK), console.as_()):
        assert other.get("/admin/reports/").status_code == 403
        assert other.post("/admin/reports/file").status_code == 403


def test_the_chart_and_the_bars_say_in_words_and_in_a_table_what_they_show(console: SmallConsole) -> None:
    page = console.get("/admin/reports/").text
    assert page.count('role="img"') == page.count("<desc") == 1
    assert page.count("Show as a table") == 2
    assert "12 finished and 3 did not" in page
    assert "Germany" in page
    assert not re.search(r"\s(style|on\w+)=", page)


def test_methods_and_messages_go_by_the_names_that_people_read(console: SmallConsole) -> None:
    page = words(console.get("/admin/reports/"))
    assert "E-mail 15" in page
    assert "Germany Text message 10" in page


def test_thirty_days_are_shown_or_those_that_were_chosen(console: SmallConsole) -> None:
    page = console.get("/admin/reports/").text
    assert page.count('<th scope="row">20') == 30
    old = (console.house.clock().date() - timedelta(days=40)).isoformat()
    page = console.get(f"/admin/reports/?since={old}&until={old}").text
    assert "0 finished and 0 did not" in page
    assert page.count('<th scope="row">20') == 1


@pytest.mark.parametrize(
    "wrong", ["since=x", "until=2026-02-31", "since=2020-01-01&until=2026-01-01", "since=2026-02-02&until=2026-01-01",
              "until=0001-01-05", "since=9999-12-31&until=9999-12-31"]
)  # fmt: skip
def test_what_cannot_be_read_is_said_at_its_field(console: SmallConsole, wrong: str) -> None:
    sent = console.get(f"/admin/reports/?{wrong}")
    assert sent.status_code == 422
    assert 'aria-invalid="true"' in sent.text


def test_the_numbers_are_a_file_too(console: SmallConsole) -> None:
    day = console.house.clock().date().isoformat()
    sent = console.post("/admin/reports/file", {"since": day, "until": day})
    assert f'"{day}","set","reset","12"' in sent.text
    assert sent.mimetype == "text/csv"
    assert console.post("/admin/reports/file", {"since": "x", "until": day}).status_code == 400
    assert console.post("/admin/reports/file", {"since": day}, token="").status_code == 403


def test_a_stored_script_is_text(console: SmallConsole) -> None:
    day = console.house.clock().date().isoformat()
    with console.house.records.db.write() as tx:
        for what in ("proof", "closed", "nobody", "dropped"):
            daily_sums.add(tx, {(day, what, SCRIPT): 1})
        daily_sums.add(tx, {(day, "message", f"{SCRIPT}:{SCRIPT}:sent"): 1})
    page = console.get("/admin/reports/").text
    assert "<script" not in page
    assert "&lt;script&gt;" in page
