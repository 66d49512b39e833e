"""The pages in a real browser: nothing is refused by our own policy, nothing runs over, scripts do what they say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pretend_portal import (
    ID,
    NOW,
    OFFERED,
    PROOF,
    SUBJECT,
    Portal,
    PretendService,
    a_recovery,
    answering,
    open_portal,
)
from servers.chromium import LISTEN
from servers.on_a_port import on_a_port

from keyback.core.contracts.people import AccountKey
from keyback.core.contracts.store import Outcome, OutcomeKind
from keyback.core.recovery.policy import Disclosure, PublicRules
from keyback.core.recovery.state import Recovery, Stage
from keyback.core.service.tickets import Answered, Ticket

OUTCOME = Outcome(AccountKey("embedded", "7"), OutcomeKind.UNKNOWN)
RENEWING = a_recovery(stage=Stage.RENEWING, found=True, subject=SUBJECT, proofs=(PROOF,))
MASKED = PublicRules(disclosure=Disclosure.MASKED)
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
    with on_a_port() as (server, base):
        portal = open_portal(portal_url=base, secure=False)
        server.app = portal.app
        yield portal, base


class Tab:
    """One page that holds the recovery's cookie, and what it complained about."""

    def __init__(
        self, chromium: Any, base: str, *, width: int = 1280, scheme: str = "light", scripts: bool = True
    ) -> None:
        self.context = chromium.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme, java_script_enabled=scripts
        )
        self.context.add_cookies([{"name": "kb_j", "value": f"{ID}.first-key", "url": base}])
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda m: self.complaints.append(m.text) if m.type in {"error", "warning"} else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.add_init_script(LISTEN)
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


def test_the_look_up_is_waited_for_aloud_and_then_the_offers_stand_there(asked: PretendService, tab: Tab) -> None:
    asked.recovery = a_recovery(rules=MASKED)
    page = tab.open()
    told = page.locator("[role=status][data-by-itself]").inner_text()
    assert told == "This page goes on by itself. If nothing happens after 10 seconds, press Continue."
    asked.recovery = a_recovery(rules=MASKED, found=True, shown=OFFERED, started_at=NOW - MASKED.release)
    page.wait_for_selector("main[data-page=choosing]", timeout=10_000)
    assert tab.complaints == []


def test_an_answer_that_came_too_early_is_sent_again_by_the_same_button(asked: PretendService, tab: Tab) -> None:
    asked.recovery = answering()
    asked.answers["answer"] = Answered(answering(), Ticket(ID, "first-key"), "not-yet")
    page = tab.open()
    page.fill("#code", "48210937")
    page.click("button[value=continue]")
    page.wait_for_selector("main[data-page=waiting]")
    asked.answers["answer"] = Answered(STAGES[Stage.RENEWING], Ticket(ID, "first-key"))
    asked.recovery = answering(found=True, started_at=NOW - PublicRules().look_up)
    page.wait_for_selector("main:not([data-page=waiting])", timeout=10_000)
    assert asked.asked_for("answer") == [[{"code": "48210937"}]] * 2
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


# Help while typing --------------------------------------------------------------------------------------------


def lines(page: Any) -> list[tuple[str, str]]:
    """State and wording of every rule, as they stand there."""
    rows = page.locator(".rules li").all()
    return [(row.get_attribute("class"), row.locator("> span > span:not(.ear)").inner_text()) for row in rows]


def typed(page: Any, password: str, strength: str) -> None:
    """Type it in place of what stood there, and wait for its answer."""
    with page.expect_response("**/password"):
        page.fill("#new_password", password)
    page.locator(f".strength b:text-is('{strength}')").wait_for()


UNANSWERED = [
    ("open", "15 characters or more"),
    ("open", "At most 128 characters"),
    ("open", "Not in any known data leak"),
    ("open", 'Without your name or "Alderwick"'),
    ("later", "Not one of your last 12: checked when you save"),
]


def test_typing_is_answered_by_sign_word_and_weight(asked: PretendService, tab: Tab) -> None:
    asked.recovery = RENEWING
    page = tab.open()
    asked_for: list[str] = []
    page.on("request", lambda request: asked_for.append(request.url) if request.method == "POST" else None)
    assert lines(page) == UNANSWERED
    page.locator("#new_password").press_sequentially("lamp-harvest", delay=10)
    page.wait_for_selector(".rules .needed")
    assert lines(page)[:2] == [("needed", "15 characters or more: 3 to go"), ("met", "At most 128 characters")]
    assert page.locator(".strength b").inner_text() == "Fair"
    assert page.locator(".bars .full").count() == 2
    weight = "e => getComputedStyle(e).fontWeight"
    assert page.locator(".rules .needed").evaluate(weight) > page.locator(".rules .met").first.evaluate(weight)
    assert (page.locator(".met .tick:visible").count(), page.locator(".later .clock:visible").count()) == (3, 1)
    # One question for twelve keys, and nothing of them in its address.
    assert [url.removeprefix(tab.base) for url in asked_for] == [f"/recover/{ID}/password"]
    assert asked.asked_for("check") == [["lamp-harvest"]]
    assert tab.complaints == []


