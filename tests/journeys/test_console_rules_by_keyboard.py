"""The console's rules, plugins and words in Chromium: its administrator does each of them by the keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from servers.by_keyboard import Typist
from servers.demo import Visitor

from keyback.config.demo.people import ROTHS

SAVED = "It holds from the next page of everybody on."


@pytest.fixture(scope="module")
def signed_in(chromium: Any, demo: str) -> Iterator[Typist]:
    """The administrator, who signs in once."""
    typist = Typist(chromium, demo)
    typist.enter("roth", ROTHS)
    typist.open("Stranded people")
    # The demo's people are counted some seconds after its start.
    typist.looks_again_until("could get back in today")
    yield typist
    typist.visitor.context.close()


@pytest.fixture
def roth(signed_in: Typist) -> Iterator[Typist]:
    """The administrator at Home; nothing complains of what is done."""
    signed_in.page.goto(f"{signed_in.base}/admin/")
    signed_in.reads("Needs you")
    yield signed_in
    assert signed_in.visitor.complaints == []


def test_a_method_is_set_tested_and_switched_off_for_four_hours(roth: Typist, visitor: Visitor) -> None:
    roth.open("Methods", "Text message")
    roth.fill("Good for", "6")
    roth.press("Save")
    roth.reads("It holds on every server within a second.")
    roth.press("Test")
    roth.page.wait_for_url("**/plugins/method/sms")
    roth.reads("Its settings fit")
    roth.open("Switch off…")
    roth.select("How long?", "for 4 hours")
    roth.says_why("somebody sends texts on our account", "Switch off", "It comes back by itself.")
    visitor.forgot("jfrost")
    assert visitor.page.get_by_label("Text message").count() == 0
    roth.open("Switch on…")
    roth.says_why("the leak is closed", "Switch on", "On")
    visitor.forgot("jfrost")
    visitor.page.get_by_label("Text message").wait_for()


def test_what_everybody_sees_first_is_looked_through_and_changed(roth: Typist) -> None:
    roth.open("First page")
    roth.fill("Messages per try", "4")
    roth.press("Show what would change")
    roth.reads("Nobody would be stranded.")
    roth.press("Review and save…")
    roth.says_why("to see it", "Save", SAVED)
    assert roth.page.get_by_label("Messages per try").input_value() == "4"


def test_a_policy_is_changed_looked_through_saved_and_taken_back(roth: Typist) -> None:
    roth.open("Policies", "demo")
    roth.choose("Off", "Phone call")
    roth.press("Show what would change")
    roth.reads("Guessing risk")
    roth.press("Review and save…")
    roth.says_why("nobody answers the phone any more", "Save", SAVED)
    roth.open("History", "Version 1")
    roth.press("Go back to this version…")
    # Without calls fewer people came in by questions; whoever lets them again answers for it.
    roth.fill("Your organisation's name", "Alderwick")
    roth.says_why("it was better before", "Save", SAVED)
    roth.open("demo")
    assert roth.page.get_by_role("group", name="Phone call").get_by_label("Optional").is_checked()


def test_who_is_stranded_stands_in_a_list_with_what_they_lack(roth: Typist) -> None:
    roth.open("Stranded people")
    roth.looks_again_until("could get back in today")
    roth.open("demo")
    roth.reads("They have")


def test_the_simulator_says_what_would_happen(roth: Typist) -> None:
    roth.open("Simulator")
    roth.fill("As this person", "maya")
    roth.press("Show what happens")
    roth.reads("Maya Lindqvist could get back in today")
    roth.fill("As this person", "tom")
    roth.press("Show what happens")
    roth.reads("Tom Bakker could not get back in today")


def test_a_question_is_added_in_two_languages_and_questions_are_turned_on_again(roth: Typist) -> None:
    roth.open("Question sets", "Add a question Everybody")
    roth.fill("In English", "Which bridge did you cross first?")
    roth.fill("In Deutsch", "Welche Brücke haben Sie zuerst überquert?")
    roth.says_why("everybody here knows a bridge", "Save", "Which bridge did you cross first?")
    roth.open("Methods", "Security questions", "Switch off…")
    roth.says_why("to think about them", "Switch off")
    roth.open("Turn on…")
    roth.fill("Your organisation's name", "Alderwick")
    roth.says_why("for those without a phone", "Turn on security questions", "Security questions are on")


def test_a_colour_is_seen_before_it_holds_and_on_peoples_pages_then(roth: Typist, visitor: Visitor) -> None:
    roth.open("Text and brand")
    roth.fill("Colour of links and buttons", "#7a3b2e")
    roth.press("Show how it looks")
    roth.reads("contrast of links 8")
    roth.press("Review and save…")
    roth.says_why("our colour", "Save", SAVED)
    visitor.page.goto(f"{visitor.base}/recover")
    button = visitor.page.get_by_role("button", name="Continue")
    assert button.evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(122, 59, 46)"


def test_a_notice_is_said_in_our_words(roth: Typist) -> None:
    roth.open("Messages", "Your account was unlocked")
    roth.fill("Subject of the mail", "The door is open again")
    roth.press("Show how it reads")
    roth.reads("The door is open again")
    roth.says_why("it sounds like us", "Save", "Yours")
