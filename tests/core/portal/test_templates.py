"""What holds for every template and file of the pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import keyback.core.portal
from keyback.core.recovery.state import Stage

PORTAL = Path(keyback.core.portal.__file__).parent
TEMPLATES = sorted((PORTAL / "templates").rglob("*.html"))
SCRIPTS = [path for path in sorted((PORTAL / "static").glob("*.js")) if path.name != "proof_of_work.js"]


@pytest.mark.parametrize("stage", list(Stage))
def test_every_stage_has_a_template(stage: Stage) -> None:
    assert (PORTAL / "templates" / f"{stage}.html").is_file()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_trusts_or_styles_or_runs_anything_inline(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\|\s*safe|autoescape|Markup", text)
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=", text)
    assert not re.search(r"<script(?![^>]*nonce=)", text)
    assert not re.search(r"""(?:src|href|action)=["']?(?:https?:)?//""", text)
    assert "placeholder=" not in text


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_makes_markup_or_code(path: Path) -> None:
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\(", path.read_text())


def test_the_styles_stay_small() -> None:
    assert (PORTAL / "static" / "keyback.css").stat().st_size < 12_000


def test_no_code_of_the_pages_trusts_markup() -> None:
    for path in PORTAL.glob("*.py"):
        assert not re.search(r"\bMarkup\b|render_template_string|request\.values[^`]", path.read_text())