def test_only_what_is_new_is_said_aloud(asked: PretendService, tab: Tab) -> None:
    asked.recovery = RENEWING
    page = tab.open()
    said = page.locator(".help [role=status]")
    assert said.text_content() == ""
    typed(page, "lamp-harvest", "Fair")
    assert said.text_content() == (
        "Fair. still needed: 15 characters or more: 3 to go. done: At most 128 characters. "
        'done: Not in any known data leak. done: Without your name or "Alderwick"'
    )
    typed(page, "lamp-harvest-museum", "Good")
    assert said.text_content() == "Good. done: 15 characters or more"
    typed(page, "oooooooooooooooooooo", "Too easy")
    assert said.text_content() == ("Too easy. This is easy to guess because it repeats itself. Add another word.")


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_no_answer_moves_what_stands_below(
    served: tuple[Portal, str], asked: PretendService, chromium: Any, width: int
) -> None:
    asked.recovery = RENEWING
    tab = Tab(chromium, served[1], width=width)
    page = tab.open()
    place = page.locator("#new_password_again").bounding_box()
    for password, strength in (
        ("x", "Too easy"), ("correct horse battery", "Strong"), ("maya.okafor", "Fair"), ("lamp and " * 20, "Strong"),
    ):  # fmt: skip
        typed(page, password, strength)
        assert page.locator("#new_password_again").bounding_box() == place
    page.fill("#new_password", "")
    page.locator(".strength b:empty").wait_for(state="attached")
    assert lines(page) == UNANSWERED
    assert page.locator("#new_password_again").bounding_box() == place
    assert tab.complaints == []
    tab.context.close()


def test_where_nobody_answers_the_rules_stand_as_at_the_beginning(asked: PretendService, tab: Tab) -> None:
    asked.recovery = RENEWING
    page = tab.open()
    typed(page, "lamp-harvest", "Fair")
    # The step was done in another window meanwhile.
    asked.recovery = replace(RENEWING, turn=RENEWING.turn + 1)
    with page.expect_response("**/password") as answer:
        page.fill("#new_password", "lamp-harvest-museum")
    assert answer.value.status == 409
    page.locator(".strength b:empty").wait_for(state="attached")
    assert lines(page) == UNANSWERED


def test_an_answer_about_an_earlier_password_is_not_shown(asked: PretendService, tab: Tab) -> None:
    asked.recovery = RENEWING
    page = tab.open()
    held: list[Any] = []
    page.route("**/password", lambda route: held.append(route) if not held else route.continue_())
    with page.expect_request("**/password"):
        page.fill("#new_password", "x")
    typed(page, "lamp-harvest-museum", "Good")
    with page.expect_response("**/password"):
        held[0].continue_()
    page.evaluate("() => new Promise(requestAnimationFrame)")
    assert page.locator(".strength b").inner_text() == "Good"
    assert page.locator(".rules .needed").count() == 0


def test_without_a_script_the_rules_stand_unanswered(
    served: tuple[Portal, str], asked: PretendService, chromium: Any
) -> None:
    asked.recovery = RENEWING
    tab = Tab(chromium, served[1], scripts=False)
    page = tab.open()
    assert lines(page) == UNANSWERED
    assert page.locator(".strength:visible, .advice:visible, .time :visible, .show:visible").count() == 0
    tab.context.close()


# Time ---------------------------------------------------------------------------------------------------------


def test_two_minutes_before_the_end_the_page_says_so_once_and_nothing_jumps(asked: PretendService, tab: Tab) -> None:
    asked.recovery = RENEWING
    tab.page.clock.install()
    page = tab.open()
    height = page.evaluate("document.documentElement.scrollHeight")
    more, said = page.get_by_role("button", name="Give me 15 more minutes"), page.locator(".time [role=status]")
    page.evaluate("() => { window.said = []; new MutationObserver(() => said.push(1))"
                  ".observe(document.querySelector('.time p'), { childList: true }) }")  # fmt: skip
    page.clock.fast_forward(12 * 60_000)
    assert (said.inner_text(), more.count()) == ("", 0)
    page.clock.fast_forward(61_000)
    assert (said.inner_text(), more.is_visible()) == ("2 minutes left.", True)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.clock.fast_forward(60_000)
    assert page.evaluate("said.length") == 1
    assert page.evaluate("document.documentElement.scrollHeight") == height
    # The page is still the one that was opened.
    assert page.evaluate("window.said") is not None
    more.click()
    page.wait_for_selector("main[data-stage=renewing]")
    assert len(asked.asked_for("more_time")) == 1
    assert tab.complaints == []


def test_whoever_had_more_time_is_warned_too(asked: PretendService, tab: Tab) -> None:
    asked.recovery = replace(RENEWING, extended=True)
    tab.page.clock.install()
    page = tab.open()
    page.clock.fast_forward(14 * 60_000)
    assert page.locator(".time [role=status]").inner_text() == "2 minutes left."
    assert page.locator(".time button").count() == 0
