"""A file for a spreadsheet holds what was said, and nothing in it is a formula."""

from __future__ import annotations

import csv
import io

import pytest

from keyback.core.service.reporting.csv_file import harmless, line, lines


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\0=1", "=\0x", "  =cmd|' /C calc'!A0", "＝1", "＠x"]
)
def test_what_a_spreadsheet_would_run_is_text(cell: str) -> None:
    (read,) = next(csv.reader(io.StringIO(line([cell]), newline="")))
    assert read == "'" + cell.replace("\0", "")


@pytest.mark.parametrize("cell", ["", "sms", "2026-11-22T10:00:00+00:00", 'say "hi", twice', "a\r\nb", "1-2", "ü 'x'"])
def test_everything_else_is_read_as_it_was_written(cell: str) -> None:
    assert next(csv.reader(io.StringIO(line([cell]), newline=""))) == [cell]


def test_no_cell_ends_its_line_or_begins_another(  # one record is one row, whatever somebody put into it
) -> None:
    text = "".join(lines(["one", "two"], [['a","b"\r\n"c', 1], ["x", None]]))
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert rows == [["one", "two"], ['a","b"\r\n"c', "1"], ["x", "None"]]


def test_a_file_says_that_it_is_utf_8() -> None:
    assert next(lines(["a"], [])).encode().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize(
    ("cell", "written"),
    [("\n=1", "'\n'=1"), ("a\n=1", "a\n'=1"), ("a;=1", "a;'=1"), ('"=1', '""\'=1'), ("a, -1", "a,' -1")],
)
def test_neither_does_one_where_another_spreadsheet_would_begin_a_cell(cell: str, written: str) -> None:
    assert harmless(cell) == written


def test_nul_never_hides_a_formula() -> None:
    assert harmless("\0\0=1") == "'=1"
