"""What was compiled before the processes parted is compiled by none of them again."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask, render_template
from jinja2 import Environment

from keyback.core.portal import TEMPLATES, compiled
from keyback.core.portal.compiled import Compiled, compile_templates, share_templates
from keyback.core.portal.language import speak_in_templates


@pytest.fixture(autouse=True)
def _nothing_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_COMPILED", Compiled())


def an_app(folder: Path) -> Flask:
    app = share_templates(Flask("an app", static_folder=None, template_folder=folder))
    speak_in_templates(app.jinja_env)
    return app


def test_every_page_of_ours_is_there_before_the_first_request(monkeypatch: pytest.MonkeyPatch) -> None:
    compile_templates(TEMPLATES)
    app = an_app(TEMPLATES)
    asked: list[object] = []
    monkeypatch.setattr(Environment, "compile", lambda *_, **__: asked.append(_))
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)
    assert asked == []


def test_a_template_that_was_changed_meanwhile_is_compiled_anew(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("before")
    compile_templates(tmp_path)
    page.write_text("after")
    app = an_app(tmp_path)
    with app.app_context():
        assert render_template("page.html") == "after"
