"""The pages in a real browser: nothing is refused by our own policy, nothing runs over, scripts do what they say."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pretend_portal import ID, PROOF, SUBJECT, Portal, PretendService, a_recovery, answering, open_portal
from werkzeug.serving import make_server

from keyback.core.contracts.people import AccountKey
from keyback.core.contracts.store import Outcome, OutcomeKind
from keyback.core.recovery.state import Recovery, Stage

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

OUTCOME = Outcome(AccountKey("embedded", "7"), OutcomeKind.UNKNOWN)
RENEWING = a_recovery(stage=Stage.RENEWING, found=True, subject=SUBJECT, proofs=(PROOF,))
STAGES: dict[Stage, Recovery] = {
    Stage.CHOOSING: a_recovery(),
    Stage.ANSWERING: answering(),
    Stage.RENEWING: RENEWING,
    Stage.WRITING: replace(RENEWING, stage=Stage.WRITING),
    Stage.UNSETTLED: replace(RENEWING, stage=Stage.UNSETTLED, outcomes=(OUTCOME,)),
    Stage.DONE: replace(RENEWING, stage=Stage.DONE, outcomes=(replace(OUTCOME, kind=OutcomeKind.SET),)),
    Stage.CLOSED: a_recovery(stage=Stage.CLOSED, closed_because="expired"),
}


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Portal, str]]:
    """The pretend service's pages on a port of this machine."""
    # The address must be known before the pages are made, and the server takes its port when it is made.
    server = make_server("127.0.0.1", 0, lambda environ, start: [], threaded=True)
    base = f"http://localhost:{server.server_port}"
    portal = open_portal(portal_url=base, secure=False)
    server.app = portal.app
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield portal, base
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Tab:
    """One page that holds the recovery's cookie, and what it complained about."""

    def __init__(self, chromium: Any, base: str, *, width: int = 1280, scheme: str = "light") -> None:
        self.context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        self.context.add_cookies([{"name": "kb_j", "value": f"{ID}.first-key", "url": base}])
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda m: self.complaints.append(m.text) if m.type in {"error", "warning"} else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.base = base

    def open(self, path: str = f"/recover/{ID}") -> Any:
        self.page.goto(self.base + path)
        return self.page


@pytest.fixture
def asked(served: tuple[Portal, str]) -> PretendService:
    """The service behind the pages, which was asked nothing yet."""
    return served[0].fresh().service


@pytest.fixture
def tab(served: tuple[Portal, str], chromium: Any) -> Iterator[Tab]:
    opened = Tab(chromium, served[1])
    opened.page.set_default_timeout(10_000)
    yield opened
    opened.context.close()


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (390, "dark"), (1280, "light"), (1280, "dark")])
def test_every_page_fits_and_breaks_no_rule_of_its_own(
    served: tuple[Portal, str], asked: PretendService, chromium: Any, width: int, scheme: str
) -> None:
    tab = Tab(chromium, served[1], width=width, scheme=scheme)
    for stage, recovery in STAGES.items():
        asked.recovery = recovery
        page = tab.open()
        assert page.locator("main").get_attribute("data-stage") == stage.value
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        # The stylesheet was let in by its nonce.
        assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--accent')") != ""
    tab.open("/")
    assert tab.complaints == []
    tab.context.close()


def test_a_waiting_page_goes_on_by_itself(asked: PretendService, tab: Tab) -> None:
    asked.recovery = STAGES[Stage.WRITING]
    page = tab.open()
    asked.recovery = STAGES[Stage.DONE]
    page.wait_for_selector("main[data-stage=done]", timeout=10_000)
    assert tab.complaints == []


def test_show_has_words_and_hides_again_before_sending(asked: PretendService, tab: Tab) -> None:
    asked.recovery = RENEWING
    asked.answers["renew"] = STAGES[Stage.DONE]
    page = tab.open()
    page.fill("#new_password", "four plain words")
    show = page.locator("[data-shows=new_password]")
    show.click()
    assert (page.get_attribute("#new_password", "type"), show.inner_text()) == ("text", "Hide")
    page.fill("#new_password_again", "four plain words")
    noted = "() => { sessionStorage.kind = document.getElementById('new_password').type }"
    page.evaluate(f"document.forms[0].addEventListener('submit', {noted})")
    page.click("button[value=continue]")
    page.wait_for_selector("main[data-stage=done]")
    assert page.evaluate("sessionStorage.kind") == "password"


def test_pressing_twice_sends_once(asked: PretendService, tab: Tab) -> None:
    asked.recovery = a_recovery()
    page = tab.open()
    page.locator("button[value=continue]").dblclick()
    page.wait_for_selector("main[data-stage=answering]")
    assert len(asked.asked_for("pick")) == 1


def test_after_a_mistake_the_summary_has_the_focus(asked: PretendService, tab: Tab) -> None:
    asked.recovery = answering()
    page = tab.open()
    page.fill("#code", "1234")
    page.click("button[value=continue]")
    page.wait_for_selector(".summary")
    assert page.evaluate("document.activeElement.className") == "notice bad summary"
    assert page.title().startswith("Problem: ")


def test_the_link_of_a_notice_stops_by_its_button_alone_and_without_scripts(
    served: tuple[Portal, str], asked: PretendService, chromium: Any
) -> None:
    asked.answers |= {"may_stop": True, "stop": True}
    context = chromium.new_context(viewport={"width": 320, "height": 800}, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{served[1]}/wasnt-me/{'a' * 183}")
    assert asked.asked_for("stop") == []
    page.get_by_role("button", name="Stop self-service for my account").click()
    page.get_by_role("heading", name="Thank you for telling us.").wait_for()
    assert asked.asked_for("stop") == [["a" * 183]]
    context.close()
