"""Every page there is, at every width, light and dark, with and without scripts: nobody is kept out by how it is made.

The everyday run has axe judge each page in one of the twelve looks, in turn, and leaves out pages that differ from
another in words only; `make faults` has it judge every page in all of them. Every page that is loaded is looked at in
all widths.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.resources import files
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from examples.pages import PAGES, Page, bring_about, raises
from flask import template_rendered
from pretend_portal import ID, Portal, open_portal, portal_settings
from werkzeug.serving import make_server

import keyback.config.demo
import keyback.core.portal
from keyback.config.demo import create_demo
from keyback.config.demo.people import PEOPLE
from keyback.core.portal import HelpDesk, Logo

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
TEMPLATES = [Path(room.__file__ or "").parent / "templates" for room in (keyback.core.portal, keyback.config.demo)]
# What pages are made of, and what machines ask.
NO_PAGES = {"layout.html", "parts.html", "languages.html", "demo/layout.html", "demo/bar.html"}
FOR_MACHINES = {
    *("portal.static", "portal.healthz", "portal.readyz", "portal.stage", "portal.password", "portal.human_part"),
    *("demo.outbox_json", "demo.response_file"),
}
SHOWN_BY_A_FORM = {"portal.start", "portal.move", "portal.stop", "demo.signed_in"}
LETTERS = [
    SimpleNamespace(medium=medium, to=to, subject=subject, text=text, at=datetime(2026, 11, 20, 10, 31, tzinfo=UTC))
    for medium, to, subject, text in (
        ("sms", "+447700900142", "", "48210973 is your Alderwick code.\n\n@reset.alderwick.example #48210973"),
        ("email", "maya@home.example", "55301184 is your Alderwick code", "Type it on the page where you asked."),
        ("email", "help.desk@alderwick.example", "Somebody said so", "Maya pressed “This wasn’t me”."),
    )
]
# A company that set everything, and whose logo wants its own styles; a store that keeps the old password.
LOGO = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><style>path { fill: #7a3b2e }</style>
<path d="M0 0h32v32H0z"/></svg>"""
COMPANY = {
    "help_desk": HelpDesk("01632 960 123", "tel:+441632960123", "weekdays 7–19"),
    "privacy_link": "https://alderwick.example/privacy",
    "accessibility_link": "mailto:access@alderwick.example",
    "logo": Logo("logo.svg", LOGO),
    "keeps_old_password": frozenset({"embedded"}),
}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
# target-size is an AA rule of 2.2 that axe leaves switched off.
ASK = f"""axe.run(document, {{ resultTypes: ["violations"], rules: {{ "target-size": {{ enabled: true }} }},
  runOnly: {{ type: "tag", values: {RULES} }} }}).then(({{ violations }}) => violations.flatMap(({{ id, nodes }}) =>
  nodes.map(({{ html, failureSummary }}) => `${{id}}: ${{html}} ${{failureSummary}}`)))"""
WEIGHT = """[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  .reduce((sum, entry) => sum + entry.decodedBodySize, 0)"""
LISTEN = "addEventListener('securitypolicyviolation', e => console.error('refused: ' + e.violatedDirective))"


class Look(NamedTuple):
    """How somebody comes to a page."""

    width: int
    scheme: str
    script: bool


WIDTHS = (320, 390, 1280)
LOOKS = [Look(*look) for look in product(WIDTHS, ("light", "dark"), (True, False))]
EVERYDAY = [page for page in PAGES if not page.like]


def today(number: int) -> Look:
    """The look that a page is judged in every day: five and twelve share no divisor, so each look has its turn."""
    return LOOKS[number * 5 % len(LOOKS)]


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Portal, str]]:
    """Portal and demo in front of the pretend service, on a port of this machine."""
    server = make_server("127.0.0.1", 0, lambda environ, start: [], threaded=True)
    base = f"http://localhost:{server.server_port}"
    portal = open_portal(portal_url=base, secure=False, **COMPANY)
    look = portal_settings(portal_url=base, secure=False, **COMPANY)
    portal.app.register_blueprint(create_demo(lambda _, password: password == "right", lambda: LETTERS, PEOPLE, look))
    raises(portal.app)
    server.app = portal.app
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield portal, base
    server.shutdown()
    server.server_close()
    thread.join()


