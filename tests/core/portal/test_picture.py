"""The human check without a script: a picture, a sound, and two buttons."""

from __future__ import annotations

import re

import pytest
from flask import template_rendered
from jinja2 import Template
from pretend_portal import LISTED, Portal, open_portal

from keyback.core.contracts.errors import NotAllowed
from keyback.core.contracts.text import Text
from keyback.core.service.gate import NotHuman

WRONG = Text("The characters didn't match. Here's a new picture.")


def asked_for(portal: Portal, **fields: str) -> str:
    """The page after the button."""
    response = portal.post("/recover", check="picture", **fields)
    assert response.status_code == 200
    return str(response.text)


def test_the_start_page_offers_a_picture_after_its_main_button(portal: Portal) -> None:
    page = portal.get("/recover").text
    offer = '<button class="out" name="check" value="picture">Use a picture instead</button>'
    assert offer in page
    # The Enter key presses the first button of a form.
    assert page.index("<button>Continue</button>") < page.index(offer)
    assert 'name="picture_text"' not in page


def test_without_a_second_check_no_picture_is_offered(portal: Portal) -> None:
    portal.service.has_alternative = False
    page = portal.get("/recover").text
    assert "Use a picture instead" not in page
    assert "Switch scripts on for this page." in page


def test_whoever_asks_for_a_picture_keeps_what_was_typed_and_starts_nothing(portal: Portal) -> None:
    page = asked_for(portal, identifier="maya", entry="alderwick", return_to=LISTED, proof_of_work="")
    assert 'value="maya"' in page
    assert 'name="entry" value="alderwick"' in page
    assert f'name="return_to" value="{LISTED}"' in page
    assert 'name="proof_of_work"' not in page
    assert "There is a problem" not in page
    assert portal.service.asked_for("start") == []


def test_the_page_says_what_to_do_and_works_without_a_script(portal: Portal) -> None:
    page = asked_for(portal, identifier="")
    for words in (
        "Type the characters in the picture",
        "Capitals don’t matter. Can’t see it? Play it instead.",
        "<summary>Play the sound</summary>",
        ">Show another picture</button>",
    ):
        assert words in page
    assert '<input type="hidden" name="picture_task" value="riddle">' in page
    assert '<img class="picture" src="/human/riddle.png"' in page
    assert '<audio controls preload="none" src="/human/riddle.wav"' in page
    assert 'name="picture_text" type="text" value="" autocomplete="off"' in page
    assert len(page.encode()) < 60_000


def test_the_sound_comes_from_us_alone(portal: Portal) -> None:
    assert "media-src" not in portal.get("/recover").headers["Content-Security-Policy"]
    with_picture = portal.post("/recover", check="picture").headers["Content-Security-Policy"]
    assert "; media-src 'self'" in with_picture


def test_any_other_wish_is_refused(portal: Portal) -> None:
    assert portal.post("/recover", check="none").status_code == 400


def test_the_answer_reaches_the_service(portal: Portal) -> None:
    assert portal.moved(portal.post("/recover", identifier="maya", picture_text="h7rk4m", picture_task="riddle"))
    ((name, response, _),) = portal.service.asked_for("start")
    assert (name, response) == ("maya", {"picture_text": "h7rk4m", "picture_task": "riddle"})


def test_a_wrong_answer_is_said_at_its_field_beside_a_new_picture(portal: Portal) -> None:
    portal.service.answers["start"] = NotHuman(WRONG)
    response = portal.post("/recover", identifier="maya", picture_text="x", picture_task="old")
    assert response.status_code == 422
    assert '<a href="#picture_text">The characters didn’t match. Here’s a new picture.</a>' in response.text
    assert 'aria-describedby="picture_text-hint picture_text-error"' in response.text
    assert 'value="maya"' in response.text
    assert "/human/riddle.png" in response.text
    assert "Set-Cookie" not in response.headers


def test_whoever_answers_wrongly_is_shown_the_picture_and_the_sound_of_their_own_task(portal: Portal) -> None:
    portal.service.answers["start"] = NotHuman(WRONG)
    for task in ("riddle", "1.1790000000.0a.ff", "2.1790000001.0b.ee"):
        portal.service.answers["task"] = task
        page = portal.post("/recover", identifier="maya", picture_text="x", picture_task="old").text
        tasks = re.findall(r'name="picture_task" value="([^"]*)"|src="/human/([^"]*)\.(?:png|wav)"', page)
        assert [first or second for first, second in tasks] == [task] * 3


def test_pages_with_a_picture_are_made_once_for_all_who_come_alike() -> None:
    portal, made = open_portal(), list[str]()

    def hear(_app: object, template: Template, **_: object) -> None:
        made.append(template.name or "")

    with template_rendered.connected_to(hear, portal.app):
        for name in ("maya", "jo", "nobody"):
            assert f'value="{name}"' in asked_for(portal, identifier=name)
    assert made == ["who.html"]


def test_a_problem_with_the_name_keeps_the_picture(portal: Portal) -> None:
    portal.service.answers["start"] = NotAllowed(Text("Enter your work e-mail or user name"))
    for name in ("", "\x00"):
        page = portal.post("/recover", identifier=name, picture_text="h7rk4m", picture_task="riddle").text
        assert '<a href="#identifier">Enter your work e-mail or user name</a>' in page
        assert "/human/riddle.png" in page


def test_the_sound_can_be_fetched_whole_and_in_pieces(portal: Portal) -> None:
    whole = portal.get("/human/riddle.wav")
    assert (whole.status_code, whole.data, whole.mimetype) == (200, b"0123456789", "audio/wav")
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert whole.headers["Cache-Control"] == "no-store"
    piece = portal.get("/human/riddle.wav", headers={"Range": "bytes=2-4"})
    assert (piece.status_code, piece.data, piece.headers["Content-Range"]) == (206, b"234", "bytes 2-4/10")
    assert portal.get("/human/riddle.wav", headers={"Range": "bytes=20-"}).status_code == 416


@pytest.mark.parametrize("path", ["/human/other.wav", "/human/", "/human/a/b", "/human/..%2fkeyback.key"])
def test_nothing_else_is_there(portal: Portal, path: str) -> None:
    assert portal.get(path).status_code == 404
