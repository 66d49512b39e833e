"""Walks every page there is, in a real browser: in any width, scheme and language, with and without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.resources import files
from itertools import product
from types import SimpleNamespace
from typing import Any, NamedTuple

from examples.pages import Page, bring_about, raises, stops
from flask import template_rendered
from pretend_changing import CHANGE_ID
from pretend_portal import ID, LANGUAGES, Portal, open_portal, portal_settings

from keyback.config.demo import create_demo
from keyback.config.demo.client_pages import create_client
from keyback.config.demo.people import PEOPLE
from keyback.core.contracts.brand import Logo
from keyback.core.languages import Languages
from keyback.core.portal import HelpDesk

from .chromium import LISTEN
from .on_a_port import on_a_port
from .pretend_keyback import PretendKeyback

AT = datetime(2026, 11, 20, 10, 31, tzinfo=UTC)
LETTERS = [
    SimpleNamespace(medium=medium, to=to, subject=subject, text=text, at=AT, rings="7" if medium == "voice" else "")
    for medium, to, subject, text in (
        ("sms", "+447700900142", "", "48210973 is your Alderwick code.\n\n@reset.alderwick.example #48210973"),
        ("voice", "+447700900142", "", "This is Alderwick. To hear the code you asked for, press the hash key."),
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


class Look(NamedTuple):
    """How somebody comes to a page."""

    width: int
    scheme: str
    script: bool
    language: str


WIDTHS = (320, 390, 1280)
LOOKS = [Look(*look) for look in product(WIDTHS, ("light", "dark"), (True, False), LANGUAGES.names)]


@contextmanager
def served_pages(languages: Languages = LANGUAGES) -> Iterator[tuple[Portal, str]]:
    """Portal and demo in front of the pretend service, on a port of this machine."""
    with on_a_port() as (server, base):
        company = {**COMPANY, "portal_url": base, "secure": False, "languages": languages}
        portal, look = open_portal(methods=True, **company), portal_settings(**company)
        demo = create_demo(lambda _, password: password == "right", lambda: LETTERS, PEOPLE, look)
        portal.app.register_blueprint(demo)
        portal.app.register_blueprint(create_client(PretendKeyback(), look))
        raises(portal.app)
        stops(portal)
        server.app = portal.app
        yield portal, base


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
        for script, language in sorted({(look.script, look.language) for look in looks}):
            self.load(page, script=script, language=language)
            wrong += [f"{script=} {language}: {fault}" for fault in self._faults(page, language)]
            for look in (look for look in looks if (look.script, look.language) == (script, language)):
                wrong += [f"{tuple(look)}: {fault}" for fault in self._judge(look)]
        return wrong

    def load(self, page: Page, *, script: bool, language: str) -> None:
        """Come to this page, by its form where only a form leads there."""
        self._tab.goto("about:blank")
        self._complaints.clear()
        self._rendered.clear()
        bring_about(page, self._portal)
        self._context.clear_cookies()
        cookies = {"kb_j": f"{ID}.first-key", "kb_c": f"{CHANGE_ID}.key", "kb_language": language}
        self._context.add_cookies([{"name": name, "value": cookies[name], "url": self._base} for name in cookies])
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

    def ask(self, question: str) -> Any:
        """What the page in front of us answers to a line of script."""
        return self._tab.evaluate(question)

    def _note(self, app: Any, template: Any, **_: Any) -> None:
        self._rendered.append(template.name)

    def _faults(self, page: Page, language: str) -> list[str]:
        weight = self._tab.evaluate(WEIGHT)
        faults = [] if weight <= 60_000 else [f"weighs {weight} bytes"]
        if self._rendered[-1:] != [page.template]:
            faults.append(f"is not {page.template} but {self._rendered}")
        if (speaks := self.ask("document.documentElement.lang")) != language:
            faults.append(f"speaks {speaks}")
        return faults + self._complaints + [fault for width in WIDTHS for fault in self._too_broad(width)]

    def _too_broad(self, width: int) -> list[str]:
        self._tab.set_viewport_size({"width": width, "height": 800})
        broad = self._tab.evaluate("document.documentElement.scrollWidth")
        return [] if broad <= width else [f"is {broad} px broad at {width}"]

    def _judge(self, look: Look) -> list[str]:
        self._tab.set_viewport_size({"width": look.width, "height": 800})
        self._tab.emulate_media(color_scheme=look.scheme)
        self._tab.evaluate(f"{self._axe}; 0")
        faults: list[str] = self._tab.evaluate(ASK)
        return faults
