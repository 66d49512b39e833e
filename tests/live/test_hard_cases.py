"""The page about hard cases tells the truth: each has its number there, and a test of that number where it says."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
# The number, what must hold, and the tests on Active Directory and on OpenLDAP.
ROW = re.compile(r"\| (\d+) \| [^|]+ \|([^|]*)\|([^|]*)\|")
TEST = re.compile(r"^def test_case_(\d+)_", re.MULTILINE)


def _rows() -> list[tuple[int, list[str], list[str]]]:
    found = ROW.findall((HERE / "README.md").read_text(encoding="utf-8"))
    return [(int(case), _files(ours), _files(theirs)) for case, ours, theirs in found]


def _tried() -> set[tuple[str, int]]:
    return {(file, case) for case, *columns in _rows() for files in columns for file in files}


def _files(cell: str) -> list[str]:
    return re.findall(r"`(test_\w+\.py)`", cell)


def _cases_in(file: str) -> set[int]:
    return {int(case) for case in TEST.findall((HERE / file).read_text(encoding="utf-8"))}


def test_every_hard_case_has_its_row() -> None:
    assert [case for case, _, _ in _rows()] == list(range(1, 36))


def test_every_test_that_a_row_names_is_there() -> None:
    assert [row for row in _tried() if row[1] not in _cases_in(row[0])] == []


def test_every_number_that_a_test_bears_has_a_row() -> None:
    borne = {case for path in HERE.glob("test_*.py") for case in _cases_in(path.name)}
    assert borne <= {case for case, _, _ in _rows()}


def test_every_case_of_openldap_is_tried_on_openldap() -> None:
    assert [case for case, _, openldap in _rows() if case >= 24 and not openldap] == []


def test_every_case_of_active_directory_is_tried_on_active_directory() -> None:
    assert [case for case, directory, _ in _rows() if case < 24 and not directory] == []