class Walker:
    """One tab of a real browser, and what it complained about."""

    def __init__(self, browser: Any, portal: Portal, base: str) -> None:
        self._portal, self._base = portal, base
        self._axe = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
        self._context = browser.new_context()
        self._context.set_default_timeout(10_000)
        self._context.add_init_script(LISTEN)
        self._tab = self._context.new_page()
        self._switch = self._context.new_cdp_session(self._tab)
        self._complaints: list[str] = []
        self._rendered: list[str | None] = []
        self._tab.on("console", lambda said: self._hear(said.text) if said.type in {"error", "warning"} else None)
        self._tab.on("pageerror", lambda error: self._hear(str(error)))

    def _hear(self, said: str) -> None:
        # Chromium notes in the console what a status already says.
        if "the server responded with a status of" not in said:
            self._complaints.append(said)

    def walk(self, page: Page, looks: list[Look]) -> list[str]:
        """What is wrong with this page in any of these looks."""
        wrong: list[str] = []
        for script in sorted({look.script for look in looks}):
            self._load(page, script=script)
            wrong += [f"{script=}: {fault}" for fault in self._faults(page)]
            for look in (look for look in looks if look.script is script):
                wrong += [f"{tuple(look)}: {fault}" for fault in self._judge(look)]
        return wrong

    def _load(self, page: Page, *, script: bool) -> None:
        self._tab.goto("about:blank")
        self._complaints.clear()
        self._rendered.clear()
        bring_about(page, self._portal)
        self._context.clear_cookies()
        self._context.add_cookies([{"name": "kb_j", "value": f"{ID}.first-key", "url": self._base}])
        # Only while it loads: what judges the page afterwards is a script, too.
        self._switch.send("Emulation.setScriptExecutionDisabled", {"value": not script})
        with template_rendered.connected_to(self._note, self._portal.app):
            self._tab.goto(self._base + page.path)
            for field, value in page.typed.items():
                self._tab.fill(field, value)
            if page.press:
                with self._tab.expect_navigation():
                    self._tab.click(page.press)
        self._switch.send("Emulation.setScriptExecutionDisabled", {"value": False})
        self._tab.evaluate(f"{self._axe}; 0")

    def _note(self, app: Any, template: Any, **_: Any) -> None:
        self._rendered.append(template.name)

    def _faults(self, page: Page) -> list[str]:
        weight = self._tab.evaluate(WEIGHT)
        faults = [] if weight <= 60_000 else [f"weighs {weight} bytes"]
        if self._rendered[-1:] != [page.template]:
            faults.append(f"is not {page.template} but {self._rendered}")
        return faults + self._complaints + [fault for width in WIDTHS for fault in self._too_broad(width)]

    def _too_broad(self, width: int) -> list[str]:
        self._tab.set_viewport_size({"width": width, "height": 800})
        broad = self._tab.evaluate("document.documentElement.scrollWidth")
        return [] if broad <= width else [f"is {broad} px broad at {width}"]

    def _judge(self, look: Look) -> list[str]:
        self._tab.set_viewport_size({"width": look.width, "height": 800})
        self._tab.emulate_media(color_scheme=look.scheme)
        faults: list[str] = self._tab.evaluate(ASK)
        return faults


@pytest.fixture(scope="module")
def walker(served: tuple[Portal, str]) -> Iterator[Walker]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield Walker(browser, *served)
        browser.close()


@pytest.mark.parametrize(("number", "page"), list(enumerate(EVERYDAY)), ids=[page.name for page in EVERYDAY])
def test_a_page_keeps_nobody_out(walker: Walker, number: int, page: Page) -> None:
    assert walker.walk(page, [today(number)]) == []


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_a_page_keeps_nobody_out_in_any_look(walker: Walker, page: Page) -> None:
    assert walker.walk(page, LOOKS) == []


def test_the_everyday_run_has_every_look_and_leaves_out_no_kind_of_page() -> None:
    assert {today(number) for number in range(len(EVERYDAY))} == set(LOOKS)
    assert {page.like for page in PAGES} - {""} <= {page.name for page in EVERYDAY}
    assert {page.template for page in EVERYDAY} == {page.template for page in PAGES}


def test_no_template_is_missing_from_the_walk() -> None:
    there = {path.relative_to(folder).as_posix() for folder in TEMPLATES for path in folder.rglob("*.html")}
    assert {name for name in there - NO_PAGES if not name.startswith("widgets/")} == {page.template for page in PAGES}


def test_no_address_is_missing_from_the_walk(served: tuple[Portal, str]) -> None:
    app = served[0].app
    at = app.url_map.bind("localhost")
    walked = {str(at.match(page.path.partition("?")[0])[0]) for page in PAGES}
    pages = {rule.endpoint for rule in app.url_map.iter_rules()} - FOR_MACHINES - SHOWN_BY_A_FORM
    # The pretend portal's own address that breaks has no name; what it shows is walked as an error.
    assert {endpoint for endpoint in pages - walked if "." in endpoint} == set()
