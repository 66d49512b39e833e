"""The robot check's script in a real browser, under the portal's own security headers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from flask import Flask, render_template_string
from playwright.sync_api import Page, sync_playwright
from pydantic import SecretStr

from keyback import core
from keyback.core import Context
from keyback.core.portal import headers
from keyback.core.portal.language import speak_in_templates
from keyback.plugins.human_checks.proof_of_work import ProofOfWork, ProofOfWorkSettings

PORTAL = Path(core.__file__).parent / "portal"
PAGE = """<!doctype html><meta charset="utf-8"><title>Start</title><body><form method="post" action="/">
<input name="identifier">{% include "widgets/proof_of_work.html" %}<button>Continue</button></form>"""
NONCE = "bm9uY2U"


class Start(ThreadingHTTPServer):
    """A start page with nothing but the check."""

    def __init__(self, check: ProofOfWork, ctx: Context) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.check, self.ctx = check, ctx
        self.pages = Flask("start", template_folder=str(PORTAL / "templates"))
        speak_in_templates(self.pages.jinja_env)
        self.forms: list[dict[str, list[str]]] = []
        self.url = f"http://localhost:{self.server_address[1]}/"

    def page(self) -> str:
        widget = self.check.widget(self.ctx)
        with self.pages.app_context():
            return render_template_string(PAGE, widget=widget, asset=lambda name: name, csp_nonce=lambda: NONCE)


class _Handler(BaseHTTPRequestHandler):
    server: Start

    def do_GET(self) -> None:
        script = self.path.endswith(".js")
        content = (PORTAL / "static" / "proof_of_work.js").read_text() if script else self.server.page()
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript" if script else "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", headers.policy(NONCE))
        for name, value in headers.FIXED.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content.encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.forms.append(parse_qs(body, keep_blank_values=True))
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>Next</title><p>taken")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name is http.server's
        """Nothing is written to the test's output."""


def serving(ctx: Context, tries: int) -> Start:
    server = Start(ProofOfWork(ProofOfWorkSettings(key=SecretStr("k" * 32), tries=tries)), ctx)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server


@pytest.fixture(scope="module")
def chromium() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


@pytest.fixture
def complaints(chromium: Page) -> Iterator[list[str]]:
    said: list[str] = []

    def listen(message: object) -> None:
        said.append(str(message))

    chromium.on("console", listen)
    chromium.on("pageerror", listen)
    yield said
    chromium.remove_listener("console", listen)
    chromium.remove_listener("pageerror", listen)


def test_the_browser_solves_it_by_itself_under_the_strict_policy(
    chromium: Page, complaints: list[str], ctx: Context
) -> None:
    server = serving(ctx, tries=60)
    chromium.goto(server.url)
    chromium.get_by_text("Robot check passed. Your browser did it for you.").wait_for()
    assert not chromium.locator("[data-working]").is_visible()
    chromium.fill("[name=identifier]", "ada")
    chromium.click("button")
    chromium.get_by_text("taken").wait_for()
    (form,) = server.forms
    assert form["identifier"] == ["ada"]
    assert server.check.judge({"proof_of_work": form["proof_of_work"][0]}, ctx).passed
    assert [said for said in complaints if "favicon" not in said and "404" not in said] == []
    server.shutdown()
    server.server_close()


def test_typing_goes_on_and_an_early_press_waits_for_the_end(chromium: Page, ctx: Context) -> None:
    server = serving(ctx, tries=6000)
    # The number is the last one, so that the work surely takes a while.
    server.ctx = Context(ctx.now, ctx.deadline, "en", "", "", lambda count: (2**50 * 6000 - 1).to_bytes(count, "big"))
    chromium.goto(server.url)
    assert chromium.get_by_text("Checking that you're not a robot").is_visible()
    chromium.evaluate(
        """() => {
          window.longest = 0;
          let last = performance.now();
          setInterval(() => {
            window.longest = Math.max(window.longest, performance.now() - last);
            last = performance.now();
          }, 5);
        }"""
    )
    chromium.type("[name=identifier]", "ada.lovelace")
    chromium.wait_for_timeout(300)
    assert chromium.evaluate("window.longest") < 200
    assert chromium.input_value("[name=proof_of_work]") == ""
    chromium.click("button")
    assert server.forms == []
    chromium.get_by_text("taken").wait_for()
    (form,) = server.forms
    assert form["identifier"] == ["ada.lovelace"]
    assert server.check.judge({"proof_of_work": form["proof_of_work"][0]}, ctx).passed
    server.shutdown()
    server.server_close()


def test_without_crypto_the_form_is_still_sent(chromium: Page, ctx: Context) -> None:
    server = serving(ctx, tries=60)
    # Not a name that browsers trust over plain http.
    chromium.context.add_init_script("Object.defineProperty(crypto, 'subtle', { value: undefined })")
    chromium.goto(server.url)
    chromium.click("button")
    chromium.get_by_text("taken").wait_for()
    assert server.forms[0]["proof_of_work"] == [""]
    server.shutdown()
    server.server_close()
