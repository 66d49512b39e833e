"""The start for a caller of the help desk: one field more, and the same for every name and code."""

from __future__ import annotations

import pytest
from pretend_portal import Portal, a_recovery, answering

from keyback.core.recovery.policy import Purpose
from keyback.core.service.start import Arrival

FORM = {"identifier": "maya", "proof_of_work": "solved"}
WORD = "The word they must tell you is Oslo-Lima."


def test_it_asks_for_a_name_and_the_code_that_was_read_out(portal: Portal) -> None:
    page = portal.get("/call").text
    assert '<label for="desk_code">Code from the help desk</label>' in page
    assert 'autocomplete="off" class="code" inputmode="numeric"' in page
    assert 'action="/call"' in page
    assert "8 digits" in page


def test_the_other_starts_have_no_such_field_and_take_none(portal: Portal) -> None:
    assert "desk_code" not in portal.get("/recover").text
    assert portal.post("/recover", **FORM, desk_code="48210973").status_code == 400


@pytest.mark.parametrize("typed", ["48210973", "4821 0973", "４８２１-０９７３"])
def test_the_code_goes_along_as_it_was_meant(portal: Portal, typed: str) -> None:
    assert portal.moved(portal.post("/call", **FORM, desk_code=typed))
    arrival = Arrival("127.0.0.1", language="en", purpose=Purpose.RESET, desk_code="48210973")
    assert portal.service.asked_for("start") == [["maya", {"proof_of_work": "solved"}, arrival]]


@pytest.mark.parametrize(
    ("typed", "said"),
    [("", "Enter the code"), ("1234567", "The code has 8 digits; this has 7."), ("abcdefgh", "The code has 8 digits")],
)
def test_what_can_be_no_code_is_said_at_the_field_and_the_name_stays(portal: Portal, typed: str, said: str) -> None:
    page = portal.post("/call", **FORM, desk_code=typed)
    assert page.status_code == 422
    assert f'<a href="#desk_code">{said}' in page.text
    assert 'value="maya"' in page.text
    assert portal.service.asked_for("start") == []


def test_both_fields_are_mended_at_once(portal: Portal) -> None:
    page = portal.post("/call", identifier="", desk_code="", proof_of_work="solved").text
    assert page.count('class="field wrong"') == 2


def test_the_code_stays_while_another_picture_is_shown(portal: Portal) -> None:
    assert 'value="48210973"' in portal.post("/call", identifier="maya", desk_code="48210973", check="picture").text


@pytest.mark.parametrize("recovery", [a_recovery(desk_code="48210973"), answering(desk_code="00000000")])
def test_the_word_stands_on_the_pages_of_whoever_typed_a_code(portal: Portal, recovery: object) -> None:
    page = portal.holding(recovery).get().text  # type: ignore[arg-type]
    assert "The help desk started this for you" in page
    assert WORD in page


def test_nobody_else_sees_a_word(portal: Portal) -> None:
    assert "help desk started" not in portal.holding(a_recovery()).get().text
