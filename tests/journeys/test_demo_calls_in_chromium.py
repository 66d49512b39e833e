"""The pretend phone rings: somebody presses its key, hears a code, and is back in."""

from __future__ import annotations

import re

from servers.demo import Visitor
from servers.story import NEW, wait_until


def picks_up(visitor: Visitor, person: str) -> str:
    """Waits until it rings, presses #, and reads what is said."""

    def rings() -> bool:
        visitor.outbox.goto(f"{visitor.base}/demo/outbox?person={person}")
        return bool(visitor.outbox.get_by_role("button", name="Press #").count())

    wait_until(rings, "the phone")
    call = visitor.outbox.locator("article[data-medium=voice]").first
    assert not re.search("[0-9]", call.locator(".bubble").inner_text())
    visitor.outbox.get_by_role("button", name="Press #").click()
    heard = visitor.outbox.locator("article[data-medium=voice] .bubble").first.inner_text()
    first, second = heard.split("\n")
    assert first == second
    return "".join(re.findall("[0-9]", first))


def test_a_code_is_heard_after_the_key_and_typed(visitor: Visitor) -> None:
    visitor.forgot("maya")
    visitor.choose("Phone call")
    visitor.page.get_by_label("Your whole number").fill("07700 900142")
    visitor.press("Continue")
    visitor.sees("answering")
    ringing = visitor.page.locator("[data-since]")
    seen = ringing.inner_text()
    assert seen.startswith("Ringing. Since ")
    # It counts in place, and says nothing about whether anything rings.
    wait_until(lambda: ringing.inner_text() != seen, "the next second")
    visitor.type_code(picks_up(visitor, "maya"))
    visitor.sees("choosing")
    visitor.choose("E-mail")
    visitor.sees("answering")
    visitor.type_code(visitor.code("email", "maya@home.example"))
    visitor.sees("renewing")
    visitor.renew(NEW)
    visitor.sees("done")
    assert visitor.page.get_by_role("heading", name="Your new password is set").count()


def test_as_the_second_proof_the_page_tells_how_the_call_goes(visitor: Visitor) -> None:
    visitor.forgot("ida")
    visitor.choose("E-mail")
    visitor.sees("answering")
    visitor.type_code(visitor.code("email", "ida@home.example"))
    visitor.sees("choosing")
    visitor.choose("Phone call")
    visitor.sees("answering")
    code = picks_up(visitor, "ida")
    visitor.page.locator("[data-line] p:text-is('Answered.')").wait_for()
    visitor.type_code(code)
    visitor.sees("renewing")
