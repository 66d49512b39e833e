"""While no stranger's guesses are taken, every page says so, how long, and what to do next."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pretend_portal import NOW, Portal, answering

from keyback.core.service.alerts import Paused

UNTIL = NOW + timedelta(minutes=40)
SAID = "so for safety some ways are paused here, for 40 minutes at most. Choose another way, use a browser"


def test_where_nothing_is_left_to_choose_there_is_a_sentence_and_no_empty_list(portal: Portal) -> None:
    portal.service.answers["paused_until"] = UNTIL
    page = portal.holding().get().text
    assert SAID in page
    assert "<fieldset" not in page
    assert 'value="continue"' not in page
    assert 'value="cancel"' in page


def test_whoever_chose_just_before_sees_the_page_as_it_is_now(portal: Portal) -> None:
    portal.service.answers["paused_until"] = UNTIL
    assert portal.moved(portal.holding().post(offer="email"))
    assert portal.service.asked_for("pick") == []


@pytest.mark.parametrize(("what", "form"), [("answer", {"code": "48210937"}), ("again", {"move": "again", "code": ""})])
def test_what_was_picked_before_stays_and_says_it_too(portal: Portal, what: str, form: dict[str, str]) -> None:
    portal.service.answers[what] = Paused(UNTIL)
    response = portal.holding(answering()).post(**form)
    assert (response.status_code, response.headers["Retry-After"]) == (429, "2400")
    assert SAID in response.text
    assert 'data-stage="answering"' in response.text
    assert "Choose another way" in response.text
