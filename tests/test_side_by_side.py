"""A run in several processes ends, and tells the truth, whatever a test does to its process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
FILES = 12
EACH = 6

CONFTEST = """
import sys
sys.path.insert(0, {tests!r})
from servers.side_by_side import Together

def pytest_xdist_make_scheduler(config, log):
    return Together(config, log)
"""

QUIET = """
import pytest

@pytest.mark.parametrize("n", range({each}))
def test_it(n):
    pass
"""

FATAL = QUIET.replace("pass", "import os; n == 2 and os._exit(1)")


@pytest.fixture
def a_project(tmp_path: Path) -> Path:
    (tmp_path / "conftest.py").write_text(CONFTEST.format(tests=str(TESTS)), encoding="utf-8")
    for number in range(FILES):
        (tmp_path / f"test_{number:02}.py").write_text(QUIET.format(each=EACH), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("where", [0, FILES // 2, FILES - 1])
def test_a_process_that_dies_costs_one_test_and_the_others_run(a_project: Path, where: int) -> None:
    (a_project / f"test_{where:02}.py").write_text(FATAL.format(each=EACH), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-n2", "--no-loadscope-reorder", "-p", "no:cacheprovider", "."]
    ran = subprocess.run(command, cwd=a_project, capture_output=True, text=True, timeout=60, check=False)
    assert f"1 failed, {FILES * EACH - 1} passed" in ran.stdout
    assert f"test_{where:02}.py::test_it[2]" in ran.stdout
