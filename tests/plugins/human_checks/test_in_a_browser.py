"""The robot check's script in a real browser, under the portal's own security headers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, render_template_string, request, send_from_directory
from pydantic import SecretStr
from servers.on_a_port import on_a_port

from keyback import core
from keyback.core import Context
from keyback.core.portal import headers
from keyback.core.portal.language import speak_in_templates
from keyback.plugins.human_checks.proof_of_work import ProofOfWork, ProofOfWorkSettings

PORTAL = Path(core.__file__).parent / "portal"
PAGE = """<!doctype html><meta charset="utf-8"><title>Start</title><body><form method="post" action="/">
<input name="identifier">{% include "widgets/proof_of_work.html" %}<button>Continue</button></form>"""
NONCE = "bm9uY2U"
# Counts what the work tries, and the page's own moments while it does; the last hundred tries wait.
HELD = """
window.tries = window.moments = 0;
const waits = new Promise((resolve) => { window.letGo = resolve; });
const derive = crypto.subtle.deriveBits.bind(crypto.subtle);
crypto.subtle.deriveBits = async (...asked) => {
  if (++window.tries > 1900) await waits;
  return derive(...asked);
};
setInterval(() => { if (window.tries <= 1900) window.moments++; }, 5);
"""


class Start:
    """A start page with nothing but the check."""

    def __init__(self, check: ProofOfWork, ctx: Context) -> None:
        self.check, self.ctx, self.url = check, ctx, ""
        self.forms: list[dict[str, str]] = []
        self.pages = Flask("start", template_folder=str(PORTAL / "templates"), static_folder=None)
        speak_in_templates(self.pages.jinja_env)
        self.pages.add_url_rule("/", "page", self._page)
        self.pages.add_url_rule("/", "next", self._take, methods=["POST"])
        self.pages.add_url_rule("/<name>", "script", lambda name: send_from_directory(PORTAL / "static", name))
        self.pages.after_request(_protected)

    def _page(self) -> str:
        widget = self.check.widget(self.ctx)
        return render_template_string(PAGE, widget=widget, asset=lambda name: name, csp_nonce=lambda: NONCE)

    def _take(self) -> str:
        self.forms.append(request.form.to_dict())
        return "<title>Next</title><p>taken"


def _protected(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = headers.policy(NONCE)
    response.headers.update(headers.FIXED)
    return response


@contextmanager
def serving(ctx: Context, tries: int) -> Iterator[Start]:
    start = Start(ProofOfWork(ProofOfWorkSettings(key=SecretStr("k" * 32), tries=tries)), ctx)
    with on_a_port() as (server, start.url):
        server.app = start.pages
        yield start


@pytest.fixture
def tab(chromium: Any) -> Iterator[Any]:
    """A page of a browser that knows nothing yet."""
    page = chromium.new_page()
    yield page
    page.context.close()


def test_the_browser_solves_it_by_itself_under_the_strict_policy(tab: Any, ctx: Context) -> None:
    complaints: list[str] = []
    tab.on("console", lambda said: complaints.append(str(said)))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    with serving(ctx, tries=60) as start:
        tab.goto(start.url)
        tab.get_by_text("Robot check passed. Your browser did it for you.").wait_for()
        assert not tab.locator("[data-working]").is_visible()
        tab.fill("[name=identifier]", "ada")
        tab.click("button")
        tab.get_by_text("taken").wait_for()
    (form,) = start.forms
    assert form["identifier"] == "ada"
    assert start.check.judge({"proof_of_work": form["proof_of_work"]}, ctx).passed
    assert [said for said in complaints if "favicon" not in said and "404" not in said] == []


def test_typing_goes_on_and_an_early_press_waits_for_the_end(tab: Any, ctx: Context) -> None:
    # The number is the last one, and the last tries wait for us: the work surely takes longer than what we do.
    last = Context(ctx.now, ctx.deadline, "en", "", "", lambda count: (2**50 * 2000 - 1).to_bytes(count, "big"))
    with serving(last, tries=2000) as start:
        tab.add_init_script(HELD)
        tab.goto(start.url)
        assert tab.get_by_text("Checking that you're not a robot").is_visible()
        tab.type("[name=identifier]", "ada.lovelace")
        tab.wait_for_function("() => window.tries > 1900")
        # The page found moments for itself beside the work.
        assert tab.evaluate("window.moments") > 10
        assert tab.input_value("[name=proof_of_work]") == ""
        tab.click("button")
        assert start.forms == []
        tab.evaluate("letGo()")
        tab.get_by_text("taken").wait_for()
    (form,) = start.forms
    assert form["identifier"] == "ada.lovelace"
    assert start.check.judge({"proof_of_work": form["proof_of_work"]}, ctx).passed


def test_without_crypto_the_form_is_still_sent(tab: Any, ctx: Context) -> None:
    with serving(ctx, tries=60) as start:
        # Not a name that browsers trust over plain http.
        tab.add_init_script("Object.defineProperty(crypto, 'subtle', { value: undefined })")
        tab.goto(start.url)
        tab.click("button")
        tab.get_by_text("taken").wait_for()
    assert start.forms[0]["proof_of_work"] == ""
