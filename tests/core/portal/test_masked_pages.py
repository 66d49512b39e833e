"""Masked ends before the first proof: a page that waits for its moment, and offers for eye and ear."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from pretend_portal import ID, NOW, OFFERED, SUBJECT, Portal, a_recovery, answering

from keyback.core.recovery.policy import Disclosure, PublicRules
from keyback.core.recovery.state import Recovery
from keyback.core.service.tickets import Answered, Ticket

RULES = PublicRules(disclosure=Disclosure.MASKED)
WAITING = a_recovery(rules=RULES)
FOUND = replace(WAITING, found=True, found_at=NOW - timedelta(seconds=1), shown=OFFERED)
SHOWN = replace(FOUND, started_at=NOW - timedelta(seconds=2))
SLOW = "This takes longer than usual. You can keep waiting; nothing is lost."
SILENT = "Alderwick’s directory doesn’t answer."


def since(seconds: float, recovery: Recovery = WAITING) -> Recovery:
    return replace(recovery, started_at=NOW - timedelta(seconds=seconds))


def visible(html: str) -> str:
    """What is on the page, without what only a script says."""
    return re.sub(r'data-[\w-]+="[^"]*"', "", html)


def test_before_the_moment_the_page_asks_for_one(portal: Portal) -> None:
    page = portal.holding(WAITING).get().text
    assert '<main data-page="waiting" data-stage="choosing"' in page
    assert f'data-poll="/recover/{ID}/stage"' in page
    assert "We’re looking up how you can prove it’s you. Usually takes 2 seconds." in page
    assert f'<a class="button" href="/recover/{ID}">Continue</a>' in page
    assert "typed" not in page


@pytest.mark.parametrize(
    ("seconds", "slow", "silent"),
    [(0, False, False), (9, False, False), (10, True, False), (29, True, False), (30, True, True)],
)
def test_the_longer_it_takes_the_more_is_said(portal: Portal, seconds: int, slow: bool, silent: bool) -> None:
    page = visible(portal.holding(since(seconds)).get().text)
    assert (SLOW in page, SILENT in page) == (slow, silent)


def test_the_waiting_page_is_the_same_whatever_was_found(portal: Portal) -> None:
    found = replace(WAITING, found=True, found_at=NOW, shown=OFFERED)
    pages = {
        re.sub(r'nonce="[\w-]{22}"', "", portal.holding(each).get().text)
        for each in (WAITING, found, replace(found, subject=SUBJECT), replace(found, shown=OFFERED[:1]))
    }
    assert len(pages) == 1


@pytest.mark.parametrize("recovery", [WAITING, replace(WAITING, found=True, found_at=NOW)])
def test_a_machine_learns_no_more_than_the_page_says(portal: Portal, recovery: Recovery) -> None:
    answer = portal.holding(recovery).get(f"/recover/{ID}/stage").json
    assert answer == {"stage": "choosing", "version": 1, "waiting": True, "heard": False, "stands": ""}
    answer = portal.holding(replace(SHOWN, subject=recovery.subject)).get(f"/recover/{ID}/stage").json
    assert answer == {"stage": "choosing", "version": 1, "waiting": False, "heard": False, "stands": ""}


def test_whoever_presses_too_early_comes_back_to_the_page(portal: Portal) -> None:
    assert portal.moved(portal.holding(WAITING).post(offer="email.0"))
    assert portal.service.asked_for("pick") == []


def test_at_the_moment_everybody_sees_masked_ends_and_hears_them_without_dots(portal: Portal) -> None:
    page = portal.holding(SHOWN).get().text
    assert '<main data-page="choosing"' in page
    assert 'aria-hidden="true">We send a code to +XX XXXXXXX05</span>' in page
    assert '<span class="ear">We send a code to the number ending in 05</span>' in page
    assert '<span class="ear">We send a code to the address beginning with m</span>' in page


def test_the_whole_number_is_asked_for_by_its_end(portal: Portal) -> None:
    response = portal.holding(SHOWN).post(offer="sms.1")
    assert response.location == f"/recover/{ID}?method=sms.1"
    page = portal.get(response.location).text
    assert "Type your number" in page
    assert "Whole number ending in 05" in page
    assert "We only text or call if it matches." in page
    assert portal.moved(portal.post(offer="sms.1", destination="+441632960005"))
    assert portal.service.asked_for("pick") == [["sms.1", "+441632960005"]]


def test_an_answer_before_the_moment_is_kept_for_the_same_button(portal: Portal) -> None:
    portal.service.answers["answer"] = Answered(answering(), Ticket(ID, "first-key"), "not-yet")
    page = portal.holding(answering()).post(code="48210937").text
    assert f'data-poll="/recover/{ID}/stage"' in page
    assert '<input type="hidden" name="code" value="48210937">' in page
    assert '<button name="move" value="continue" data-go-on>Continue</button>' in page
