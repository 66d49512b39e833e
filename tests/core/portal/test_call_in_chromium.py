"""The page of a call in a real browser: it goes on by itself, and its clock gives way to what is known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from examples.pages import APPROVED, HEARD, called
from pretend_portal import ID, PROOF, SUBJECT, Portal, a_recovery, open_portal
from servers.on_a_port import on_a_port

from keyback.core.recovery.state import Recovery
from keyback.core.service.tickets import Answered, Ticket


@pytest.fixture
def served() -> Iterator[tuple[Portal, str]]:
    with on_a_port() as (server, base):
        portal = open_portal(portal_url=base, secure=False)
        server.app = portal.app
        yield portal, base


def opened(chromium: Any, served: tuple[Portal, str], recovery: Recovery) -> Any:
    portal, base = served
    portal.service.recovery = recovery
    page = chromium.new_context().new_page()
    page.context.add_cookies([{"name": "kb_j", "value": f"{ID}.first-key", "url": base}])
    page.goto(f"{base}/recover/{ID}")
    return page


def test_a_pressed_key_takes_the_page_on(chromium: Any, served: tuple[Portal, str]) -> None:
    service = served[0].service
    page = opened(chromium, served, called(APPROVED))
    page.get_by_text("This page goes on by itself once you pressed #.").wait_for()
    service.answers["answer"] = Answered(a_recovery(), Ticket(ID, "first-key"), "")
    assert service.asked_for("answer") == []
    # Until the next page is there: Chromium waits for ever where a browser is closed on its way.
    with page.expect_navigation():
        service.answers["heard"] = True
    # Once: a second press would come with a form whose turn has passed.
    assert service.asked_for("answer") == [[{}]]
    page.context.close()


def test_what_is_known_of_the_call_takes_the_clocks_place(chromium: Any, served: tuple[Portal, str]) -> None:
    known = {"found": True, "subject": SUBJECT, "proofs": (PROOF,)}
    page = opened(chromium, served, called(HEARD, **known))
    page.locator("[data-line] p:has-text('Ringing.')").wait_for()
    served[0].service.answers["stands"] = "failed"
    words = "The call didn’t come through. Call again, or choose another way."
    page.locator(f"[data-line] p:text-is('{words}')").wait_for()
    # Heard as well as seen, and what was typed meanwhile stays.
    assert page.locator("[role=status][data-call]").inner_text() == words
    page.get_by_label("Code you heard").fill("4821")
    served[0].service.answers["stands"] = "delivered"
    page.locator("[data-line] p:text-is('Answered.')").wait_for()
    assert page.get_by_label("Code you heard").input_value() == "4821"
    page.context.close()
